"""What the danger head learns from: lines are read strictly, and labels are corrected only where that is safe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlu.examples import Example, ExamplesError
from nlu.hazards import CALM, Hazard, danger_share, first_labels, load_hazards, second_labels

DANGER_OF = {"EM-01": "gas", "UM-G01": "manhole"}
CLASSES = ("calm", "fire", "gas", "manhole")


def report(text: str, service: str) -> Example:
    return Example(text, "report", service, "example")


def test_the_lines_of_the_repository_cover_every_kind() -> None:
    hazards = load_hazards()
    kinds = {hazard.kind for hazard in hazards} - {None}
    assert len(kinds) == 13
    assert min(sum(h.kind == kind for h in hazards) for kind in kinds) >= 15
    assert sum(h.kind is None for h in hazards) >= 500


def test_a_line_without_a_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "danger.txt").write_text("# head\nfire\t冒烟了\n着火了\n", encoding="utf-8")
    with pytest.raises(ExamplesError, match="line 3"):
        load_hazards(tmp_path)


def test_people_and_emergency_services_come_before_the_rules() -> None:
    examples = [report("路灯不亮", "UM-G02"), report("有股怪味", "EM-01"), report("楼着火了快来人", "EM-02")]
    hazards = [Hazard("楼着火了快来人啊", None), Hazard("黑窟窿", "manhole")]
    assert first_labels(examples, hazards, DANGER_OF) == [CALM, "gas", "fire", CALM, "manhole"]


@pytest.mark.parametrize(
    ("service", "label", "danger", "expected"),
    [
        ("UM-A09", "fire", 0.001, CALM),  # a letter about barbecue smoke that the rules took for a fire
        ("UM-A09", "fire", 0.2, "fire"),  # not clear enough to correct
        ("UM-G01", "manhole", 0.001, "manhole"),  # a dangerous service keeps the rules' word
        ("UM-G01", CALM, 0.6, "manhole"),
        ("UM-A09", CALM, 0.6, CALM),  # only dangerous services are raised
        ("EM-01", "gas", 0.001, "gas"),
    ],
)
def test_second_labels(service: str, label: str, danger: float, expected: str) -> None:
    left_out = np.array([[1 - danger, danger, 0, 0]])
    assert second_labels([report("…", service)], [label], CLASSES, left_out, DANGER_OF) == [expected]


def test_hand_marked_lines_are_never_corrected() -> None:
    left_out = np.array([[1.0, 0, 0, 0], [0.0, 1, 0, 0]])
    assert second_labels([], ["fire", CALM], CLASSES, left_out, DANGER_OF) == ["fire", CALM]


def test_without_a_calm_class_everything_is_danger() -> None:
    assert danger_share(("fire",), np.array([[1.0]])).tolist() == [1.0]
