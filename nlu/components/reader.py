"""Rasa's shell around understanding: trains and keeps a Model, and puts the parse document into the message."""

from __future__ import annotations

import os
from dataclasses import fields
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.encoder import ENCODERS, CachedEncoder, open_encoder
from nlu.examples import Example, city_folder
from nlu.hazards import load_hazards
from nlu.importer import SERVICE, SOURCE
from nlu.model import Settings, content_digest, learn, load, save
from nlu.reading import Reader

DOCUMENT = "yizhan"
# Lowest and highest sensible value of each number in config.yml.
RANGES = {
    "width": (0.01, 100.0),
    "penalty": (0.01, 1000.0),
    "balance": (0.0, 1.0),
    "act_balance": (0.0, 1.0),
    "seed": (0, 2**32 - 1),
}
_RASA_KEYS = {"name"}


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR],
    is_trainable=True,
)
class MessageReader(IntentClassifier, GraphComponent):
    """Sets intent, intent_ranking, entities (places) and the parse document under the key `yizhan`."""

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that must be installed; the encoder is optional."""
        return ["sklearn", "scipy", "pypinyin"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The values of nlu.model.Settings, where each is explained."""
        return {field.name: field.default for field in fields(Settings)}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises InvalidConfigException with key, value and what is allowed."""
        known = set(cls.get_default_config()) | _RASA_KEYS
        for key in config:
            if key not in known:
                raise InvalidConfigException(f"config.yml: MessageReader knows no `{key}`; allowed: {sorted(known)}.")
        if config.get("encoder", ENCODERS[0]) not in ENCODERS:
            raise InvalidConfigException(f"config.yml: encoder is {config['encoder']!r}; allowed: {list(ENCODERS)}.")
        for key, (low, high) in RANGES.items():
            value = config.get(key, low)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise InvalidConfigException(f"config.yml: {key} is {value!r}; allowed: {low} to {high}.")

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        """Not usable before `train` or `load`."""
        self.validate_config(config)
        names = {field.name for field in fields(Settings)}
        self.settings = Settings(**{key: value for key, value in config.items() if key in names})
        self._storage = model_storage
        self._resource = resource
        self.reader: Reader | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MessageReader:
        """An untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the importer's messages and store all parts."""
        examples = [
            Example(m.get(TEXT), m.get(INTENT), m.get(SERVICE), m.get(SOURCE) or "example")
            for m in training_data.training_examples
            if m.get(TEXT) and m.get(INTENT)  # Rasa adds messages for the rules' intents, without text
        ]
        encoder = CachedEncoder(open_encoder(self.settings.encoder, threads=os.cpu_count() or 1))
        model = learn(examples, city_folder(), encoder, self.settings, load_hazards())
        with self._storage.write_to(self._resource) as folder:
            save(model, folder)
            self.reader = Reader(load(folder), content_digest(folder))
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MessageReader:
        """Read all parts back; a missing or foreign part stops the engine instead of serving guesses."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            # nlu.patches notes the archive's sha256 on the storage; elsewhere the parts' own digest stands in.
            name = getattr(model_storage, "archive_sha256", None) or content_digest(folder)
            component.reader = Reader(load(folder), name)
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Understand each message. The text itself stays as it came, guard character included: a text that
        starts with "/" must not reach Rasa's command handler bare."""
        if self.reader is None:
            raise RuntimeError("The component is not trained: call train or load first.")
        documents = self.reader.read([message.get(TEXT) or "" for message in messages])
        for message, document in zip(messages, documents, strict=True):
            _fill(message, document)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing to add: no later component learns from this one."""
        return training_data


def _fill(message: Message, document: dict[str, Any]) -> None:
    intent = {"name": document["intent"], "confidence": document["intent_confidence"]}
    message.set(INTENT, intent, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [intent], add_to_output=True)
    message.set(ENTITIES, [_entity(place) for place in document["places"]], add_to_output=True)
    message.set(DOCUMENT, document, add_to_output=True)


def _entity(place: dict[str, Any]) -> dict[str, Any]:
    return {**place, "entity": "place", "value": place["text"], "extractor": MessageReader.__name__}
