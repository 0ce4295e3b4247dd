"""Rasa's importer: the city folder and the acts become training data; every intent gets one rule to one action.

Named in config.yml under `importers`. No forms, slots or stories: what to ask next is decided in the service.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rasa.shared.utils.io
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.decisions import training_examples
from nlu.examples import city_folder

ACTION = "action_intake"
# Rasa adds these to every domain; they are commands, never said by residents.
COMMAND_INTENTS = {"restart", "back", "session_start"}
SERVICE = "service"
SOURCE = "source"


class CityImporter(TrainingDataImporter):
    """Reads a city folder (YIZHAN_CITY) and data/acts beside config.yml and domain.yml."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **kwargs: Any,
    ) -> None:
        """`training_data_paths` is not used: the city folder is chosen by the environment."""
        self.config_file = config_file
        self.domain_path = domain_path or "domain.yml"
        self.city = city_folder()

    def get_domain(self) -> Domain:
        """The names in domain.yml."""
        return Domain.load(self.domain_path)

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """One rule for every intent of the domain."""
        domain = self.get_domain()
        reader = YAMLStoryReader()
        steps = reader.read_from_parsed_yaml({"rules": rules(domain.intents)})
        return StoryGraph(steps)

    def get_config(self) -> dict:
        """The pipeline and the policies of config.yml."""
        if not self.config_file or not Path(self.config_file).is_file():
            return {}
        config: dict = rasa.shared.utils.io.read_model_configuration(self.config_file)
        return config

    def get_config_file_for_auto_config(self) -> str | None:
        """Where Rasa may write suggestions; ours is complete, so it never does."""
        return self.config_file

    def get_nlu_data(self, language: str | None = "zh") -> TrainingData:
        """Every example as a message; a report carries its service's code as an attribute."""
        return TrainingData([_message(e.text, e.intent, e.service, e.source) for e in training_examples(self.city)])


def rules(intents: list[str]) -> list[dict[str, Any]]:
    """The dialogue part: whatever was said, the service's one action decides."""
    return [
        {"rule": f"{intent} goes to intake", "steps": [{"intent": intent}, {"action": ACTION}]}
        for intent in sorted(intents)
        if intent not in COMMAND_INTENTS
    ]


def _message(text: str, intent: str, service: str | None, source: str) -> Message:
    data: dict[str, Any] = {TEXT: text, INTENT: intent, SOURCE: source}
    if service:
        data[SERVICE] = service
    return Message(data=data)
