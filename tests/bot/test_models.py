"""The registry as the service sees it: who is in use, who was, and who may be."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import models
from bot.settings import SettingError
from tests.bot.learning.registry import registered, trialled

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
GOOD: dict[str, Any] = {"current": {"sha256": "old"}, "verdict": {"accepted": True}}
BAD: dict[str, Any] = {"current": {"sha256": "old"}, "verdict": {"accepted": False}}
FIRST: dict[str, Any] = {"current": None, "verdict": {"accepted": True}}


@pytest.mark.parametrize(
    ("trial", "in_use", "reason", "why"),
    [
        (GOOD, "old", "", None),
        (BAD, "old", "", "refused"),
        (BAD, "old", "  ", "refused"),
        (BAD, "old", "灯的问题更急", None),
        (GOOD, "other", "", "outdated"),
        (GOOD, "other", "compared by hand", None),
        (None, "old", "", "not_compared"),
        (None, "old", "first week", None),
        (FIRST, None, "", None),
        (FIRST, "old", "", "outdated"),
        (GOOD, None, "", None),  # what it was compared with is gone
    ],
)
def test_who_may_be_promoted(trial: dict[str, Any] | None, in_use: str | None, reason: str, why: str | None) -> None:
    assert models.why_not(trial, in_use, reason) == why


def test_use_and_back_again(tmp_path: Path) -> None:
    folder = registered(tmp_path / "m", "a", "b", "c", current="a")
    assert models.previous_model(folder) is None
    models.use_model("b", "ada", NOW, folder)
    models.use_model("b", "ada", NOW, folder)  # again: nothing happens
    models.use_model("c", "ada", NOW, folder)
    assert [(m.name, m.current) for m in models.list_models(folder)] == [("c", True), ("b", False), ("a", False)]
    assert models.previous_model(folder) == "b"
    models.use_model("b", "bob", NOW, folder)
    assert models.previous_model(folder) == "c", "back once more leads forward again"
    history = json.loads((folder / "registry.json").read_text(encoding="utf-8"))["history"]
    assert [(turn["from"], turn["name"], turn["by"]) for turn in history] == [
        ("a", "b", "ada"),
        ("b", "c", "ada"),
        ("c", "b", "bob"),
    ]
    (folder / "c.tar.gz").unlink()
    assert models.previous_model(folder) == "a", "an archive that is gone cannot be gone back to"


def test_cards_and_trials_lie_beside_the_archives(tmp_path: Path) -> None:
    folder = registered(tmp_path / "m", "a", "b", current="a")
    trialled(folder, "b", "a", accepted=False)
    assert [m.accepted for m in models.list_models(folder)] == [False, None]
    assert (models.card_of("a", folder) or {})["examples"] == 12 and models.trial_of("a", folder) is None
    (folder / "a.card.json").write_text("[")
    assert models.card_of("a", folder) is None


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert models.list_models(tmp_path) == [] and models.previous_model(tmp_path) is None
    folder = registered(tmp_path / "m", "a", current="a")
    with pytest.raises(SettingError, match="yizhan model list"):
        models.use_model("z", "ada", NOW, folder)
    with pytest.raises(SettingError, match="yizhan model list"):
        models.find_model("z", folder)
    (folder / "a.tar.gz").unlink()
    with pytest.raises(SettingError, match="gone"):
        models.find_model("a", folder)
    (folder / "registry.json").write_text("{}")
    with pytest.raises(SettingError, match="broken"):
        models.list_models(folder)
