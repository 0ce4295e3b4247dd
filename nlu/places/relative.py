"""Words that say where only to someone who knows the speaker: 俺门口, 楼下, 村里."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.places.lexicon import DIRECTIONS, NUMBER
from nlu.places.names import Atom

_OWNER = r"(?:俺们?|我们?|咱们?|恁们?|自己|自家|他们?|她|人家|大家|老家|邻居|俺[爹娘妈爸奶爷]|我[爸妈])(?:家|店|那|这|屋)?(?:的|嘞)?"
_SPOT = (
    r"(?:门市|店门口?|店|楼|单元|小区|院子?|胡同|巷子?|村|庄|庄头|车库|车位|堂屋|窗户|窗|阳台|地头|地里"
    r"|屋后|屋山|房后|房前|房顶|墙根?|门前|门口|门外|对门|一楼|楼下|楼上|街|这一片|那一片|片区|楼道"
    r"|楼顶|菜地|猪圈|厨房窗)"
)
_POSITION = (
    rf"(?:门口|门前|门外|{DIRECTIONS}门口?|后街|前街|花池边|花坛边?|跟前|旁边|边上|外头|外面|里头|里面"
    rf"|里|内|口儿?|头|上|底下|下面|下边|下|前头|前面|前|后头|后面|后|对面|附近|周边|这边|那边|中间"
    rf"|{DIRECTIONS}[边头侧面]|楼下|楼道|院里|一楼|地下|角|根)"
)
_OWNED = re.compile(rf"{_OWNER}(?:这|那)?(?:个|条|栋|几栋|三栋|两栋|片|一片|块|边|儿)?{_SPOT}{_POSITION}{{0,3}}")
_LIVED_IN = re.compile(rf"{_OWNER}住(?:的|嘞)(?:那个|那栋|这栋|这个)?老?(?:楼|房子?|院子?|小区|胡同|巷子?|街|村|单元)")
_OWNED_SHORT = re.compile(
    rf"{_OWNER}(?:这|那)(?:边|儿|里|一?片|块|(?:几|三|两|一)栋|(?:个|条|栋)(?:街|路|楼|胡同|巷子?口?|小区"
    rf"|院|村))|俺(?:们)?这(?!事|人|种|样)(?:街|路|楼|边|一?片|块|里|儿|个?小区|个?村|条街|条路|个?巷子?口?"
    rf"|个?胡同)?"
)
_PLAIN = re.compile(
    rf"(?:(?:这|那)(?:条|段)(?:街|路|巷子?|胡同)|{DIRECTIONS}门口|(?:小区|单元|院)(?:{DIRECTIONS}门口?"
    rf"|门口|里|内|后门|后街|楼下|外面|外头|院里|车库)(?:花池边|旁边?|边上?|对面|附近)?"
    rf"|(?:村|庄)(?:{DIRECTIONS}(?:头|边|口|地)?|里|口|头|上|中间|外头|后头|前头)(?!人|委|民|干部)"
    rf"|(?:巷子?|胡同|街|路)(?:口|里头|里|尽头|头上)(?!人)(?:旁边?|边上?|那里)?|十字路口|三岔路口"
    rf"|丁字路口|红绿灯路口|岔路口|路口|街口"
    rf"|(?:楼|房|屋)(?:下|后|前|顶|道口?里?|梯间|梯口|上那户|后头)(?!来|果|勤|进|继)(?:路边|那家|底下"
    rf")?|楼梯间?|地下车库|地下室|车库口|电梯口|门口|门外|门前(?!清)|隔壁(?!老)(?:工地|楼盘|车棚"
    rf"|那户|邻居|院|家|小区|单元|店)?(?:上|里|下)?|隔墙那[户家]|对门(?!的女)|(?:{DIRECTIONS}边)(?:邻居"
    rf"|那户|那家|楼)"
    rf"|(?:{NUMBER}单元|{NUMBER}号楼|{NUMBER}楼(?=那家|住户|业主|窗|阳台|楼道|的))(?:前|后|门口|楼下"
    rf"|楼道|{DIRECTIONS}[边侧]|那家)?|从{NUMBER}楼到{NUMBER}楼|楼上(?:那户|那家|邻居)?|楼下(?:那户"
    rf"|那家|路边)?|沟(?:里|边)|河边|河里|塘边|坑边|地头|田里|大堤上|城中村(?:后头|里)?|拆迁区"
    rf"|工地(?:上|门口|旁边?|附近|外头?)|花池边|花坛边|窗户底?下|阳台底?下|校门口|学校门口|店门口"
    rf"|门市跟前|站牌下|东地|西地|南地|北地)"
)
_TAIL = re.compile(rf"{_POSITION}")


def relatives(text: str) -> Iterator[Atom]:
    """Relative words of place, in order; they may overlap named places, which then win."""
    last = -1
    for match in sorted(
        (match for pattern in (_LIVED_IN, _OWNED, _OWNED_SHORT, _PLAIN) for match in pattern.finditer(text)),
        key=lambda match: (match.start(), -match.end()),
    ):
        if match.start() >= last:
            last = match.end()
            yield Atom(match.start(), match.end(), "relative", weak=True)
