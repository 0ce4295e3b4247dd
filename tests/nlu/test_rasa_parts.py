"""Importer, tracker store and the corrections to Rasa."""

import hashlib
import io
import json
import logging
import tarfile
from pathlib import Path

import jsonschema
import pytest
import structlog
from rasa.core.actions.action import RemoteAction
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.training_data.structures import RuleStep
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu import logs, patches
from nlu.acts import ACT_OF_INTENT
from nlu.importer import ACTION, COMMAND_INTENTS, CityImporter
from nlu.tracker import ForgetfulTrackerStore, kept

SECRET = "人民路 13800000000 王建国"


@pytest.fixture(scope="module")
def importer() -> CityImporter:
    return CityImporter("config.yml", "domain.yml")


def test_every_intent_has_one_rule_to_the_one_action(importer: CityImporter) -> None:
    ruled = []
    for step in importer.get_stories().story_steps:
        said = [e for e in step.events if isinstance(e, UserUttered)]
        done = [e.action_name for e in step.events if isinstance(e, ActionExecuted)]
        assert ACTION in done and isinstance(step, RuleStep)
        ruled += [e.intent_name for e in said]
    assert sorted(ruled) == sorted(set(importer.get_domain().intents) - COMMAND_INTENTS)


def test_domain_and_acts_name_the_same_intents(importer: CityImporter) -> None:
    assert set(importer.get_domain().intents) - COMMAND_INTENTS == set(ACT_OF_INTENT)


def test_reports_carry_their_service(importer: CityImporter) -> None:
    messages = importer.get_nlu_data().training_examples
    assert all((m.get("intent") == "report") == bool(m.get("service")) for m in messages)
    assert {m.get("intent") for m in messages} == set(ACT_OF_INTENT) - {"nlu_fallback"}


async def _turns(store: ForgetfulTrackerStore, count: int) -> None:
    for number in range(count):
        tracker = await store.get_or_create_tracker(f"c:{number % 3}")
        assert len(tracker.events) == 1, "a turn must not see an earlier one"
        tracker.update(UserUttered(SECRET))
        await store.save(tracker)


def test_the_tracker_store_keeps_nothing() -> None:
    import asyncio

    store = ForgetfulTrackerStore(Domain.load("domain.yml"))
    asyncio.run(_turns(store, 30))
    assert kept(store) == {}
    assert asyncio.run(store.retrieve("c:1")) is None


@pytest.fixture
def corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name in (
        (RemoteAction, "_validate_action_result"),
        (RegexMessageHandler, "process"),
        (LocalModelStorage, "from_model_archive"),
    ):
        monkeypatch.setattr(owner, name, owner.__dict__[name])  # put back after the test
    patches.apply()


def test_action_results_are_judged_as_before(corrected: None) -> None:
    action = RemoteAction(ACTION, None)
    assert action._validate_action_result({"events": [], "responses": [{"text": "ok"}]})
    for bad in ({"events": 1}, {"events": [{"event": "slot"}]}, {"responses": ["ok"]}):
        with pytest.raises(jsonschema.ValidationError):
            action._validate_action_result(bad)


def test_no_text_is_obeyed_as_a_command(corrected: None) -> None:
    messages = [Message({TEXT: '/greet{"place": "x"}', "intent": {"name": "report"}})]
    (message,) = RegexMessageHandler().process(messages, Domain.load("domain.yml"))
    assert message.get("intent") == {"name": "report"} and not message.get("entities")


def test_the_archives_digest_is_noted(corrected: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("components"), io.BytesIO())
    monkeypatch.setattr(
        patches, "_original", lambda cls, folder, path: (cls(folder), None)  # only the note is of interest here
    )  # fmt: skip
    storage, _ = LocalModelStorage.from_model_archive(tmp_path / "storage", archive)
    assert storage.archive_sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()  # type: ignore[attr-defined]


@pytest.fixture
def log() -> io.StringIO:
    """What the served engine would log; the process's own logging is put back afterwards."""
    root = logging.getLogger()
    before, level, config = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO()
    logs.configure(stream=stream)
    yield stream
    root.handlers[:], root.level = before, level
    structlog.configure(**config)


def test_a_failed_message_leaves_its_event_but_not_its_text(log: io.StringIO) -> None:
    """The REST channel logs the whole text with every failure."""
    try:
        raise ValueError(f"cannot read {SECRET}")
    except ValueError:
        structlog.get_logger().exception("rest.message.received.failure", text=SECRET)
        logging.getLogger("rasa.core.processor").exception("Encountered an exception with %s", SECRET)
    written = log.getvalue()
    assert "rest.message.received.failure" in written and "ValueError" in written
    assert not any(word in written for word in SECRET.split())


def test_debug_words_of_rasa_are_not_logged(log: io.StringIO) -> None:
    structlog.get_logger("rasa.core.processor").debug("processor.message.parse", parse_data_text=SECRET)
    logging.getLogger("rasa.core.processor").debug(json.dumps({"text": SECRET}, ensure_ascii=False))
    assert log.getvalue() == ""
