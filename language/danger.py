"""Is someone in danger now, and which number helps.

Rules find hazard words (`danger_rules`); cues around each of them (`danger_cues`) tell whether it is going on
now or denied, over, supposed, said of something harmless. One hazard that stands is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from language import danger_cues as cues
from language.danger_numbers import lines, numbers
from language.danger_rules import EVENT, KINDS, RULES, SMELL, SMOKE, STATE, Rule
from language.danger_words import respell
from language.fold import fold

_MAX_LENGTH = 6000
_INNER_NEGATION = re.compile(
    r"(?:没有?|并没有?|木有?|冇|未|不会|不再|不是|没再|不)(?:再|有|被|让|人|闻[到见]|见|什么|啥)?"
    r"(?:漏|着火|起火|塌|断(?!水|电)|掉(?!下)|倒(?!霉)|丢|偷|伤|触电|冒|破|裂|坏|敞|缺|(?:臭|怪|异)?味|泡|响|歪|流血|打人|撞|塌陷|冒烟|泄|移|翻)"
)
_INDOORS = re.compile(r"屋|厨房|家里|楼道|房间|卧室|客厅|进门|灶|kitchen|room|house|home|stair")
_OTHER_SMELL = re.compile(
    r"桶|垃圾|猪|粪|装修|油漆|甲醛|油烟|返味|反味|烟味|辣|漆味|胶味|霉味|狗|猫|鸡粪|尿|厕所|炸|烧烤|卤|臭豆腐|烧香|农药味"
)
_ABUSE_AT_HOME = re.compile(r"打我|打俺|家暴|打老婆|打媳妇|打孩子|打老人|beats? me|hits? me")
_ANIMAL_HIT = re.compile(
    r"(?:撞|轧|碾|压)[^,。!?\n]{0,3}?(?:猫|狗|鸡|羊|兔|老鼠|黄鼠狼|鸟)|(?:猫|狗|羊|鸟"
    r"|喜鹊)[^,。!?\n]{0,6}?(?:撞|轧|摔)"
)
_FACILITY_HIT = re.compile(
    r"(?:箱|柜|桶|站台|棚|护栏|栏杆|隔离|墩|石柱|牌|杆|灯|桩|树|门|墙|井盖|花坛|垃圾桶|雕塑"
    r"|亭)[^,。!?\n]{0,8}?撞|撞[^,。!?\n]{0,2}?(?:坏|歪|弯|断|烂|豁|掉)"
)
_THING_LOST = re.compile(
    r"泥|沙|淤|麦|桶|手机|钥匙|钱包|鞋|狗|猫|羊|鸡|球|眼镜|书包|垃圾|渣|土|砖|菜|衣裳|无人机|帽子|phone|keys?|wallet"
)
_HAZARD_OVER = re.compile(
    r"(?:火|烟)[^,。]{0,4}?(?:灭|扑灭|着过)|(?:塌|漏|着|淹|断|丢|掉|撞)过(?!来|去)|井盖[^,。]{0,6}?(?:补|换"
    r"|盖|修)(?:上|好|了)"
)
_SMALL_THING = re.compile(
    r"果皮箱|垃圾箱|踏板|底盘|凉亭|雨棚|铁皮棚|棚子|站棚|管子?[^,。]{0,2}?塌|管塌|围挡|坡道|沙发|床|牌子|花架|铁条|牙子|瓷砖"
)
_ROOM = re.compile(r"人|路面|桥|房|屋|砸|路塌")
_GROUND_ELSEWHERE = re.compile(r"承包地|耕地|庄稼地|麦地|挖沙|挖土|取土")
_SOMEONE = re.compile(r"人(?!行)|孩|娃|司机|老[头太奶汉]|学生|俺[爹娘妈爸奶爷]|我[爸妈]|骑|person|child|man|woman|kid")


@dataclass(frozen=True)
class Danger:
    """The verdict on one message.

    `numbers` are what to dial, first one first ("119"). `lines` are local lines by their key in the city's
    hotlines (gas_repair), to be shown before the numbers where the city has set them. `negated`: hazard words
    stand in the text but nothing dangerous is going on now. `spans`: offsets of the hazard words in the text.
    """

    is_now: bool
    kind: str | None = None
    numbers: tuple[str, ...] = ()
    negated: bool = False
    spans: tuple[tuple[int, int], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hazard:
    """One hit of a rule and why it does not count; `excuse` is None where it does."""

    kind: str
    start: int
    end: int
    excuse: str | None


def assess(text: str) -> Danger:
    """Judge one message. Texts beyond 6,000 characters are judged by their first 6,000."""
    folded = fold(text[:_MAX_LENGTH])
    spoken = respell(folded.text)
    plain = cues.FIGURES.sub(lambda match: "〇" * len(match.group()), spoken)
    hazards = list(_hazards(plain, spoken))
    standing = [hazard for hazard in hazards if hazard.excuse is None]
    if not standing:
        overstated = bool(hazards) or plain != spoken or bool(_HAZARD_OVER.search(spoken))
        spans = tuple(folded.span(hazard.start, hazard.end) for hazard in hazards)
        return Danger(False, negated=overstated, spans=spans)
    kinds = sorted({hazard.kind for hazard in standing}, key=KINDS.index)
    spans = tuple(sorted({folded.span(hazard.start, hazard.end) for hazard in standing}))
    local = tuple(dict.fromkeys(line for kind in kinds for line in lines(kind)))
    return Danger(True, kinds[0], numbers(kinds, spoken), spans=spans, lines=local)


def _hazards(plain: str, spoken: str) -> Iterator[Hazard]:
    """Every hit of every rule, judged."""
    for rule in RULES:
        for match in rule.pattern.finditer(plain):
            if match.end() > match.start():
                yield Hazard(rule.kind, match.start(), match.end(), _excuse(rule, match, spoken))


def _bounds(pattern: re.Pattern[str], text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch around start..end that holds no match of the pattern outside it (at most 80 characters each way)."""
    left = max(0, start - 80)
    for match in pattern.finditer(text, left, start):
        left = match.end()
    following = pattern.search(text, end, min(len(text), end + 80))
    return left, following.start() if following else min(len(text), end + 80)


