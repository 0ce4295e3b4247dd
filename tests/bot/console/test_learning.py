"""The room about learning: who may do what, what is shown, and that every button leaves a job behind."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import models
from bot.console.words import Words
from bot.intake import audit, examples, jobs
from bot.intake.exchange import FORMATS
from tests.bot.console.staff import Staff, staff_in
from tests.bot.intake.home import Home
from tests.bot.learning.registry import outcome, registered, trialled

pytest_plugins = ["tests.bot.console.fixtures"]
ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = registered(tmp_path / "models", "a", "b", current="a")
    monkeypatch.setattr(models, "FOLDER", folder)
    return folder


@pytest.fixture
def learners(home: Home, tmp_path: Path, folder: Path) -> Staff:
    return staff_in(home, data=str(tmp_path / "data"))


def asked(staff: Staff) -> list[tuple[str, dict[str, Any]]]:
    with staff.home.database.reading() as session:
        found = jobs.latest(session, ("train", "check", "promote", "rollback"))
        return [(job.kind, job.data) for job in found]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("train", "train"), ("check", "check"), ("rollback", "rollback"), ("models/b/promote", "promote")],
)
async def test_only_an_administrator_starts_work(learners: Staff, folder: Path, path: str, kind: str) -> None:
    trialled(folder, "b", "a", accepted=True)
    for role in ("operator", "reviewer", "auditor"):
        async with learners.client(role) as client:  # type: ignore[arg-type]
            assert (await client.post(f"/console/learning/{path}")).status_code == 403
    assert asked(learners) == []
    async with learners.client("administrator") as client:
        answer = await client.post(f"/console/learning/{path}")
        again = await client.post(f"/console/learning/{path}")
    assert answer.status_code == again.status_code == 303
    assert [name for name, _ in asked(learners)] == [kind], "a second click is the same work"
    with learners.home.database.reading() as session:
        assert [line.action for line in audit.lines(session)][-1] == f"learning.{kind}"


async def test_a_refused_candidate_needs_a_reason(learners: Staff, folder: Path) -> None:
    path = "/console/learning/models/b/promote"
    async with learners.client("administrator") as client:
        assert "没有与在用模型对比" in (await client.post(path)).text
        trialled(folder, "b", "a", accepted=False)
        refused = await client.post(path, data={"reason": "  "})
        assert refused.status_code == 409 and "不建议" in refused.text
        trialled(folder, "b", "other", accepted=True)
        assert "已经换了" in (await client.post(path)).text
        assert asked(learners) == []
        assert (await client.post(path, data={"reason": "路灯更要紧"})).status_code == 303
    assert asked(learners) == [("promote", {"model": "b", "reason": "路灯更要紧"})]


async def test_everybody_sees_models_cards_and_trials(learners: Staff, folder: Path) -> None:
    resident = learners.home.resident()
    item = learners.home.receive(resident, "我叫王建国，电话13800001234，路灯歪了")
    with learners.home.database.transaction() as session:
        decision = examples.add_example(session, "<b>垃圾</b>没人拉", "UM-A01", NOW)
    trialled(folder, "b", "a", **outcome(decision.id, str(item)))
    for role in ("operator", "auditor", "administrator"):
        async with learners.client(role) as client:  # type: ignore[arg-type]
            home = (await client.get("/console/learning")).text
            page = (await client.get("/console/learning/models/b")).text
            assert "不建议启用" in home and "/console/learning/models/a" in home
            assert "路灯：标准题从 100% 降到 50%（4 条）" in page and "灯杆全黑着" in page
            assert "&lt;b&gt;垃圾&lt;/b&gt;没人拉" in page and "<b>垃圾" not in page
            assert "13800001234" not in page and "王建国" not in page and "路灯歪了" in page
            assert ("/promote" in page) is (role == "administrator")
            assert (await client.get("/console/learning/models/zz")).status_code == 404


async def test_progress_is_a_fragment_that_survives_a_reload(learners: Staff) -> None:
    async with learners.client("operator") as client:
        assert "progress" not in (await client.get("/console/learning/job")).text
        administrator = learners.person("administrator")
        with learners.home.database.transaction() as session:
            job = jobs.ask(session, "train", {}, administrator, learners.home.clock())
            jobs.start_next(session, learners.home.clock())
            jobs.beat(session, job.id, learners.home.clock(), "training", 35)
        for path in ("/console/learning/job", "/console/learning"):
            text = (await client.get(path)).text
            assert 'value="35"' in text and "训练模型" in text


async def test_health_of_the_data(learners: Staff, tmp_path: Path) -> None:
    async with learners.client("reviewer") as client:
        assert "还没有体检过" in (await client.get("/console/learning/health")).text
        document = {
            "at": "2026-11-25T02:01:00+00:00", "examples": 100, "decisions": 7,
            "label_errors": {"count": 1, "items": [{"text": "楼道灯不亮", "label": "UM-G02", "likely": "TR-03", "source": "operator"}]},
            "contradictions": [{"texts": ["灯坏了", "灯坏了啊"], "labels": ["UM-G02", "TR-03"]}],
            "thin": [{"service": "TR-01", "examples": 9, "recall": 0.4}],
            "outgrown": [{"service": "UM-B05", "messages": 22, "usual": 0.6, "now": 0.4}],
            "suspicious_accounts": {learners.person("operator", "赵六").id: 0.61}, "held_back": ["x"],
        }  # fmt: skip
        (tmp_path / "data" / "learning").mkdir(parents=True)
        (tmp_path / "data" / "learning" / "health.json").write_text(json.dumps(document), encoding="utf-8")
        text = (await client.get("/console/learning/health")).text
        for words in ("楼道灯不亮", "灯坏了啊", "TR-01", "UM-B05", "赵六", "被反驳 61%"):
            assert words in text


@pytest.mark.parametrize("kind", FORMATS)
async def test_examples_go_out_masked_and_come_in_once(learners: Staff, kind: str) -> None:
    with learners.home.database.transaction() as session:
        examples.add_example(session, "我叫王建国，路灯坏了", "UM-G02", NOW, account_id="x")
    async with learners.client("administrator") as client:
        out = await client.get("/console/learning/export", params={"format": kind})
        assert (
            out.status_code == 200 and "王建国" not in out.text and "attachment" in out.headers["content-disposition"]
        )
        answer = await client.post(
            "/console/learning/import", data={"format": kind}, files={"file": ("in", out.content)}
        )
        assert answer.status_code == 303
    with learners.home.database.reading() as session:
        assert len(examples.standing(session)) == 1
        said = [line.action for line in audit.lines(session)]
        assert said[-2:] == ["examples.export", "examples.import"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "words"),
    [
        (b'{"text": "a", "service": "UM-G02"}\n{"text": "b"}', "jsonl", 400, "第 2 行"),
        (b"\xff\xfe", "jsonl", 400, "UTF-8"),
        (b"", "xml", 400, "格式"),
    ],
)
async def test_a_file_that_cannot_come_in_says_why(
    learners: Staff, content: bytes, kind: str, status: int, words: str
) -> None:
    async with learners.client("administrator") as client:
        answer = await client.post("/console/learning/import", data={"format": kind}, files={"file": ("in", content)})
        assert answer.status_code == status and words in answer.text
        assert (await client.get("/console/learning/export", params={"format": "xml"})).status_code == 400
    with learners.home.database.reading() as session:
        assert examples.standing(session) == []


def test_every_act_and_intent_has_a_name() -> None:
    intents = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"]
    table = Words.load().tables["zh"]
    assert [name for name in intents if name not in ("report", "nlu_fallback") and f"intent_{name}" not in table] == []
