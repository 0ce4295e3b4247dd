"""Texts in several languages, and picking one of them."""

from typing import Any


class Both(dict[str, str]):
    """A text in several languages: {"zh": …, "en": …}."""


def localised(value: Any, language: str) -> Any:
    """`value` with every `Both` inside replaced by its text in `language` (Chinese where it lacks that)."""
    if isinstance(value, Both):
        return value.get(language) or value["zh"]
    if isinstance(value, dict):
        return {key: localised(item, language) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [localised(item, language) for item in value]
    return value
