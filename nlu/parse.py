"""`python -m nlu.parse`: JSON lines {"id","text"} in, one parse document per line out. No server needed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from nlu import registry
from nlu.archive import open_archive
from nlu.model import ModelError
from nlu.reading import Reader

BATCH = 256


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when every line was understood, 1 when some line or the model could not be used, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="nlu.parse", description="Understand messages given as JSON lines.")
    parser.add_argument("--in", type=Path, dest="source", help="JSON lines (default: stdin)")
    parser.add_argument("--out", type=Path, dest="target", help="file for the documents (default: stdout)")
    parser.add_argument("--model", type=Path, help="model archive (default: the registered current model)")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        try:
            source = stack.enter_context(options.source.open("rb")) if options.source else sys.stdin.buffer
            reader = stack.enter_context(open_archive(options.model or registry.current(), threads=os.cpu_count() or 1))
            target = stack.enter_context(options.target.open("w", encoding="utf-8")) if options.target else sys.stdout
        except (OSError, ModelError, registry.RegistryError) as error:
            print(f"Cannot parse: {error}", file=sys.stderr)
            return 1
        bad = 0
        while batch := list(islice(source, BATCH)):
            bad += write_batch(reader, batch, target)
        target.flush()
    if bad:
        print(f"{bad} lines could not be read; each has a line with `error` in the output.", file=sys.stderr)
    return 1 if bad else 0


def write_batch(reader: Reader, batch: list[bytes], target: TextIO) -> int:
    """Write one line for each line that is not blank, in order; returns how many were bad."""
    items = [item for raw in batch for item in _item(raw)]
    documents = iter(reader.read([item["text"] for item in items if "error" not in item]))
    bad = 0
    for item in items:
        if "error" in item:
            bad += 1
            document = item
        else:
            document = {"id": item["id"], **next(documents)}
        target.write(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    return bad


def _item(raw: bytes) -> Iterator[dict[str, Any]]:
    """The line as {"id", "text"}, or as {"id", "error"}; nothing for a blank line."""
    if not raw.strip():
        return
    try:
        line = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        yield {"id": None, "error": "This line is no JSON in UTF-8."}
        return
    if not isinstance(line, dict) or not isinstance(line.get("text"), str):
        yield {
            "id": line.get("id") if isinstance(line, dict) else None,
            "error": "A line needs a `text` that is a string.",
        }
        return
    yield {"id": line.get("id"), "text": line["text"]}


if __name__ == "__main__":
    raise SystemExit(main())
