"""JSON lines and CSV: text, intent, service and where it comes from."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.intake.exchange.elements import elements
from bot.intake.exchange.rows import META, Labels, Problem, Row, gather

COLUMNS = ("text", "intent", "service", *META)
BOM = "\ufeff"  # without it spreadsheets take Chinese for something else


def write_jsonl(rows: Iterable[Row]) -> str:
    lines = ({"text": r.text, "intent": r.intent, "service": r.service, **r.meta()} for r in rows)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def read_jsonl(text: str, labels: Labels) -> tuple[list[Row], list[Problem]]:
    return gather((line, _row(value, labels)) for line, value in elements(text))


def write_csv(rows: Iterable[Row]) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_harmless(row.text), row.intent, row.service or "", row.id, row.by, row.at])
    return BOM + target.getvalue()


def read_csv(text: str, labels: Labels) -> tuple[list[Row], list[Problem]]:
    """Needs a head with `text` and `service`, `intent` or `label`; the line is the one on which a row begins."""
    return gather(_csv_rows(text, labels))


def _csv_rows(text: str, labels: Labels) -> Iterator[tuple[int, Row | str]]:
    reader = csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), strict=True)
    begins = 1
    try:
        head = [name.strip().lower() for name in next(reader, [])]
        if "text" not in head or not {"service", "intent", "label"} & set(head):
            yield 1, "the head must name text, and service, intent or label"
            return
        begins = reader.line_num + 1
        for cells in reader:
            if cells:
                values = dict(zip(head, cells, strict=False))
                values["text"] = _as_written(values.get("text", ""))
                yield begins, _row(values, labels) if len(cells) <= len(head) else "more cells than the head names"
            begins = reader.line_num + 1
    except csv.Error as error:
        yield begins, f"no CSV: {error}"


def _row(value: Any, labels: Labels) -> Row | str:
    if isinstance(value, ValueError):
        return str(value)
    if not isinstance(value, dict):
        return "not an object with text and label"
    try:
        label = value.get("service") or value.get("label") or value.get("intent")
        return labels.row(value.get("text"), label, value)
    except (ValueError, TypeError) as error:
        return str(error)


def _harmless(text: str) -> str:
    """A spreadsheet must not take a resident's words for a formula."""
    return f"'{text}" if text[:1] in "=+-@'\t\r" and text else text


def _as_written(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@'\t\r") else text
