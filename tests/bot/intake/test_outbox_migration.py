"""A database from before the flag: each line's head is found when it is brought up."""

from alembic import command
from alembic.config import Config
from sqlalchemy import update

from bot.intake.database import MIGRATIONS
from bot.intake.outbox import Ending
from bot.intake.tables import OutboxItem
from tests.bot.forwarding.house import House
from tests.bot.intake.test_outbox import claimed, finish

pytest_plugins = ["tests.bot.forwarding.fixtures"]


def test_heads_are_found_for_what_is_on_its_way(house: House) -> None:
    waiting, refused, arrived = house.file(), house.file(), house.file()
    for ticket in (waiting, refused, arrived):
        house.change(ticket, "supplemented", text="一")
    first, second, third = (claimed(house) for _ in range(3))
    by_ticket = {claim.ticket_id: claim for claim in (first, second, third)}
    finish(house, by_ticket[waiting], Ending("waiting", at=house.clock()))
    finish(house, by_ticket[refused], Ending("dead", "refused"))
    finish(house, by_ticket[arrived], Ending("accepted", case_id="D1"))
    before = ready(house)
    with house.database.transaction() as session:
        session.execute(update(OutboxItem).values(ready=True))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with house.database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        command.upgrade(config, "head")
    after = ready(house)
    assert {key: flag for key, flag in after.items() if key[1] == 2} == {
        (waiting, 2): False,
        (refused, 2): False,
        (arrived, 2): True,
    }
    assert after == before | {(refused, 1): True}, "of a dead item the flag says nothing"


def ready(house: House) -> dict[tuple[str, int], bool]:
    return {(item.ticket_id, item.seq): item.ready for item in house.items()}
