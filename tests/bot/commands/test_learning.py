"""The commands of the learning loop, as somebody types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot import models
from bot.cli import app
from bot.commands.examples import health_lines
from bot.intake import audit, examples
from bot.intake.database import Database
from tests.bot.learning.registry import registered, trialled

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    folder = registered(tmp_path / "models", "a", "b", current="a")
    monkeypatch.setattr(models, "FOLDER", folder)
    monkeypatch.setenv("YIZHAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("YIZHAN_ENGINE_PORT", "1")  # nobody answers there

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return invoke


def said(tmp_path: Path) -> list[tuple[str, str | None]]:
    database = Database(f"sqlite:///{tmp_path / 'data' / 'yizhan.db'}")
    with database.reading() as session:
        found = [(line.action, line.person_name) for line in audit.lines(session)]
    database.close()
    return found


def test_a_model_is_listed_refused_promoted_with_a_reason_and_taken_back(run: Run, tmp_path: Path) -> None:
    trialled(tmp_path / "models", "b", "a", accepted=False)
    assert "* a" in run("model", "list").output and "refused" in run("model", "list").output
    refused = run("model", "promote", "b")
    assert refused.exit_code == 1 and "--reason" in str(refused.exception)
    assert "next start" in run("model", "promote", "b", "--reason", "灯更要紧").output
    assert "* b" in run("model", "list").output
    assert "a is used at the next start" in run("model", "rollback").output
    assert "* a" in run("model", "list").output
    assert said(tmp_path) == [("learning.promote", "terminal"), ("learning.rollback", "terminal")]


def test_a_pinned_model_is_not_swapped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIZHAN_MODEL", "x.tar.gz")
    assert "YIZHAN_MODEL" in str(run("model", "rollback").exception)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "rasa", "argilla", "labelstudio"])
def test_examples_go_out_and_come_in_once(run: Run, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(
        '{"text": "我叫王建国，路灯坏了", "service": "UM-G02"}\n{"text": "恁好啊", "intent": "greet"}\n',
        encoding="utf-8",
    )
    assert "2 examples kept" in run("examples", "import", str(source)).output
    out = tmp_path / "out"
    assert "2 examples" in run("examples", "export", "--format", kind, "--out", str(out)).output
    assert "王建国" not in out.read_text(encoding="utf-8")
    assert "0 examples kept, 2 were known" in run("examples", "import", str(out), "--format", kind).output
    assert [action for action, _ in said(tmp_path)] == ["examples.import", "examples.export", "examples.import"]


def test_bad_lines_keep_everything_out_unless_asked(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(
        '{"text": "路灯坏了", "service": "UM-G02"}\n{"text": "x", "service": "NT-01"}\n', encoding="utf-8"
    )
    result = run("examples", "import", str(source))
    assert result.exit_code == 1 and "line 2" in result.output
    assert "1 examples kept" in run("examples", "import", str(source), "--skip-bad").output
    database = Database(f"sqlite:///{tmp_path / 'data' / 'yizhan.db'}")
    with database.reading() as session:
        assert [e.text for e in examples.standing(session)] == ["路灯坏了"]
    database.close()


def test_what_came_with_the_city_goes_out_too(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "city.jsonl"
    assert run("examples", "export", "--what", "city", "--out", str(out)).exit_code == 0
    rows: list[dict[str, Any]] = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {"UM-G02", "EM-01"} <= {row["service"] for row in rows} and "greet" in {row["intent"] for row in rows}


@pytest.mark.parametrize(
    "arguments",
    [["examples", "export", "--what", "none"], ["examples", "export", "--format", "xml"], ["model", "promote", "zz"]],
)
def test_wrong_words_are_told(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 1


def test_the_health_report_in_words() -> None:
    health = {
        "examples": 10, "decisions": 2,
        "label_errors": {"count": 1, "items": [{"label": "UM-G02", "likely": "TR-03", "text": "楼道灯不亮"}]},
        "contradictions": [{"texts": ["灯坏了", "灯坏了啊"], "labels": ["UM-G02", "TR-03"], "alike": 0.9}],
        "thin": [{"service": "UM-D01"}], "outgrown": [], "suspicious_accounts": {"bob": 0.61},
    }  # fmt: skip
    words = "\n".join(health_lines(health, 3))
    for part in ("10 examples", "3 decisions held back", "UM-G02 rather TR-03", "UM-D01", "bob (61%)"):
        assert part in words
