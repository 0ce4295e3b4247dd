"""Three corrections to Rasa 3.6.21, applied once by nlu.serve before the server starts.

1. One validator for action results: Rasa rebuilds and meta-checks a JSON schema for every call (about 40 ms).
2. No text is a command: Rasa obeys messages that start with "/", whoever wrote them.
3. The loaded archive's sha256 is noted on its storage, so that every document names the model that made it.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from rasa.core.actions.action import RemoteAction
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.shared.core.domain import Domain
from rasa.shared.nlu.training_data.message import Message

from nlu.digests import sha256_of


class PatchError(RuntimeError):
    """Rasa is not the version these corrections were written for."""


def apply() -> None:
    """Apply all three; twice does no harm. Raises PatchError where Rasa has changed."""
    for owner, name in (
        (RemoteAction, "_validate_action_result"),
        (RegexMessageHandler, "process"),
        (LocalModelStorage, "from_model_archive"),
    ):
        if not callable(getattr(owner, name, None)):
            raise PatchError(f"{owner.__name__}.{name} is gone: install rasa==3.6.21 from requirements/engine.txt.")
    RemoteAction._validate_action_result = _validate_action_result  # type: ignore[method-assign]
    RegexMessageHandler.process = _process_as_plain_text  # type: ignore[method-assign]
    LocalModelStorage.from_model_archive = _from_model_archive  # type: ignore[method-assign,assignment]


@functools.lru_cache(maxsize=1)
def _validator() -> Draft7Validator:
    schema = RemoteAction.action_response_format_spec()
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    """Same rule and same error as Rasa's own, with one validator for all calls."""
    _validator().validate(result)
    return True


def _process_as_plain_text(
    self: RegexMessageHandler, messages: list[Message], domain: Domain | None = None
) -> list[Message]:
    """Leave every message as the pipeline understood it."""
    return messages


_original = LocalModelStorage.from_model_archive.__func__  # type: ignore[attr-defined]


@classmethod  # type: ignore[misc]
def _from_model_archive(cls: Any, storage_path: Path, model_archive_path: str | Path) -> tuple[LocalModelStorage, Any]:
    storage, metadata = _original(cls, storage_path, model_archive_path)
    storage.archive_sha256 = sha256_of(Path(model_archive_path))
    return storage, metadata
