"""`yizhan outbox` and `yizhan tickets` as somebody at the server's terminal uses them."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.intake.accounttables import AuditLine
from bot.intake.clock import utc_now
from bot.intake.errors import BadInput
from bot.intake.tables import OutboxItem
from bot.settings import SettingError, read_settings
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]


@pytest.fixture
def ours(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("YIZHAN_DATABASE_URL", str(house.database.url))
    return house


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def put(house: House, **values: object) -> OutboxItem:
    house.file()
    with house.database.transaction() as session:
        item = session.scalars(select(OutboxItem)).one()
        for name, value in values.items():
            setattr(item, name, value)
        return item


def audited(house: House) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(AuditLine.action)))


def test_a_dead_delivery_is_found_shown_and_sent_again(ours: House) -> None:
    item = put(ours, state="dead", reason="service_code 400", done_at=ours.clock())
    listed = run("outbox", "list", "--state", "stuck")
    assert listed.exit_code == 0 and item.id[:12] in listed.output and "service_code 400" in listed.output
    shown = json.loads(run("outbox", "show", item.id[:12], "--json").output)
    assert (shown["state"], shown["waits_for_person"], shown["tries"]) == ("dead", True, [])
    again = run("outbox", "retry", item.id)
    assert again.exit_code == 0 and "XH-20260504-0001" in again.output
    assert ours.states() == ["waiting"] and audited(ours) == ["outbox.send_again"]


def test_cancelling_gives_up_and_cannot_be_done_twice(ours: House) -> None:
    item = put(ours)
    assert run("outbox", "cancel", item.id).exit_code == 0
    second = run("outbox", "cancel", item.id)
    assert second.exit_code == 1 and isinstance(second.exception, BadInput)
    assert ours.states() == ["dead"] and audited(ours) == ["outbox.give_up"]


@pytest.mark.parametrize("arguments", [("outbox", "show", "zzz"), ("outbox", "show", ""), ("outbox", "retry", "zzz")])
def test_an_id_that_names_nothing_is_said_in_words(ours: House, arguments: tuple[str, ...]) -> None:
    put(ours)
    failed = run(*arguments)
    assert failed.exit_code == 1 and "outbox list" in str(failed.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ("outbox", "list", "--state", "lost"),
        ("tickets", "export", "--format", "xml"),
        ("tickets", "export", "--format", "csv", "--since", "yesterday"),
        ("tickets", "export", "--format", "csv", "--service", "UM-ZZZ"),
        ("tickets", "export", "--format", "csv", "--status", "lost"),
    ],
)
def test_wrong_calls_end_with_2(ours: House, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_commands_do_not_make_a_database_by_accident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIZHAN_DATA", str(tmp_path))
    failed = run("outbox", "list")
    assert failed.exit_code == 1 and isinstance(failed.exception, SettingError)
    assert list(tmp_path.iterdir()) == []


def test_the_export_counts_days_as_the_city_does(ours: House, tmp_path: Path) -> None:
    """20:30 UTC on the 4th is the 5th in Xihua."""
    ours.clock.forward(hours=16.5)
    ours.file()
    out = tmp_path / "tickets.jsonl"
    assert run("tickets", "export", "--format", "jsonl", "--until", "2026-05-04", "--out", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8") == ""
    run("tickets", "export", "--format", "jsonl", "--since", "2026-05-05", "--until", "2026-05-05", "--out", str(out))
    assert json.loads(out.read_text(encoding="utf-8"))["number"] == "XH-20260504-0001"
    assert audited(ours) == []


def test_an_export_with_contact_is_noted_and_kept_from_others(ours: House, tmp_path: Path) -> None:
    ours.file(contact_phone="13712345678")
    out = tmp_path / "tickets.csv"
    assert run("tickets", "export", "--format", "csv", "--with-contact", "--out", str(out)).exit_code == 0
    assert "13712345678" in out.read_text(encoding="utf-8") and out.stat().st_mode & 0o077 == 0
    assert audited(ours) == ["tickets.export"]


@pytest.mark.parametrize(("now", "left", "code"), [(False, 1, 1), (True, 0, 0)])
def test_draining_delivers_what_is_due(
    ours: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: bool, left: int, code: int
) -> None:
    """With --now what waits for a later try goes too; what is still on its way shows in the exit code."""
    town = tmp_path / "town"
    shutil.copytree(read_settings({}).city, town)
    (town / "backends" / "desk.yml").write_text("kind: dry_run\n", encoding="utf-8")
    monkeypatch.setenv("YIZHAN_CITY", str(town))
    monkeypatch.setenv("YIZHAN_DATA", str(tmp_path / "data"))
    for _ in range(3):
        ours.file()
    with ours.database.transaction() as session:
        later = session.scalars(select(OutboxItem)).first()
        assert later is not None
        later.next_attempt_at = utc_now() + timedelta(hours=5)
    drained = run("outbox", "drain", *["--now"] * now)
    assert drained.exit_code == code and f"{left} still on their way" in drained.output
    assert ours.states().count("accepted") == 3 - left
    assert isinstance(run("outbox", "drain", "--backend", "nowhere").exception, BadInput)
