"""What stops a candidate, and what does not. Each row is a story an administrator could be told."""

from __future__ import annotations

import random

import pytest

from nlu.promotion import (
    Answer,
    Figures,
    Share,
    by_label,
    calibration_error,
    confusion_changes,
    flips,
    sign_test,
    two_shares,
    verdict,
)


def answers(label: str, pattern: str, confidence: float | None = None) -> list[Answer]:
    """'+' is a right answer, '-' a wrong one."""
    return [
        Answer(f"{label}-{i}", label, label if mark == "+" else "UM-X", mark == "+", confidence)
        for i, mark in enumerate(pattern)
    ]


GOOD = answers("UM-G02", "++++") + answers("UM-A01", "+++-")


@pytest.mark.parametrize(
    ("old", "new", "accepted", "warned"),
    [
        ("++++", "++++", True, False),
        ("++++", "+++-", True, True),  # one message of four is noise, but said
        ("++++", "++--", False, False),  # two of four, none won
        ("++++-", "++--+", True, True),  # two lost, one won: net one
        ("--++", "++--", True, False),  # two lost, two won
        ("+" * 100, "+" * 98 + "--", True, False),  # exactly two points
        ("+" * 100, "+" * 97 + "---", True, True),  # three of a hundred: a coin could do it (1/8)
        ("+" * 100, "+" * 95 + "-----", False, False),  # five of a hundred: 1/32
        ("+" * 95 + "-" * 5, "-" * 5 + "+" * 95, True, False),  # five lost, five won
        ("----", "++++", True, False),
    ],
)
def test_a_service_may_not_lose(old: str, new: str, accepted: bool, warned: bool) -> None:
    for kind in ("golden", "decisions"):
        figures = [Figures(**{"golden": GOOD, kind: answers("TR-01", pattern)}) for pattern in (old, new)]
        said = verdict(*figures)
        assert said.accepted is accepted, kind
        assert any(not f.refuses for f in said.findings) is warned, kind


@pytest.mark.parametrize(
    ("old", "new", "accepted"),
    [
        (Share(120, 140), Share(120, 140), True),
        (Share(120, 140), Share(116, 140), True),
        (Share(120, 140), Share(100, 140), False),
        (Share(9, 10), Share(6, 10), True),  # ten examples prove little
        (Share(0, 0), Share(0, 10), True),
    ],
)
def test_cross_validation_is_compared_by_shares(old: Share, new: Share, accepted: bool) -> None:
    figures = [Figures(golden=GOOD, cross_validation={"UM-G02": share, "UM-NEW": share}) for share in (old, new)]
    assert verdict(*figures).accepted is accepted


@pytest.mark.parametrize(
    ("old", "new", "accepted"),
    [("++-", "++-", True), ("++-", "+++", True), ("+++", "++-", False), ("+-+", "-++", True)],
)
def test_danger_recall_may_not_fall_at_all(old: str, new: str, accepted: bool) -> None:
    figures = [
        Figures(golden=GOOD, danger=[(str(i), mark == "+") for i, mark in enumerate(pattern)]) for pattern in (old, new)
    ]
    said = verdict(*figures)
    assert said.accepted is accepted
    assert [f.kind for f in said.findings] == ([] if accepted else ["danger"])


def test_more_false_alarms_warn() -> None:
    said = verdict(Figures(golden=GOOD, alarms=1), Figures(golden=GOOD, alarms=2))
    assert said.accepted and [f.kind for f in said.findings] == ["alarms"]


def test_calibration_may_not_get_worse() -> None:
    honest = answers("UM-A01", "++++-" * 40, 0.8)
    boastful = answers("UM-A01", "++++-" * 40, 0.99)
    assert calibration_error(honest) == pytest.approx(0) and calibration_error(boastful) == pytest.approx(0.19)
    assert verdict(Figures(golden=boastful), Figures(golden=honest)).accepted
    refused = verdict(Figures(golden=honest), Figures(golden=boastful))
    assert not refused.accepted and [f.kind for f in refused.findings] == ["calibration"]


def test_the_noise_of_equal_models_is_not_refused_often() -> None:
    """Two models that are each right on 85 of 100, alike on most: a hundred pairs."""
    draw, refused = random.Random(5), 0
    for _ in range(100):
        old, new = [], []
        for service in range(60):
            for i in range(4):
                base = draw.random() < 0.85
                pair = [base if draw.random() < 0.98 else draw.random() < 0.85 for _ in range(2)]
                for side, right in zip((old, new), pair, strict=True):
                    side.append(Answer(f"{service}-{i}", f"UM-{service}", "UM-X", right, 0.85))
        refused += not verdict(Figures(golden=old), Figures(golden=new)).accepted
    assert refused <= 5


def test_refusals_come_first_and_go_into_json() -> None:
    old = Figures(golden=answers("TR-01", "++++") + answers("UM-A01", "++++"))
    new = Figures(golden=answers("TR-01", "+++-") + answers("UM-A01", "----"))
    said = verdict(old, new).as_json()
    assert [f["label"] for f in said["findings"]] == ["UM-A01", "TR-01"] and said["accepted"] is False


def test_different_messages_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="same messages"):
        verdict(Figures(golden=GOOD), Figures(golden=GOOD[1:]))
    with pytest.raises(ValueError, match="danger"):
        verdict(Figures(golden=GOOD, danger=[("a", True)]), Figures(golden=GOOD))


def test_what_changed_is_told() -> None:
    old, new = answers("UM-A01", "++-"), answers("UM-A01", "-++")
    assert by_label(old, new) == {"UM-A01": (2, 2, 1, 1, 3)}
    assert [(a.id, a.right) for a, _ in flips(old, new)] == [("UM-A01-0", True), ("UM-A01-2", False)]
    assert confusion_changes(old, new) == []
    assert confusion_changes(answers("UM-A01", "++"), answers("UM-A01", "+-")) == [("UM-A01", "UM-X", 0, 1)]


def test_known_values() -> None:
    assert sign_test(2, 0) == 0.25 and sign_test(5, 0) == pytest.approx(1 / 32) and sign_test(0, 0) == 1
    assert two_shares(Share(90, 100), Share(90, 100)) == pytest.approx(0.5)
    assert two_shares(Share(90, 100), Share(80, 100)) == pytest.approx(0.0239, abs=1e-3)
    assert two_shares(Share(10, 10), Share(10, 10)) == 1
