"""The room about learning: what was learnt, how the candidate compares, putting it into use and taking it back."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import models
from bot.console.gate import Administrator, Reader
from bot.console.ground import Ground
from bot.console.learningpages import (
    HealthPage,
    JobView,
    LearningPage,
    ModelPage,
    asked_for,
    job_view,
    model_row,
    moment,
    trial_view,
)
from bot.console.pages import language_of, see_other
from bot.console.refusals import Refused
from bot.intake import audit, examples, jobs
from bot.intake.accounttables import Account
from bot.intake.exchange import FORMATS
from bot.intake.labels import labels_of
from bot.intake.learningtables import Example
from bot.intake.people import Person
from bot.intake.tables import InboxItem
from bot.intake.words import localised
from bot.settings import SettingError
from language.pii import mask

ROOM = "learning"
HOME = "/console/learning"
HEALTH = "health.json"  # written by the training program below <data>/learning
LARGEST_FILE = 20 << 20  # bytes of an import
MOST_JOBS = 12
MOST_PROBLEMS = 8


def build_router(ground: Ground) -> APIRouter:
    room = LearningRoom(ground)
    router = APIRouter(prefix="/learning", include_in_schema=False)
    add = router.add_api_route
    add("", room.show, methods=["GET"], response_model=None)
    add("/job", room.show_job, methods=["GET"], response_model=None)
    add("/health", room.show_health, methods=["GET"], response_model=None)
    add("/models/{name}", room.show_model, methods=["GET"], response_model=None)
    add("/train", room.train, methods=["POST"], response_model=None)
    add("/check", room.check, methods=["POST"], response_model=None)
    add("/rollback", room.roll_back, methods=["POST"], response_model=None)
    add("/models/{name}/promote", room.promote, methods=["POST"], response_model=None)
    add("/export", room.export, methods=["GET"], response_model=None)
    add("/import", room.import_file, methods=["POST"], response_model=None)
    return router


class LearningRoom:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def show(self, request: Request, person: Reader) -> Response:
        page = await self._overview(person)
        return self._ground.pages.whole(request, "learning.html", page, room=ROOM)

    async def show_job(self, request: Request, person: Reader) -> Response:
        """The fragment that shows how far the work is."""
        job = await self._ground.database.read(_open_job)
        return self._ground.pages.part(request, "_learning_job.html", job)

    async def show_model(self, request: Request, name: str, person: Reader) -> Response:
        page = await self._model(request, name, person)
        return self._ground.pages.whole(request, "learning_model.html", page, room=ROOM)

    async def show_health(self, request: Request, person: Reader) -> Response:
        page = await self._health(request, person)
        return self._ground.pages.whole(request, "learning_health.html", page, room=ROOM)

    async def train(self, person: Administrator) -> Response:
        await self._ask("train", {}, person)
        return see_other(HOME, said="learning_said_train")

    async def check(self, person: Administrator) -> Response:
        await self._ask("check", {}, person)
        return see_other(f"{HOME}/health", said="learning_said_check")

    async def roll_back(self, person: Administrator) -> Response:
        await self._ask("rollback", {}, person)
        return see_other(HOME, said="learning_said_rollback")

    async def promote(self, name: str, person: Administrator, reason: Annotated[str, Form()] = "") -> Response:
        """Whether it may be is decided when it is done; what would be refused anyway is told at once."""
        reason = reason.strip()[:500]
        in_use = await anyio.to_thread.run_sync(_in_use)
        code = models.why_not(await anyio.to_thread.run_sync(models.trial_of, name), in_use, reason)
        if code is not None:
            raise Refused(409, f"learning_trouble_{code}")
        await self._ask("promote", {"model": name, "reason": reason}, person)
        return see_other(HOME, said="learning_said_promote")

    async def export(self, person: Administrator, format: str = "jsonl") -> Response:
        """What people decided, masked, for another tool."""
        kind = FORMATS.get(format)
        if kind is None:
            raise Refused(400, "learning_format_unknown")
        rows = await self._ground.database.run(_export, person, self._ground.clock())
        content = kind.write(examples.exported(rows)).encode("utf-8")
        headers = {"Content-Disposition": f'attachment; filename="examples-{format}{kind.suffix}"'}
        return Response(content, media_type=kind.media_type, headers=headers)

    async def import_file(
        self,
        request: Request,
        person: Administrator,
        file: Annotated[UploadFile, File()],
        format: Annotated[str, Form()],
    ) -> Response:
        """Nothing is kept where a line is bad; the page names the lines."""
        kind = FORMATS.get(format)
        content = await file.read(LARGEST_FILE + 1)
        if kind is None:
            raise Refused(400, "learning_format_unknown")
        if len(content) > LARGEST_FILE:
            raise Refused(413, "learning_file_large")
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(400, "learning_file_encoding") from error
        labels = labels_of(self._ground.desk.city.catalogue)
        rows, problems = await anyio.to_thread.run_sync(kind.read, text, labels)
        if problems:
            lines = ", ".join(str(problem.line) for problem in problems[:MOST_PROBLEMS])
            raise Refused(400, "learning_file_lines", count=len(problems), lines=lines)
        name = (file.filename or format)[:64]
        await self._ground.database.run(examples.import_rows, rows, name, person, self._ground.clock())
        return see_other(HOME, said="learning_said_import")

    async def _ask(self, kind: jobs.Kind, data: dict[str, Any], person: Person) -> None:
        await self._ground.database.run(jobs.ask, kind, data, person, self._ground.clock())

    async def _overview(self, person: Person) -> LearningPage:
        settings = self._ground.settings
        job, done, last, new = await self._ground.database.read(_overview)
        rows, before = await anyio.to_thread.run_sync(_models)
        return LearningPage(
            job=job,
            jobs=done,
            models=rows,
            current=next((row for row in rows if row.model.current), None),
            before=before,
            new_decisions=new,
            last_trained=last,
            hour=settings.train_hour,
            least=settings.train_least,
            may_act=person.may("administrator"),
            pinned=bool(settings.model),
        )

    async def _model(self, request: Request, name: str, person: Person) -> ModelPage:
        try:
            model = next(m for m in await anyio.to_thread.run_sync(models.list_models) if m.name == name)
        except StopIteration as error:
            raise Refused(404, "error_not_found") from error
        trial = await anyio.to_thread.run_sync(models.trial_of, name)
        names = self._names(request)
        texts = await self._ground.database.read(_texts, *asked_for(trial)) if trial else {}
        in_use = await anyio.to_thread.run_sync(_in_use)
        card = await anyio.to_thread.run_sync(models.card_of, name)
        return ModelPage(
            row=await anyio.to_thread.run_sync(model_row, model),
            card=card or {},
            trial=trial_view(trial, names, texts, in_use) if trial else None,
            names=names,
            may_act=person.may("administrator") and not model.current and model.there,
            pinned=bool(self._ground.settings.model),
            job=await self._ground.database.read(_open_job),
        )

    async def _health(self, request: Request, person: Person) -> HealthPage:
        path = self._ground.settings.data / "learning" / HEALTH
        found = await anyio.to_thread.run_sync(_document, path)
        accounts, disputed, job = await self._ground.database.read(_about_health)
        suspicious: Mapping[str, float] = found.get("suspicious_accounts") or {}
        return HealthPage(
            at=moment(found.get("at")),
            examples=found.get("examples", 0),
            decisions=found.get("decisions", 0),
            errors=(found.get("label_errors") or {}).get("count", 0),
            items=(found.get("label_errors") or {}).get("items", ()),
            contradictions=found.get("contradictions", ()),
            thin=found.get("thin", ()),
            outgrown=found.get("outgrown", ()),
            suspicious=[(accounts.get(account, account), share) for account, share in suspicious.items()],
            held_back=len(found.get("held_back", ())),
            disputed=disputed,
            names=self._names(request),
            may_act=person.may("administrator"),
            job=job,
        )

    def _names(self, request: Request) -> dict[str, str]:
        """Services by code and acts by intent, in the page's language."""
        language = language_of(request)
        services = self._ground.desk.city.catalogue.services.values()
        table = self._ground.pages.words.tables[language]
        acts = {key.removeprefix("intent_"): text for key, text in table.items() if key.startswith("intent_")}
        return {**acts, **{service.code: str(localised(service.short, language)) for service in services}}


