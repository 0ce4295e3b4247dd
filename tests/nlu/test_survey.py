"""The data's health: flipped labels and the account behind them are found, honest accounts are left in peace."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from nlu.decisions import SOURCE, Decision, merge
from nlu.encoder import NoEncoder
from nlu.examples import Example, load_examples
from nlu.model import Settings
from nlu.survey import contradictions, judged, label_errors, outgrown, report, survey, suspicious_accounts, thin
from tests.nlu.tiny import CITY

KNOWN, ACCOUNTS, EACH = 24, 6, 120  # examples of each class, people, decisions of each of them
SETTINGS = Settings(encoder="none")


def world(flipped: float, seed: int = 3) -> tuple[list[Example], list[Decision]]:
    """Examples and decisions by people; the one called `bad` gives `flipped` of his texts another service."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in load_examples(CITY):
        groups[example.service or example.intent].append(example)
    known = [e for group in groups.values() for e in group[:KNOWN]]
    draw = random.Random(seed)
    others = [e for group in groups.values() for e in group[KNOWN:] if e.service]
    services = sorted({e.service for e in others if e.service})
    draw.shuffle(others)
    decisions = []
    for i, e in enumerate(others[: ACCOUNTS * EACH]):
        by = "bad" if i % ACCOUNTS == 0 else f"honest{i % ACCOUNTS}"
        service = e.service
        if by == "bad" and draw.random() < flipped:
            service = draw.choice([s for s in services if s != e.service])
        decisions.append(Decision(str(i), e.text, "report", service, by, "2026-11-25T00:00:00+00:00"))
    return known, decisions


@pytest.mark.parametrize(("flipped", "found"), [(0.0, set()), (0.5, {"bad"}), (1.0, {"bad"})])
def test_one_account_that_flips_labels_is_found_and_nobody_else(flipped: float, found: set[str]) -> None:
    """At 1.0 the account has turned 5 % of all labels (120 of some 2,500), at 0.5 half as many among honest ones."""
    known, decisions = world(flipped)
    of = survey(merge(known, decisions), NoEncoder(), SETTINGS)
    assert set(suspicious_accounts(*judged(of, decisions, label_errors(of)))) == found


def test_the_report_holds_back_what_a_suspicious_account_decided() -> None:
    known, decisions = world(1.0)
    encoder = NoEncoder()
    of = survey(merge(known, decisions), encoder, SETTINGS)
    said = report(of, decisions, [(d.text, d.service or "") for d in decisions], encoder)
    assert set(said["held_back"]) == {d.id for d in decisions if d.by == "bad"}
    assert said["label_errors"]["count"] >= len(said["label_errors"]["items"]) > 0
    assert said["decisions"] == len(decisions) and said["examples"] == len(of.examples)


@pytest.mark.parametrize(
    ("contradicted", "usual", "found"),
    [
        ({"a": (2, 100), "b": (3, 100)}, 0.05, set()),
        ({"a": (60, 100), "b": (3, 100)}, 0.05, {"a"}),
        ({"a": (60, 100), "b": (70, 100), "c": (2, 100), "d": (2, 100)}, 0.05, {"a", "b"}),  # two of them
        ({"a": (40, 100), "b": (42, 100), "c": (38, 100)}, 0.05, set()),  # hard cases: everybody is contradicted
        ({"a": (4, 4)}, 0.05, set()),  # too few to blame anybody
        ({"a": (50, 100)}, 0.05, {"a"}),  # alone: compared with the examples
        ({}, 0.05, set()),
    ],
)
def test_who_is_suspicious(contradicted: dict[str, tuple[int, int]], usual: float, found: set[str]) -> None:
    decisions, wrong = [], []
    for account, (bad, of) in contradicted.items():
        decisions += [Decision(f"{account}{i}", "t", "report", "UM-A01", account, "") for i in range(of)]
        wrong += [i < bad for i in range(of)]
    assert set(suspicious_accounts(decisions, wrong, usual)) == found


def test_equal_words_with_different_labels_and_thin_services_are_listed() -> None:
    known, _ = world(0.0)
    twin = Example("人民路口的路灯三天没亮了啊", "report", "UM-G02", "example")
    other = Example("人民路口的路灯三天没亮了呀", "report", "TR-03", "example")
    of = survey([*known, twin, other], NoEncoder(), SETTINGS)
    pairs = contradictions(of)
    assert {len(known), len(known) + 1} in [{a, b} for a, b, _ in pairs]
    assert all(of.labels[a] != of.labels[b] for a, b, _ in pairs)
    assert {row["service"] for row in thin(of)} == {e.service for e in known if e.service}  # all have fewer than 100


def test_words_that_the_examples_do_not_know_show_that_a_service_is_outgrown() -> None:
    known, decisions = world(0.0)
    of = survey(merge(known, decisions), NoEncoder(), SETTINGS)
    strange = [f"充电宝租借柜{i}号吞押金不退还扫码没反应" for i in range(20)]
    lamps = [d.text for d in decisions if d.service == "UM-G02"]
    rows = outgrown(of, [*((t, "UM-A01") for t in strange), *((t, "UM-G02") for t in lamps)], NoEncoder())
    assert [row["service"] for row in rows] == ["UM-A01"] and rows[0]["now"] < rows[0]["usual"]
    assert all(e.source == SOURCE for e in of.examples[-3:])
