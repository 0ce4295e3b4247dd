"""The Rasa component: trains, keeps everything in the model, loads the same answers or fails loudly."""

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from language.guard import guard
from nlu.components.reader import MessageReader
from nlu.importer import SERVICE, SOURCE
from nlu.model import ModelError
from tests.nlu import tiny

CONFIG: dict[str, Any] = {**MessageReader.get_default_config(), "encoder": "none"}
RESOURCE = Resource("reader")
CONTEXT = ExecutionContext(GraphSchema({}), "test")


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> LocalModelStorage:
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("model"))
    data = [
        Message({TEXT: e.text, INTENT: e.intent, SOURCE: e.source, **({SERVICE: e.service} if e.service else {})})
        for e in tiny.examples()
    ]
    # Rasa adds such messages for the intents of rules; they hold no text.
    component = MessageReader.create(CONFIG, storage, RESOURCE, CONTEXT)
    component.train(TrainingData([*data, Message({INTENT: "greet"})]))
    storage.fresh = component  # type: ignore[attr-defined]
    return storage


def _understood(component: MessageReader, text: str) -> Message:
    (message,) = component.process([Message({TEXT: text})])
    return message


def test_a_loaded_component_answers_like_the_trained_one(storage: LocalModelStorage) -> None:
    loaded = MessageReader.load(CONFIG, storage, RESOURCE, CONTEXT)
    for text in ("人民路路灯坏了", "你好", "", "井盖没了"):
        message = _understood(loaded, guard(text))
        assert message.get("yizhan") == _understood(storage.fresh, guard(text)).get("yizhan")  # type: ignore[attr-defined]


def test_the_document_goes_out_and_the_text_keeps_its_guard(storage: LocalModelStorage) -> None:
    text = guard("/restart 人民路路灯坏了")
    message = _understood(MessageReader.load(CONFIG, storage, RESOURCE, CONTEXT), text)
    shown = message.as_dict(only_output_properties=True)
    assert message.get(TEXT) == text, "without its guard the text would be obeyed as a command"
    assert shown["yizhan"]["act"] and shown["intent"]["name"] == shown["yizhan"]["intent"]
    assert [e["value"] for e in shown["entities"]] == [p["text"] for p in shown["yizhan"]["places"]]


def test_a_model_without_its_parts_does_not_load(tmp_path: Path) -> None:
    storage = LocalModelStorage.create(tmp_path)
    with storage.write_to(RESOURCE) as folder:
        (folder / "about.json").write_text("{}")
    with pytest.raises(ModelError, match="make train"):
        MessageReader.load(CONFIG, storage, RESOURCE, CONTEXT)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("encoder", "word2vec"),
        ("penalty", 0),
        ("penalty", "much"),
        ("width", -1),
        ("balance", 2),
        ("seed", True),
        ("c", 1),
    ],
)
def test_a_wrong_setting_is_named(key: str, value: object) -> None:
    with pytest.raises(InvalidConfigException, match=key):
        MessageReader.validate_config({**CONFIG, key: value})


def test_the_settings_of_the_repository_are_valid() -> None:
    import yaml

    (component,) = yaml.safe_load(Path("config.yml").read_text(encoding="utf-8"))["pipeline"]
    MessageReader.validate_config({k: v for k, v in component.items() if k != "name"})
