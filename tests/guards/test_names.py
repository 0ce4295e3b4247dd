"""The names that engine and service share exist on both sides."""

from pathlib import Path

import yaml

from actions.intake_action import IntakeAction

ROOT = Path(__file__).parents[2]
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
LEARNED_ELSEWHERE = {"report", "nlu_fallback"}  # from the services' examples; made by the engine itself


async def _nothing(item_id: int, lease_token: str, document: dict[str, object]) -> bool:
    return True


def test_every_action_of_the_domain_is_registered_in_the_service() -> None:
    assert set(DOMAIN["actions"]) == {IntakeAction(_nothing).name()}


def test_every_intent_has_examples_in_both_languages() -> None:
    for intent in set(DOMAIN["intents"]) - LEARNED_ELSEWHERE:
        document = yaml.safe_load((ROOT / "data" / "acts" / f"{intent}.yml").read_text(encoding="utf-8"))
        assert document["intent"] == intent
        assert len(document["zh"]) >= 80 and len(document["en"]) >= 15, intent


def test_no_examples_for_an_intent_that_the_domain_lacks() -> None:
    assert {path.stem for path in (ROOT / "data" / "acts").glob("*.yml")} <= set(DOMAIN["intents"])


def test_the_domain_keeps_nothing_between_messages() -> None:
    assert not DOMAIN.get("slots") and not DOMAIN.get("forms")
