"""Official names in a folded text: exact ones first, then those that only sound right."""

from __future__ import annotations

import re
from collections.abc import Iterator

from language.wordlist import words
from nlu.places.entries import Entry
from nlu.places.gazetteer import Gazetteer
from nlu.places.lexicon import TAIL
from nlu.places.link import kind_of
from nlu.places.names import Atom

# Names that are also everyday words: taken only with 村, 社区 and the like, or right after their township.
_EVERYDAY = words(
    "东门 南门 西门 北门 东街 西街 南街 北街 道北 道南 天理 阳光 朝阳 英才 长乐 顺河 新桥 东桥 竹园 江口 "
    "新庄 关口 闸口 城隍庙 龙王庙 关帝庙 铁炉 沙沟 前楼 后楼 后套 "
    "前集 高口 小李 大李 小王 前王 前高 后李 前李 后杨 后刘 后段 前段 大郭 大袁 大赵 前宋 小庞 大庞 "
    "三马 二台 丁口 石坡 唐坡 霍坡 白十 武乡 绿原 园林 文化 天鹰 华泰 滩上 腰庄 官庄 "
    "东蔡 西贾 固东 固西 焦东 焦西 潘北 潘南 陵西 陵前 杨场 流渠 白庙 上徐 张村 常村 东平 前侯 楼陈 南流 南凌 南陀 李陈 后朱 后邵 前邵 后寨 前梁 肖横 西湖 蔡刘 赤狼 营岗 李玖"
)
_DISTINCT_PREFIX = frozenset("大小东西南北老新")
_NOT_THE_PLACE = {
    "逍遥": ("法外", "自在", "丸"),
    "昆山": ("市",),
    "黄桥": ("烧饼",),
    "东湖": ("高新",),
}
_BODIES = ("局", "政府", "公司")
_WEAK_FORMS = ("村", "镇", "乡", "社区", "小区", "街道", "办", "委", "大队", "处", "区", "街上", "政府")


def official_atoms(text: str, gazetteer: Gazetteer) -> Iterator[Atom]:
    """Non-overlapping official names from left to right, the longest at each place."""
    index, previous = 0, None
    while index < len(text):
        outside = gazetteer.outside_at(text, index)
        hit = gazetteer.longest_at(text, index)
        if outside is not None and (hit is None or outside >= hit[0]):
            yield Atom(index, outside, "outside")
            index, previous = outside, None
            continue
        atom = _exact(text, index, hit, previous) if hit else None
        atom = atom or _homophone(text, index, gazetteer, previous)
        if atom is None:
            index += 1
            continue
        yield atom
        index, previous = atom.end, atom


def _exact(text: str, start: int, hit: tuple[int, tuple[Entry, ...]], previous: Atom | None) -> Atom | None:
    end, entries = hit
    name = text[start:end]
    explicit = name.endswith(_WEAK_FORMS) and len(name) > 2
    after_township = _follows_township(text, start, previous)
    if name in _EVERYDAY and not after_township:
        return None
    if text.startswith(_NOT_THE_PLACE.get(name, ()), end) and name in _NOT_THE_PLACE:
        return None
    if entries[0].kind == "poi" and name.endswith(_BODIES) and not _is_where(text, start, end):
        return None
    settlement = entries[0].kind in {"village", "community"}
    if settlement and not after_township and len(name) <= 3:
        before = text[start - 1 : start]
        if before in _DISTINCT_PREFIX and before:
            return None
        if text[end : end + 1] in {"镇", "乡"}:
            return None
    return Atom(start, end, kind_of(list(entries), explicit), entries, 1.0, explicit)


def _is_where(text: str, start: int, end: int) -> bool:
    """Whether a body (a bureau, a company) is named as a place, not as the one addressed."""
    return bool(TAIL.match(text, end)) or text[max(0, start - 1) : start] in {"在", "到", "从", "离", "去"}


def _follows_township(text: str, start: int, previous: Atom | None) -> bool:
    return (
        previous is not None
        and previous.kind == "township"
        and text[previous.end : start] in {"", "的", " ", "镇", "乡", "街道", "这边", "那边", "下面的"}
    )


def _homophone(text: str, start: int, gazetteer: Gazetteer, previous: Atom | None) -> Atom | None:
    """A name written with other characters of the same sound."""
    for length in range(min(6, len(text) - start), 1, -1):
        window = text[start : start + length]
        names = [name for name in gazetteer.homophones.names(window) if name != window]
        for name in names:
            if not _credible(window, name, text, start):
                continue
            entries = gazetteer.names[name]
            doubtful = name in _EVERYDAY or (length == 2 and all(entry.kind != "township" for entry in entries))
            if doubtful and not _follows_township(text, start, previous):
                continue
            explicit = name.endswith(_WEAK_FORMS) and length > 2
            return Atom(start, start + length, kind_of(list(entries), explicit), entries, 0.9, explicit)
    return None


_COMMON_WORDS = re.compile(r"爱岗敬业|清华|天口|父母")


def _credible(window: str, name: str, text: str, start: int) -> bool:
    """Whether a misspelling of this name is likelier than another word."""
    same = sum(left == right for left, right in zip(window, name, strict=True))
    if _COMMON_WORDS.match(text, start):
        return False
    if len(window) == 2:
        return same == 1
    return same >= len(window) - 2 and same >= 1
