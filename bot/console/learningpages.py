"""What the pages about learning show: frozen values, made of cards, trials, jobs and counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot import models
from bot.intake.learningtables import LearningJob
from bot.models import Model

POOR = 0.5  # recall below which a bar is drawn as a warning


@dataclass(frozen=True)
class JobView:
    """One piece of work. `who` is "" for the schedule."""

    id: str
    kind: str
    state: str
    stage: str
    percent: int
    who: str
    asked_at: datetime
    finished_at: datetime | None
    model: str
    trouble: str
    held_back: int
    accepted: bool | None


@dataclass(frozen=True)
class ModelRow:
    model: Model
    trained_at: datetime | None
    examples: int
    decisions: int
    top1: float | None


@dataclass(frozen=True)
class LearningPage:
    job: JobView | None
    jobs: Sequence[JobView]
    models: Sequence[ModelRow]
    current: ModelRow | None
    before: str | None  # what a rollback goes back to
    new_decisions: int
    last_trained: datetime | None
    hour: int  # of the schedule; -1: off
    least: int
    may_act: bool
    pinned: bool


@dataclass(frozen=True)
class Comparison:
    """One row of a table by service or act. Counts of messages."""

    label: str
    name: str
    old: int
    new: int
    of: int

    @property
    def change(self) -> int:
        return self.new - self.old


@dataclass(frozen=True)
class FindingView:
    kind: str
    refuses: bool
    set: str
    label: str
    name: str
    old: str
    new: str
    of: int


@dataclass(frozen=True)
class Flip:
    set: str
    text: str
    label: str
    old: str
    new: str
    won: bool


@dataclass(frozen=True)
class TrialView:
    accepted: bool
    outdated: bool  # another model is in use by now
    against: str | None
    note: bool
    findings: Sequence[FindingView]
    golden: Sequence[Comparison]
    decisions: Sequence[Comparison]
    cross_validation: Sequence[Comparison]
    totals: Mapping[str, Comparison]
    danger: Mapping[str, Any]
    calibration: Mapping[str, float]
    learnt: Mapping[str, int]
    confusions: Sequence[tuple[str, str, int, int]]
    flips: Sequence[Flip]
    shadow_of: int
    shadow: Sequence[Flip]


@dataclass(frozen=True)
class ModelPage:
    row: ModelRow
    card: Mapping[str, Any]
    trial: TrialView | None
    names: Mapping[str, str]
    may_act: bool
    pinned: bool
    job: JobView | None


@dataclass(frozen=True)
class HealthPage:
    at: datetime | None
    examples: int
    decisions: int
    errors: int
    items: Sequence[Mapping[str, Any]]
    contradictions: Sequence[Mapping[str, Any]]
    thin: Sequence[Mapping[str, Any]]
    outgrown: Sequence[Mapping[str, Any]]
    suspicious: Sequence[tuple[str, float]]  # name of the account, share
    held_back: int
    disputed: int
    names: Mapping[str, str]
    may_act: bool
    job: JobView | None = field(default=None)


def job_view(job: LearningJob, names: Mapping[str, str]) -> JobView:
    result = job.result or {}
    return JobView(
        id=job.id,
        kind=job.kind,
        state=job.state,
        stage=job.stage,
        percent=job.percent,
        who=names.get(job.account_id or "", job.account_id or ""),
        asked_at=job.asked_at,
        finished_at=job.finished_at,
        model=str(result.get("model") or job.data.get("model") or ""),
        trouble=str(result.get("trouble") or ""),
        held_back=int(result.get("held_back") or 0) + int(result.get("disputed") or 0),
        accepted=result.get("accepted"),
    )


def model_row(model: Model) -> ModelRow:
    card = models.card_of(model.name) or {}
    return ModelRow(
        model,
        moment(card.get("trained_at")),
        int(card.get("examples") or 0),
        int(card.get("decisions") or 0),
        (card.get("left_out") or {}).get("top1"),
    )


def trial_view(
    trial: Mapping[str, Any], names: Mapping[str, str], texts: Mapping[str, str], in_use: str | None
) -> TrialView:
    """`texts` of decisions and recent messages by id; `in_use` is the sha256 of the current model."""
    tables = {name: _table(trial[name], names) for name in ("golden", "decisions", "cross_validation")}
    against = trial.get("current") or {}
    return TrialView(
        accepted=bool(trial["verdict"]["accepted"]),
        outdated=against.get("sha256") != in_use,
        against=against.get("name"),
        note=bool(trial.get("note")),
        findings=[_finding(found, names) for found in trial["verdict"]["findings"]],
        golden=_changed(tables["golden"]),
        decisions=_changed(tables["decisions"]),
        cross_validation=_changed(tables["cross_validation"]),
        totals={name: _total(rows) for name, rows in tables.items()},
        danger=trial["danger"],
        calibration=trial["calibration"],
        learnt=trial["learnt"],
        confusions=[(a, b, int(m), int(n)) for a, b, m, n in trial["confusions"]],
        flips=[
            Flip(f["set"], f["text"] or texts.get(f["id"], ""), f["label"], f["old"], f["new"], f["won"])
            for f in trial["flips"]
        ],
        shadow_of=trial["shadow"]["of"],
        shadow=[
            Flip("shadow", texts.get(str(f["id"]), ""), "", f["old"], f["new"], False) for f in trial["shadow"]["items"]
        ],
    )


def asked_for(trial: Mapping[str, Any]) -> tuple[list[str], list[int]]:
    """Ids of decisions and of recent messages whose texts the page shows."""
    decisions = [f["id"] for f in trial["flips"] if f["set"] == "decisions"]
    return decisions, [int(f["id"]) for f in trial["shadow"]["items"]]


def moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _table(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[Comparison]:
    return [
        Comparison(row["label"], names.get(row["label"], row["label"]), row["old"], row["new"], row["of"])
        for row in rows
    ]


def _changed(rows: Sequence[Comparison]) -> list[Comparison]:
    """The largest losses first; what has not changed last."""
    return sorted(rows, key=lambda row: (row.change / max(1, row.of) if row.change < 0 else 0, -row.change, row.label))


def _total(rows: Sequence[Comparison]) -> Comparison:
    return Comparison("", "", sum(r.old for r in rows), sum(r.new for r in rows), sum(r.of for r in rows))


def _finding(found: Mapping[str, Any], names: Mapping[str, str]) -> FindingView:
    as_share = found["kind"] in ("service", "danger")
    old, new = ((f"{value:.0%}" if as_share else f"{value:.3g}") for value in (found["old"], found["new"]))
    label = found["label"]
    return FindingView(
        found["kind"], found["refuses"], found["set"], label, names.get(label, label), old, new, found["of"]
    )
