"""A whole round of learning on a small city: checked, trained, compared, registered but not in use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from nlu import lesson, registry, trial
from nlu.archive import open_archive
from nlu.decisions import Decision, write_decisions
from nlu.golden import GoldenError, load_golden

ROOT = Path(__file__).parents[2]
FEW = 6
LAMP = Decision("d1", "灯杆子成夜黢黑走道害怕", "report", "UM-G02", "a", "2026-11-25T01:00:00+00:00")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with few examples of each class and no encoder."""
    home = tmp_path_factory.mktemp("project")
    city = home / "cities" / "xihua"
    shutil.copytree(ROOT / "cities" / "xihua", city, ignore=shutil.ignore_patterns("knowledge", "phrases", "backends"))
    shutil.copytree(ROOT / "data" / "acts", home / "data" / "acts")
    shutil.copytree(ROOT / "data" / "golden", home / "data" / "golden")
    shutil.copy(ROOT / "domain.yml", home)
    if (ROOT / "data" / "danger").is_dir():
        shutil.copytree(ROOT / "data" / "danger", home / "data" / "danger")
    for path in [*(city / "examples").glob("*.yml"), *(home / "data" / "acts").glob("*.yml")]:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        content["zh"], content["en"] = content["zh"][:FEW], content["en"][:1]
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    config["pipeline"][0]["encoder"] = "none"
    (home / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return home


def learn(project: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    arguments = [str(project / "learning"), "--city", "cities/xihua"]
    assert lesson.main(arguments) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def test_a_round_of_learning(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    for name in ("YIZHAN_CITY", "YIZHAN_DECISIONS"):
        monkeypatch.setenv(name, "")
    # The first model: nothing was in use before, so nothing can be lost.
    said = learn(project, capsys)
    assert [line["stage"] for line in said] == ["reading", "checking", "training", "comparing", "done"]
    assert [line["percent"] for line in said] == sorted(line["percent"] for line in said)
    assert said[-1]["accepted"] is True and registry.read()["current"] is None
    first = said[-1]["model"]
    card = json.loads((Path("models") / f"{first}.card.json").read_text(encoding="utf-8"))
    registry.register(card)

    # The second: one decision more; compared on messages that neither has learnt.
    monkeypatch.setattr(lesson, "model_name", lambda city: "second")
    golden = Decision("d2", load_golden()[0].text, "report", "UM-G02", "a", LAMP.at)  # must not be learnt
    write_decisions(project / "learning" / lesson.DECISIONS, [LAMP, golden])
    (project / "learning" / lesson.RECENT).write_text('{"id": 7, "text": "灯杆子成夜黢黑走道害怕"}\n', encoding="utf-8")
    done = learn(project, capsys)[-1]
    assert (done["model"], done["decisions"], done["held_back"]) == ("second", 1, 0)
    assert registry.read()["current"] == first, "a candidate waits for somebody to promote it"
    card = json.loads(Path("models/second.card.json").read_text(encoding="utf-8"))
    assert card["decisions"] == 1 and card["decided_until"] == LAMP.at and card["written"]["UM-G02"] >= FEW
    result = json.loads(Path("models/second.trial.json").read_text(encoding="utf-8"))
    assert result["current"]["name"] == first and result["candidate"]["name"] == "second"
    assert result["learnt"]["new"] == result["learnt"]["of"] == 1
    assert {row["label"] for row in result["golden"]} == {
        m.service or m.intent for m in load_golden() if m.danger is None
    }
    assert [row["label"] for row in result["decisions"]] == ["UM-G02"]
    assert result["shadow"]["of"] == 1 and "灯杆子" not in json.dumps(result, ensure_ascii=False)
    assert result["danger"]["of"] == sum(m.danger is True for m in load_golden())
    health = json.loads((project / "learning" / lesson.HEALTH).read_text(encoding="utf-8"))
    assert health["decisions"] == 1 and health["suspicious_accounts"] == {}

    # The command for people says the same, and what was learnt answers.
    assert trial.main(["second"]) == (0 if result["verdict"]["accepted"] else 1)
    assert f"second beside {first}" in capsys.readouterr().out
    with open_archive(Path("models/second.tar.gz")) as reader:
        assert reader.read([LAMP.text])[0]["requests"][0]["service_code"] == "UM-G02"


def test_a_check_alone_trains_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(project)
    assert lesson.main([str(tmp_path), "--city", "cities/xihua", "--models", str(tmp_path / "m"), "--check-only"]) == 0
    assert (tmp_path / lesson.HEALTH).is_file() and not (tmp_path / "m").exists()
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["stage"] == "done"


def test_what_cannot_be_read_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(project)
    (tmp_path / lesson.DECISIONS).write_text("{}\n")
    assert lesson.main([str(tmp_path), "--city", "cities/xihua"]) == 1
    assert "line 1" in capsys.readouterr().err
    assert trial.main(["nothing", "--models", str(tmp_path)]) == 1
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("services.yml", "UM-A01: [yes]", "quote"), ("danger.yml", "maybe: [着火了]", "maybe"), ("acts.yml", "[", "read")],
)
def test_a_golden_file_with_a_fault_is_named(name: str, content: str, words: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data" / "golden", tmp_path / "golden")
    (tmp_path / "golden" / name).write_text(content)
    with pytest.raises(GoldenError, match=words):
        load_golden(tmp_path / "golden")