def _excuse(rule: Rule, match: re.Match[str], text: str) -> str | None:
    """Why a hit is no danger now; None where it is one."""
    start, end = match.span()
    clause_start, clause_end = _bounds(cues.CLAUSE_END, text, start, end)
    sentence_start, sentence_end = _bounds(cues.SENTENCE_END, text, start, end)
    clause, sentence = text[clause_start:clause_end], text[sentence_start:sentence_end]
    before, after = text[clause_start:start], text[end : min(len(text), end + 60)]
    lead = text[sentence_start:start]
    checks = (
        ("negated", _is_negated(match.group(), before)),
        ("supposed", _is_supposed(rule, before, lead, match.group(), after)),
        ("other matter", bool(cues.OTHER_MATTER.search(sentence) or cues.LEAD_IN.search(lead))),
        ("past", _is_past(rule, before, lead, clause, after)),
        ("over", _is_over(after, text[sentence_start:])),
        ("asked after", bool(cues.STATUS.search(text)) and not cues.STILL.search(text)),
        ("habit", _is_habit(rule, lead, after, match.group())),
        ("harmless", _is_harmless(rule, match.group(), clause, sentence, text)),
    )
    return next((name for name, applies in checks if applies), None)


def _is_negated(hit: str, before: str) -> bool:
    return bool(cues.NEGATION_BEFORE.search(before) or _INNER_NEGATION.search(hit))


def _is_supposed(rule: Rule, before: str, lead: str, hit: str, after: str) -> bool:
    if cues.SUPPOSED.search(before) or cues.SUPPOSED.search(hit):
        return True
    if rule.lasts in {EVENT, SMOKE}:
        risk = re.match(r"[^,。]{0,4}?(?:隐患|风险|危险|的可能)", after)
        return bool(risk or cues.SUPPOSED_EVENT.search(before) or cues.CONDITION.search(lead[-24:]))
    return False


def _is_past(rule: Rule, before: str, lead: str, clause: str, after: str) -> bool:
    if rule.kind == "selfharm":
        return False
    if rule.lasts in {EVENT, SMOKE} and rule.kind != "child" and not cues.STILL.search(clause):
        told = cues.PAST.search(clause) or (cues.PAST.search(lead[-30:]) and not cues.STILL.search(after))
        return bool(told or cues.EXPERIENCED.match(after))
    if cues.STILL.search(clause + after):
        return False
    return bool(cues.EXPERIENCED.match(after) or re.search(r"上次|上回|那回|那次|last time", before)) or (
        rule.lasts == STATE and bool(cues.LONG_PAST.search(clause)) and "过" in clause
    )


def _is_over(tail: str, sentence: str) -> bool:
    closed = cues.CLOSED.search(tail)
    if closed is None or cues.UNCLOSED.search(tail[: closed.end()]) or cues.STILL.search(sentence):
        return False
    return not cues.UNCLOSED.search(tail[closed.end() : closed.end() + 12])


def _is_habit(rule: Rule, lead: str, after: str, hit: str) -> bool:
    if rule.lasts != EVENT or rule.kind in {"selfharm", "gas", "electric", "manhole"} or _ABUSE_AT_HOME.search(hit):
        return False
    return bool(cues.HABIT.search(lead[-16:] + hit + after[:6])) and not cues.STILL.search(lead + after)


def _is_harmless(rule: Rule, hit: str, clause: str, sentence: str, text: str) -> bool:
    if rule.kind in {"electric", "tree"} and cues.TELECOM.search(text):
        return not cues.POWER.search(sentence)
    if rule.lasts == SMOKE:
        return bool(cues.TENDED_FIRE.search(clause))
    if rule.lasts == SMELL:
        away = cues.OUTDOOR_STINK.search(sentence) and not _INDOORS.search(sentence)
        return bool(away or _OTHER_SMELL.search(sentence))
    if rule.kind == "injury" and re.search(r"咬[^,。]{0,6}?(?:鞋|裤|车胎|衣|鸡|猫|沙发)", sentence):
        return True
    if rule.kind == "collapse":
        return bool(_GROUND_ELSEWHERE.search(sentence) or (_SMALL_THING.search(clause) and not _ROOM.search(clause)))
    if rule.kind in {"water", "manhole"} and rule.lasts == EVENT:
        return bool(_THING_LOST.search(clause)) and not _SOMEONE.search(clause)
    if rule.kind == "injury" and _ANIMAL_HIT.search(clause):
        return True
    if rule.kind == "crash":
        return bool(_ANIMAL_HIT.search(clause) or (_FACILITY_HIT.search(clause) and not _SOMEONE.search(clause)))
    return False
