"""Rasa's NLU training data in YAML (3.x). A service is a retrieval intent: report/UM-G02.

Both forms of examples are read: one text with "- " before each line, and a list of texts with metadata; entity marks in
foreign files are taken off. Ours are of the second form, so that a text may hold anything.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from bot.intake.exchange.rows import REPORT, Labels, Problem, Row, gather

VERSION = "3.1"
OURS = "yizhan"  # marks texts that hold no entity marks
_ENTITY = re.compile(r"\[(?P<text>[^\]]+)\](?:\([^)]*\)|\{[^}]*\}|\[[^\]]*\])")


class _Dumper(yaml.SafeDumper):
    """Long texts on one line each."""


def write_rasa(rows: Iterable[Row]) -> str:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(f"{REPORT}/{row.service}" if row.service else row.intent, []).append(row)
    nlu = [
        {"intent": intent, "examples": [{"text": r.text, "metadata": {OURS: r.meta()}} for r in group]}
        for intent, group in groups.items()
    ]
    return yaml.dump(
        {"version": VERSION, "nlu": nlu}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000_000
    )


def read_rasa(text: str, labels: Labels) -> tuple[list[Row], list[Problem]]:
    return gather(_rows(text, labels))


def _rows(text: str, labels: Labels) -> Iterator[tuple[int, Row | str]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        yield (mark.line + 1 if mark else 1), f"no YAML: {getattr(error, 'problem', None) or error}"
        return
    groups = _child(root, "nlu")
    if not isinstance(groups, yaml.SequenceNode):
        yield 1, "the key `nlu` with a list of intents is missing"
        return
    for group in groups.value:
        intent, examples = _child(group, "intent"), _child(group, "examples")
        if intent is None:
            continue  # synonyms, lookups and regular expressions are no examples
        label = str(intent.value).removeprefix(f"{REPORT}/")
        if isinstance(examples, yaml.ScalarNode):
            yield from _lines(examples, label, labels)
        elif isinstance(examples, yaml.SequenceNode):
            for example in examples.value:
                yield example.start_mark.line + 1, _listed(example, label, labels)
        else:
            yield group.start_mark.line + 1, "an intent without `examples`"


def _lines(node: yaml.ScalarNode, label: str, labels: Labels) -> Iterator[tuple[int, Row | str]]:
    """A block begins on the line after its mark, and its lines are those of the file."""
    first = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
    for number, raw in enumerate(str(node.value).split("\n")):
        line = raw.strip()
        if line and not line.startswith("#"):
            text = line.removeprefix("-").strip() if line.startswith("-") else None
            yield (
                first + number,
                _made(_plain(text), label, {}, labels) if text is not None else "an example must begin with `- `",
            )


def _listed(node: yaml.Node, label: str, labels: Labels) -> Row | str:
    text, metadata = _child(node, "text"), _child(node, "metadata")
    if isinstance(node, yaml.ScalarNode):
        return _made(_plain(str(node.value)), label, {}, labels)
    if not isinstance(text, yaml.ScalarNode):
        return "an example without `text`"
    ours = _child(metadata, OURS)
    if not isinstance(ours, yaml.MappingNode):
        return _made(_plain(str(text.value).strip()), label, {}, labels)
    return _made(str(text.value), label, {key.value: value.value for key, value in ours.value}, labels)


def _made(text: str, label: str, meta: dict[str, Any], labels: Labels) -> Row | str:
    try:
        return labels.row(text, label, meta)
    except ValueError as error:
        return str(error)


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda found: found["text"], text)


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)
