"""Erasing: words, pictures and the person go; the case stays, and the confirmation can be read."""

from pathlib import Path

from sqlalchemy import select

from bot.intake import uploads
from bot.intake.tables import Draft, InboxItem, Ticket, Upload
from tests.bot.intake.home import LAMP, Home
from tests.bot.intake.test_uploads import picture, store

pytest_plugins = ["tests.bot.intake.fixtures"]


def filed_with_phone(home: Home, resident: str) -> None:
    home.presses(resident, home.reports_lamp(resident))
    with home.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.conversation_id == resident)).one()
        ticket.contact_name, ticket.contact_phone = "张三", "13800000001"


def test_the_resident_is_asked_before_anything_is_erased(home: Home) -> None:
    resident = home.resident()
    filed_with_phone(home, resident)
    (question,) = home.presses(resident, "/delete")
    assert question["buttons"][0]["payload"] == "/delete yes"
    assert home.tickets()[0].contact_phone == "13800000001"


def test_words_and_person_go_and_the_case_stays(either_home: Home) -> None:
    home = either_home
    resident, other = home.resident("a"), home.resident("b")
    filed_with_phone(home, resident)
    home.says(other, "在吗")
    home.reports_lamp(resident)
    home.presses(resident, "/delete yes")
    mine = [t for t in home.tickets() if t.conversation_id == resident]
    assert [(t.contact_name, t.contact_phone, t.anonymous) for t in mine] == [(None, None, True)]
    assert mine[0].text == LAMP, "a public body must be able to show what it was told about the place"
    with home.database.reading() as session:
        earlier = list(session.scalars(select(InboxItem).where(InboxItem.conversation_id == resident)))[:-1]
        assert [item.payload for item in earlier] == [{}] * len(earlier)
        assert {item.understood is None for item in earlier} == {True}
        draft = session.get(Draft, resident)
        assert draft is None or draft.document["lines"] == []
    assert [b["text"] for b in home.bodies(other)] != [""]


def test_the_confirmation_can_still_be_read(home: Home) -> None:
    resident = home.resident(channel="web")
    home.says(resident, "在吗")
    (said,) = home.presses(resident, "/delete yes")
    assert said["text"] == home.desk.city.phrases.text("erased", "zh")
    assert [b["text"] for b in home.bodies(resident)[:-1]] == [""]


def test_a_message_that_waits_to_be_handled_is_still_handled(home: Home) -> None:
    resident = home.resident()
    home.receive(resident, kind="button", button="/delete yes")
    home.receive(resident, kind="command", command="help")
    assert home.complete(home.claimed())
    assert home.complete(home.claimed())
    assert home.bodies(resident)[-1]["text"] != ""


def test_pictures_are_erased_too(home: Home, tmp_path: Path) -> None:
    resident = home.resident()
    upload = store(home, tmp_path, resident, picture())
    home.presses(resident, "/delete yes")
    with home.database.reading() as session:
        assert session.scalar(select(Upload).where(Upload.id == upload.id)) is None
        assert uploads.find_upload(session, upload.id) is None
