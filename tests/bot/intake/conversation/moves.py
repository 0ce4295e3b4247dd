"""Random residents: what they may send, and a player that keeps what they saw. For the property tests."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from bot.intake.conversation import Draft, Heard, Outcome, World, step
from bot.intake.conversation.dangers import KINDS
from bot.intake.conversation.heard import Answer, ChangeTicket, Erase, FileTickets, TicketView
from bot.intake.phrases import Both
from bot.intake.understanding import Mention, Request, Understanding
from tests.bot.intake.conversation.world import NOW, city, world

CODES = sorted(code for code in city().catalogue.services if code.startswith(("UM-", "TR-", "EM-")))
SOME_CODES = ["UM-G02", "UM-A01", "UM-B02", "TR-01", "EM-02", "UM-G01", *CODES[::9]]
PLACE_CODES = sorted(city().place_names)[::40]
ACTS = {
    "request": ("report",),
    "status": ("status",),
    "answerable": ("ask",),
    "smalltalk": ("greet", "thanks"),
    "handoff": ("handoff",),
    "amend": ("withdraw", "correct", "supplement"),
    "praise": ("praise",),
    "suggestion": ("suggest",),
    "complaint": ("complain",),
    "out_of_scope": ("out_of_scope", "nlu_fallback"),
    "answer": ("affirm", "deny", "choose", "inform"),
}
PLACE_KINDS = ("township", "village", "community", "road", "crossing", "poi", "compound", "relative", "outside")
PIECES = (
    "对", "中", "好的", "确认提交", "yes", "不是", "不对", "算了不报了", "cancel", "都不是", "第二个", "第三个", "最后一个",
    "人民路", "张庄村", "俺门口", "青华路口东边", "路灯坏了", "下水道堵了", "垃圾没人收", "不是东门，是西门", "不是路灯，是红绿灯",
    "我电话13800000001", "不留电话", "匿名", "昨晚", "三天了", "不知道", "谢谢", "在吗", "转人工", "没解决", "满意", "不满意",
    "川汇区七一路", "算我一个", "另外还有", "，", "。", " ", "😀", "the streetlight is broken", "no phone", "XH-20260504-0001",
)  # fmt: skip
FORGED = (
    "confirm", "confirm:", "confirm:-1", "confirm:99", "confirm:0", "service:", "service:UM-G02", "service:XX-1", "service:none",
    "place:", "place:none", "place:411622001", "join:", "join:yes", "join:no", "drop:", "drop:1:0", "drop:1:²", "drop:2:٣",
    "drop:1:-1", "drop:1:" + "9" * 5000, "rate:", "rate:XH-1:satisfied", "rate::", "reopen", "no_reopen", "pin", "person", "status",
    "cancel", "", ":", "::::", "/", "/start", "/delete yes", "/language xx", "/language en", "/确认", "x" * 3000,
)  # fmt: skip
COMMANDS = (
    "start",
    "help",
    "status",
    "cancel",
    "language",
    "language zh",
    "privacy",
    "delete",
    "delete yes",
    "person",
    "",
    "?",
)


@dataclass(frozen=True)
class Press:
    """The nth button of those last shown."""

    nth: int


@dataclass(frozen=True)
class PressOld:
    """The nth of all payloads ever shown: mostly stale."""

    nth: int


Move = Heard | Press | PressOld

shares = st.floats(0.0, 1.0, allow_nan=False)
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join),
    st.text(max_size=30),
)


@st.composite
def rankings(draw: Any) -> tuple[tuple[str, float], ...]:
    codes = draw(st.lists(st.sampled_from(SOME_CODES), max_size=4, unique=True))
    left, ranked = 1.0, []
    for code in codes:
        share = round(left * draw(shares), 4)
        ranked.append((code, share))
        left -= share
    return tuple(sorted(ranked, key=lambda pair: -pair[1]))


@st.composite
def parts(draw: Any, text: str) -> tuple[int, int]:
    start = draw(st.integers(0, max(0, len(text) - 1)))
    return start, draw(st.integers(min(len(text), start + 1), len(text)))


@st.composite
def mentions(draw: Any, text: str) -> Mention:
    start, end = draw(parts(text))
    kind = draw(st.sampled_from(PLACE_KINDS))
    candidates = tuple(draw(st.lists(st.sampled_from([*PLACE_CODES, "000"]), max_size=4, unique=True)))
    code = draw(st.sampled_from([None, None, *PLACE_CODES[:2], "000"])) if not candidates else None
    return Mention(text[start:end], start, end, kind, code, candidates, kind != "outside")


@st.composite
def requests(draw: Any, text: str) -> Request:
    start, end = draw(parts(text))
    ranking = draw(rankings()) or (("UM-G02", 0.9),)
    return Request(ranking[0][0], ranking[0][1], ranking, text[start:end], start, end)


@st.composite
def meanings(draw: Any, text: str) -> Understanding:
    act = draw(st.sampled_from(["request"] * 4 + ["answer"] * 3 + ["amend"] * 2 + list(ACTS)))
    found = draw(st.lists(requests(text), max_size=3)) if act in ("request", "amend", "answer") else []
    return Understanding(
        act=act,
        intent=draw(st.sampled_from(ACTS[act])),
        language=draw(st.sampled_from(["zh", "en"])),
        requests=tuple(sorted(found, key=lambda request: request.start)),
        places=tuple(draw(st.lists(mentions(text), max_size=3))),
        danger=None,
        ranking=draw(rankings()),
    )


@st.composite
def spoken(draw: Any) -> Heard:
    text = draw(texts)
    return Heard(
        text=text,
        understood=draw(meanings(text)),
        uploads=tuple(draw(st.sampled_from([(), (), ("u1",), ("u1", "u2")]))),
        pin=draw(st.sampled_from([None, None, None, (33.79, 114.52), (0.0, 0.0)])),
        edited=draw(st.sampled_from([None, None, "路灯坏了"])),
        danger=draw(st.sampled_from([None] * 6 + sorted(KINDS))),
        already_warned=draw(st.sampled_from([False, False, True])),
    )


lone = st.sampled_from(
    [
        Heard(pin=(33.79, 114.52)),
        Heard(pin=(0.0, 0.0)),
        Heard(pin=(39.9, 116.4)),
        Heard(uploads=("u3",)),
        Heard(uploads=("u4",), pin=(33.8, 114.5)),
        Heard(other="voice"),
        Heard(other="sticker"),
        Heard(other="document"),
        Heard(),
        Heard(text="   "),
    ]
)
odd = st.one_of(
    st.integers(0, 30).map(PressOld),
    st.sampled_from(FORGED).map(lambda payload: Heard(button=payload)),
    st.text(max_size=20).map(lambda payload: Heard(button=payload)),
    st.sampled_from(COMMANDS).map(lambda command: Heard(command=command)),
    lone,
)
# Mostly words and buttons that are there: else no sequence would come far.
moves = st.one_of(
    spoken(), spoken(), spoken(), spoken(), st.integers(0, 5).map(Press), st.integers(0, 5).map(Press), odd
)


def a_ticket(number: str, code: str = "UM-G02", status: str = "submitted", days: float = 0) -> TicketView:
    closed = NOW - timedelta(days=days) if status in ("closed", "rejected") else None
    then = NOW - timedelta(days=days + 1)
    return TicketView(number, number, code, status, "路灯坏了", "人民路", then, closed)


@dataclass(frozen=True)
class Start:
    """The world of one sequence, small enough to be read in a failure."""

    own: list[TicketView]
    nearby: list[TicketView]
    answers: bool
    open: bool

    def world(self) -> World:
        answer = Answer(Both({"zh": "要牵。", "en": "Yes."}), None) if self.answers else None
        return world(tickets=tuple(self.own), nearby=tuple(self.nearby), answer=answer, office_open=self.open)


own_tickets = st.builds(
    a_ticket,
    st.sampled_from(["XH-20260504-0001", "XH-20260504-0002", "XH-20260504-0003"]),
    st.sampled_from(SOME_CODES[:4]),
    st.sampled_from(["submitted", "accepted", "in_progress", "closed", "rejected", "withdrawn"]),
    st.sampled_from([0, 5, 40]),
)
starts = st.builds(
    Start,
    st.lists(own_tickets, max_size=3, unique_by=lambda ticket: ticket.number),
    st.lists(st.builds(a_ticket, st.just("XH-20260504-0009"), st.sampled_from(SOME_CODES[:3])), max_size=1),
    st.booleans(),
    st.booleans(),
)


@dataclass(frozen=True)
class Played:
    """One step: before, what was heard, after."""

    draft: Draft
    heard: Heard
    world: World
    outcome: Outcome
    card: dict[str, Any] | None  # the one shown last before this step


@dataclass
class Player:
    """Plays moves against `step` as the service would, keeping the draft, the buttons seen and the tickets filed."""

    world: World
    draft: Draft = field(default_factory=Draft)
    shown: list[str] = field(default_factory=list)
    ever: list[str] = field(default_factory=list)
    filed: int = 0
    card: dict[str, Any] | None = None

    def play(self, move: Move) -> Played:
        heard, before = self._heard(move), self.draft
        played = Played(before, heard, self.world, step(before, heard, self.world), self.card)
        self.draft = played.outcome.draft
        payloads = [button.payload for say in played.outcome.says for button in say.buttons]
        if payloads:
            self.shown = payloads
            self.ever += payloads
        self.card = next((say.card for say in reversed(played.outcome.says) if say.card), self.card)
        self._carry_out(played.outcome)
        return played

    def _heard(self, move: Move) -> Heard:
        if isinstance(move, Heard):
            return move
        known = self.shown if isinstance(move, Press) else self.ever
        return Heard(button=known[move.nth % len(known)] if known else "confirm:0")

    def _carry_out(self, outcome: Outcome) -> None:
        for effect in outcome.effects:
            if isinstance(effect, FileTickets):
                for line in effect.lines:
                    self.filed += 1
                    number = f"XH-20261124-{self.filed:04d}"
                    new = replace(a_ticket(number, line.service_code or ""), created_at=NOW)
                    self.world = replace(self.world, tickets=(new, *self.world.tickets))
                    self.draft = replace(self.draft, recent=(number, *self.draft.recent)[:10])
            elif isinstance(effect, ChangeTicket) and effect.type == "ticket.withdrawn":
                own = tuple(
                    replace(t, status="withdrawn") if t.id == effect.ticket_id else t for t in self.world.tickets
                )
                self.world = replace(self.world, tickets=own)
            elif isinstance(effect, Erase):
                self.draft = replace(self.draft, recent=())
