"""What must not stand in any file: paths of a machine, addresses of package indexes, evaluation sentences."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
TEXTS = [path for path in FILES if path.suffix not in (".png", ".jpg", ".webp", ".gz")]


def test_no_path_of_a_machine_stands_in_a_file() -> None:
    pattern = re.compile(r"(?<![\w.~$}])/(?:work|root|home/\w+|farm)/")
    bad = [
        p.name for p in TEXTS if p != Path(__file__) and pattern.search(p.read_text(encoding="utf-8", errors="replace"))
    ]
    assert bad == []


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text and not re.search(r"https?://|--index-url|--find-links", text), path.name
    for path in ROOT.glob("web/package-lock.json"):
        assert '"resolved"' not in path.read_text(encoding="utf-8")


def test_modules_are_small_rooms() -> None:
    """A module of more than 400 lines holds a second noun."""
    sizes = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in FILES if p.suffix == ".py"}
    assert [str(p.relative_to(ROOT)) for p, lines in sizes.items() if lines > 400 and "tests" not in p.parts] == []


OURS = ROOT / "data" / "evaluation" / "holdout.jsonl"
SHARED = ROOT.parent / "shared" / "eval" / "messages.jsonl"


@pytest.mark.parametrize("evaluation", [OURS, SHARED], ids=["ours", "shared"])
def test_no_evaluation_sentence_is_trained_on(evaluation: Path) -> None:
    """Neither a sentence of an evaluation set nor one that is nearly the same."""
    if not evaluation.is_file():
        pytest.skip("the shared development set is not beside the repository")
    measured = [json.loads(line)["text"] for line in evaluation.read_text(encoding="utf-8").splitlines()]
    assert near_doubles(measured) == []


def near_doubles(texts: list[str]) -> list[str]:
    """The examples that are one of the texts, or nearly one."""
    measured = [_grams(text) for text in texts]
    holders: dict[str, list[int]] = {}
    for i, grams in enumerate(measured):
        for gram in grams:
            holders.setdefault(gram, []).append(i)
    close = []
    for source, sentence in _learnt():
        grams = _grams(sentence)
        shared = Counter(i for gram in grams for i in holders.get(gram, ()))
        if len(grams) >= 4 and any(n / (len(grams) + len(measured[i]) - n) > 0.6 for i, n in shared.items()):
            close.append(f"{source}: {sentence}")
    return close


def _learnt() -> Iterator[tuple[str, str]]:
    """Every sentence that a model learns from, with the file it stands in."""
    for path in [*ROOT.glob("cities/*/examples/*.yml"), *ROOT.glob("data/acts/*.yml")]:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield from ((path.stem, str(sentence)) for sentence in [*document["zh"], *document["en"]])
    for path in ROOT.glob("data/danger/*.txt"):
        lines = path.read_text(encoding="utf-8").splitlines()
        yield from ((path.stem, line.split("\t")[-1]) for line in lines if line and not line.startswith("#"))


def _grams(text: str) -> frozenset[str]:
    """Character triples; two texts are compared by the share of them that both have (Jaccard)."""
    plain = re.sub(r"[\s，,。.！!？?]", "", text.lower())
    return frozenset(plain[i : i + 3] for i in range(len(plain) - 2))