def _overview(session: Session) -> tuple[JobView | None, list[JobView], Any, int]:
    names = _account_names(session)
    done = jobs.latest(session, ("train", "check", "promote", "rollback"), MOST_JOBS)
    last = jobs.last_trained(session)
    views = [job_view(job, names) for job in done if job.state not in jobs.OPEN]
    return _open_job(session), views, last, examples.count_since(session, last)


def _open_job(session: Session) -> JobView | None:
    job = jobs.open_job(session)
    return job_view(job, _account_names(session)) if job else None


def _about_health(session: Session) -> tuple[dict[str, str], int, JobView | None]:
    disputed = len(examples.choose(examples.standing(session)).held_back)
    return _account_names(session), disputed, _open_job(session)


def _export(session: Session, person: Person, now: Any) -> list[Example]:
    kept = list(examples.choose(examples.standing(session)).kept)
    audit.append(session, person, "examples.export", "examples:decisions", {"count": len(kept)}, now)
    return kept


def _texts(session: Session, decisions: list[str], items: list[int]) -> dict[str, str]:
    """Texts of decisions (masked when they were stored) and of messages (masked here)."""
    found = {e.id: e.text for e in session.scalars(select(Example).where(Example.id.in_(decisions)))}
    for item in session.scalars(select(InboxItem).where(InboxItem.id.in_(items))):
        found[str(item.id)] = mask(item.payload.get("text") or "")
    return found


def _account_names(session: Session) -> dict[str, str]:
    return {row.id: row.name for row in session.execute(select(Account.id, Account.name))}


def _models() -> tuple[list[Any], str | None]:
    try:
        return [model_row(model) for model in models.list_models()], models.previous_model()
    except SettingError as error:
        raise Refused(500, "learning_registry_broken") from error


def _in_use() -> str | None:
    return next((model.sha256 for model in models.list_models() if model.current), None)


def _document(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
