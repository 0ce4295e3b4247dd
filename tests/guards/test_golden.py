"""The golden messages cover every service and act, and no example is one of them or nearly one."""

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from nlu.golden import load_golden
from tests.guards.test_repository import OURS, SHARED, near_doubles

ROOT = Path(__file__).parents[2]
GOLDEN = load_golden(ROOT / "data" / "golden")
LEAST = 3
LEAST_DANGER = 20


def test_every_service_with_tickets_and_every_act_has_golden_messages() -> None:
    services = yaml.safe_load((ROOT / "cities" / "xihua" / "services.yml").read_text(encoding="utf-8"))["services"]
    tickets = {row["code"] for row in services if not row["code"].startswith("NT")}
    intents = {path.stem for path in (ROOT / "data" / "acts").glob("*.yml")}
    counted = Counter(message.service or message.intent for message in GOLDEN if message.danger is None)
    assert set(counted) == tickets | intents
    assert [group for group, count in counted.items() if count < LEAST] == []


def test_danger_has_both_sides() -> None:
    sides = Counter(message.danger for message in GOLDEN if message.danger is not None)
    assert sides[True] >= LEAST_DANGER and sides[False] >= LEAST_DANGER


def test_no_golden_message_stands_twice() -> None:
    assert [text for text, count in Counter(m.text for m in GOLDEN).items() if count > 1] == []


def test_no_golden_message_is_trained_on() -> None:
    assert near_doubles([message.text for message in GOLDEN]) == []


@pytest.mark.parametrize("evaluation", [OURS, SHARED], ids=["ours", "shared"])
def test_golden_messages_are_not_taken_from_an_evaluation_set(evaluation: Path) -> None:
    """Whoever chooses a model by the golden set must not choose it by the evaluation set."""
    if not evaluation.is_file():
        pytest.skip("the shared development set is not beside the repository")
    asked = {json.loads(line)["text"].strip() for line in evaluation.read_text(encoding="utf-8").splitlines()}
    assert [message.id for message in GOLDEN if message.text.strip() in asked] == []
