"""The pure readers of words: never raise, and take no longer for a long text than its length deserves."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake import corrections, hints
from bot.intake.addresses import compose, refine
from bot.intake.conversation.heard import TicketView
from bot.intake.draft import Line, Place
from bot.intake.duplicates import distance_m, likely_duplicate, similarity
from bot.intake.understanding import Mention

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PIECES = ("不是", "是", "，", " ", "错了", "应该", "not ", "but ", "i mean ", "it's ", "for ", "第", "一", "天", "1", "我", "电话", "13800000001", "村", "\n", "…", "a")  # fmt: skip
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=14).map("".join))


def ticket(text: str = "路灯坏了", address: str = "人民路", **values: object) -> TicketView:
    base: dict[str, object] = {
        "id": "t", "number": "XH-1", "service_code": "UM-G02", "status": "submitted",
        "text": text, "address": address, "created_at": NOW, "closed_at": None,
    }  # fmt: skip
    return TicketView(**(base | values))  # type: ignore[arg-type]


def mention(text: str, start: int, end: int, kind: str = "road") -> Mention:
    return Mention(text[start:end], start, end, kind, None, (), True)


def read_hints(text: str) -> None:
    hints.read_facts(text)
    for rule in (hints.says_yes, hints.says_no, hints.calls_it_off, hints.says_none_of_these, hints.says_unknown):
        rule(text)
    hints.ordinal(text, 3)


def read_places(text: str) -> None:
    end = len(text)
    compose(text, (mention(text, 0, min(2, end)), mention(text, max(0, end - 2), end)))


def compare(text: str) -> None:
    similarity(Line(text, "UM-G02", place=Place(text)), ticket(text[::-1], text), NOW)


READERS: list[Callable[[str], object]] = [
    read_hints,
    corrections.find_correction,
    lambda text: corrections.repairs_between(text, 0, len(text)),
    lambda text: corrections.swap(text, text[:3] or "灯", text[3:6]),
    read_places,
    compare,
]
NAMES = ["hints", "corrections", "repairs", "swap", "addresses", "duplicates"]


@pytest.mark.parametrize("reader", READERS, ids=NAMES)
def test_no_text_raises(reader: Callable[[str], object]) -> None:
    @settings(max_examples=150, deadline=None)
    @given(texts)
    def check(text: str) -> None:
        reader(text)

    check()


LONG = {
    "spaces": "not" + " " * 20_000,
    "spaces after i mean": "i mean" + " " * 20_000 + "x",
    "spaces after it is": "it is" + " " * 20_000,
    "only spaces": " " * 20_000,
    "commas": "不是a" + "，" * 20_000,
    "not not": "not " * 5_000,
    "不是": "不是" * 10_000,
    "应该": "应该是a" * 5_000,
    "错了": "错了" * 10_000,
    "one character": "灯" * 20_000,
    "digits": "1" * 20_000,
    "numbers with gaps": "138 " * 5_000,
    "letters": "a" * 20_000,
    "for": "for " * 5_000,
    "newlines": "\n" * 20_000,
    "dots": "…" * 20_000,
    "don't": "don't " * 3_333,
    "emoji": "😀" * 20_000,
    "names": "我叫张三" * 5_000,
    "days": "三天" * 10_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_twenty_thousand_characters_take_no_time_worth_naming(text: str) -> None:
    """CPU time, so that a busy machine does not matter; squares of the length would take minutes."""
    for name, reader in zip(NAMES, READERS, strict=True):
        started = time.process_time()
        reader(text[:20_000])
        assert time.process_time() - started < 20, name


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("对", True, False), ("中，报吧", True, False), ("嗯嗯", True, False), ("OK", True, False), ("👌", True, False),
        ("不对", False, True), ("不是", False, True), ("no", False, True), ("算了", False, False),
        ("好像不太对", False, False), ("是不是该报一下", False, False), ("", False, False), ("对面路灯坏了", False, False),
        ("好几天了", False, False), ("行道树倒了", False, False), ("中华路", False, False), ("是东门", False, False),
    ],
)  # fmt: skip
def test_yes_and_no_in_words(text: str, yes: bool, no: bool) -> None:
    assert (hints.says_yes(text), hints.says_no(text)) == (yes, no)


@pytest.mark.parametrize(
    ("text", "count", "index"),
    [
        ("第二个", 3, 1), ("第1个", 3, 0), ("选3", 3, 2), ("2", 3, 1), ("最后一个", 3, 2), ("the first one", 3, 0), ("头一个", 2, 0),
        ("上面那个", 2, 0), ("第五个", 3, None), ("最后一个", 0, None), ("1", 0, None), ("第二个路口往东走到头的那个小区里边的垃圾桶", 3, None), ("", 3, None), ("路灯", 3, None),
    ],
)  # fmt: skip
def test_ordinals(text: str, count: int, index: int | None) -> None:
    assert hints.ordinal(text, count) == index


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("不是东门，是西门", "东门", "西门"),
        ("不是路灯，是红绿灯坏了", "路灯", "红绿灯坏"),
        ("说错了，应该是建设路", None, "建设路"),
        ("改成长平路吧", None, "长平路"),
        ("not the east gate but the west gate", "east gate", "the west gate"),
        ("I mean Jianshe Road", None, "Jianshe Road"),
    ],
)
def test_corrections(text: str, wrong: str | None, right: str) -> None:
    found = corrections.find_correction(text)
    assert found is not None and (found.wrong, found.right) == (wrong, right)
    assert text[found.start :].startswith(right[:2])


@pytest.mark.parametrize("text", ["路灯坏了", "是不是该修了", "hello", "", "在人民路"])
def test_no_correction_where_there_is_none(text: str) -> None:
    assert corrections.find_correction(text) is None


def test_facts_beside_the_problem() -> None:
    facts = hints.read_facts("路灯坏了三天了，我电话13800000001，别让人知道是我说的")
    assert facts.phone == "13800000001" and facts.anonymous and facts.confidential
    assert facts.occurred is not None and "三天" in facts.occurred
    assert not hints.read_facts("路灯坏了").any
    assert hints.read_facts("没有电话").no_contact


@settings(max_examples=150, deadline=None)
@given(texts, st.data())
def test_an_address_is_made_of_the_residents_own_words(text: str, data: st.DataObject) -> None:
    spots = data.draw(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 8)), max_size=4))
    found = tuple(mention(text, a, a + n) for a, n in spots if a + n <= len(text))
    place = compose(text, found)
    assert all(char in text or char in "， " for char in place.text)
    assert refine(Place("旧", vague=False), Place()) == Place("旧", vague=False)


def test_a_pin_alone_keeps_the_words_known_before() -> None:
    old = Place("人民路", "411622001")
    assert refine(old, Place(lat=33.7, lon=114.5)) == Place("人民路", "411622001", lat=33.7, lon=114.5)


@settings(max_examples=150, deadline=None)
@given(texts, texts, texts, texts)
def test_likeness_lies_between_nothing_and_everything(a: str, b: str, c: str, d: str) -> None:
    assert 0.0 <= similarity(Line(a, "UM-G02", place=Place(b)), ticket(c, d), NOW) <= 1.0


@pytest.mark.parametrize(
    ("line", "other", "offered"),
    [
        (Line("路灯坏了", "UM-G02", place=Place("人民路")), ticket(), True),
        (Line("路灯坏了", "UM-G03", place=Place("人民路")), ticket(), False),
        (Line("路灯坏了", "UM-G02", place=Place("建设路")), ticket(), False),
        (Line("路灯坏了", "UM-G02"), ticket(), False),
        (Line("路灯坏了", "UM-G02", place=Place("人民路")), ticket(created_at=datetime(2026, 1, 1, tzinfo=UTC)), False),
        (Line("路灯坏了", "UM-G02", place=Place(lat=33.79, lon=114.52)), ticket(lat=33.79, lon=114.52), True),
        (Line("路灯坏了", "UM-G02", place=Place(lat=33.79, lon=114.52)), ticket(lat=33.80, lon=114.52), False),
        (Line("路灯坏了", "UM-G02", place=Place("张庄", "1")), ticket(address="张庄", place_code="2"), False),
    ],
)
def test_who_is_offered_to_join(line: Line, other: TicketView, offered: bool) -> None:
    assert (likely_duplicate(line, (line.service_code,), [other], NOW) is not None) is offered


def test_distance() -> None:
    assert distance_m(33.79, 114.52, 33.79, 114.52) == 0
    assert distance_m(33.0, 114.0, 34.0, 114.0) == pytest.approx(111_195, rel=0.001)
