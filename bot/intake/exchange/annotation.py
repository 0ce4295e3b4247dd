"""Records of Argilla 2 (records.to_json) and tasks of Label Studio (JSON and JSON-MIN), with one choice called `label`."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from bot.intake.exchange.elements import elements
from bot.intake.exchange.rows import Labels, Problem, Row, gather

QUESTION, FIELD = "label", "text"
Parts = tuple[Any, list[Any], dict[str, Any]]  # text, labels that people chose, where it comes from


def write_argilla(rows: Iterable[Row]) -> str:
    records = [
        {
            "id": row.id or None,
            "fields": {FIELD: row.text},
            "metadata": {"by": row.by, "at": row.at},
            "suggestions": {},
            "responses": {QUESTION: [{"value": row.label, "user_id": row.by or None}]},
            "vectors": {},
            "status": "completed",
        }
        for row in rows
    ]
    return _dump(records)


def read_argilla(text: str, labels: Labels) -> tuple[list[Row], list[Problem]]:
    """Records that nobody has answered are problems: a suggestion is a model's word, not a person's."""
    return _read(text, labels, _argilla)


def write_labelstudio(rows: Iterable[Row]) -> str:
    tasks = [
        {
            "id": number,
            "data": {FIELD: row.text},
            "meta": row.meta(),
            "annotations": [
                {
                    "completed_by": {"email": row.by},
                    "was_cancelled": False,
                    "result": [
                        {
                            "from_name": QUESTION,
                            "to_name": FIELD,
                            "type": "choices",
                            "value": {"choices": [row.label]},
                        }
                    ],
                }
            ],
            "predictions": [],
        }
        for number, row in enumerate(rows, start=1)
    ]
    return _dump(tasks)


def read_labelstudio(text: str, labels: Labels) -> tuple[list[Row], list[Problem]]:
    return _read(text, labels, _labelstudio)


def _read(text: str, labels: Labels, parts: Callable[[Any], Parts]) -> tuple[list[Row], list[Problem]]:
    return gather((line, _row(value, labels, parts)) for line, value in elements(text))


def _row(value: Any, labels: Labels, parts: Callable[[Any], Parts]) -> Row | str:
    if isinstance(value, ValueError):
        return str(value)
    try:
        text, chosen, meta = parts(value)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        return f"not a record of this format: {error!r}"
    if len({str(label) for label in chosen}) > 1:
        return f"people chose differently: {', '.join(sorted({str(label) for label in chosen}))}"
    try:
        return labels.row(text, chosen[0] if chosen else None, meta)
    except (ValueError, TypeError) as error:
        return str(error)


def _argilla(record: Any) -> Parts:
    answers = (record.get("responses") or {}).get(QUESTION) or []
    answers = [answers] if isinstance(answers, dict) else answers
    chosen = [answer["value"] for answer in answers if answer.get("status", "submitted") == "submitted"]
    return record["fields"][FIELD], chosen, {**(record.get("metadata") or {}), "id": record.get("id")}


def _labelstudio(task: Any) -> Parts:
    if "data" not in task:  # JSON-MIN
        label = task.get(QUESTION)
        chosen = label["choices"] if isinstance(label, dict) else [label] if label is not None else []
        return task[FIELD], chosen, {"id": task.get("id"), "by": task.get("annotator")}
    chosen = [
        choice
        for annotation in task.get("annotations") or []
        if not annotation.get("was_cancelled")
        for result in annotation["result"]
        if result.get("type") == "choices"
        for choice in result["value"]["choices"]
    ]
    return task["data"][FIELD], chosen, task.get("meta") or {}


def _dump(items: list[dict[str, Any]]) -> str:
    """One element on each line: differences can be read, and faults have lines."""
    if not items:
        return "[]\n"
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]\n"
