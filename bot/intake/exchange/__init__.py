"""Examples in the formats of other tools: Rasa YAML, JSON lines, CSV, Argilla, Label Studio. Pure: texts in and out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.intake.exchange.annotation import read_argilla, read_labelstudio, write_argilla, write_labelstudio
from bot.intake.exchange.plain import read_csv, read_jsonl, write_csv, write_jsonl
from bot.intake.exchange.rasa import read_rasa, write_rasa
from bot.intake.exchange.rows import Labels, Problem, Row

__all__ = ["FORMATS", "Format", "Labels", "Problem", "Row"]


@dataclass(frozen=True)
class Format:
    """`read` gives the rows and, for each line it cannot use, the reason."""

    suffix: str
    media_type: str
    write: Callable[[Iterable[Row]], str]
    read: Callable[[str, Labels], tuple[list[Row], list[Problem]]]


FORMATS = {
    "jsonl": Format(".jsonl", "application/x-ndjson", write_jsonl, read_jsonl),
    "csv": Format(".csv", "text/csv", write_csv, read_csv),
    "rasa": Format(".yml", "application/yaml", write_rasa, read_rasa),
    "argilla": Format(".json", "application/json", write_argilla, read_argilla),
    "labelstudio": Format(".json", "application/json", write_labelstudio, read_labelstudio),
}
