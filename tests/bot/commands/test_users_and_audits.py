"""`yizhan user` and `yizhan audit` as somebody at the terminal uses them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from bot.cli import app
from bot.intake.accounttables import AuditLine
from bot.intake.database import Database

PASSWORD = "青华路上的槐树开花了"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the password stands; the service has run once in this folder."""
    monkeypatch.setenv("YIZHAN_DATA", str(tmp_path))
    monkeypatch.delenv("YIZHAN_DATABASE_URL", raising=False)
    database = Database(f"sqlite:///{tmp_path / 'yizhan.db'}")
    database.upgrade()
    database.close()
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return path


def test_accounts_are_added_listed_and_disabled(file: Path) -> None:
    run = CliRunner()
    add = ["user", "add", "王芳", "--role"]
    assert run.invoke(app, [*add, "boss", "--password-file", str(file)]).exit_code == 2
    assert run.invoke(app, [*add, "administrator"], input="short\nshort\n").exit_code == 1
    assert run.invoke(app, [*add, "administrator", "--password-file", str(file)]).exit_code == 0
    assert run.invoke(app, [*add, "operator"], input=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 1, "the name is taken"
    assert run.invoke(app, ["user", "password", "无名", "--password-file", str(file)]).exit_code == 1
    assert run.invoke(app, ["user", "password", "王芳", "--password-file", str(file)]).exit_code == 0
    listed = run.invoke(app, ["user", "list"])
    assert "王芳" in listed.output and "administrator" in listed.output
    assert run.invoke(app, ["user", "disable", "王芳"]).exit_code == 1, "the last administrator stays"


def test_the_audit_is_exported_and_tampering_found(file: Path) -> None:
    run = CliRunner()
    run.invoke(app, ["user", "add", "王芳", "--role", "operator", "--password-file", str(file)])
    run.invoke(app, ["user", "disable", "王芳"])
    assert run.invoke(app, ["audit", "verify"]).exit_code == 0
    lines = [json.loads(line) for line in run.invoke(app, ["audit", "export"]).stdout.splitlines()]
    assert [(line["seq"], line["action"]) for line in lines] == [(1, "account_added"), (2, "account_disabled")]
    assert lines[1]["previous"] == lines[0]["hash"]
    database = Database(f"sqlite:///{file.parent / 'yizhan.db'}")
    with database.transaction() as session:
        session.execute(update(AuditLine).where(AuditLine.seq == 1).values(action="nothing"))
    database.close()
    broken = run.invoke(app, ["audit", "verify"])
    assert broken.exit_code == 1 and "line 1" in broken.stderr
