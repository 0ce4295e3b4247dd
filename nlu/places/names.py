"""Names of places that no list holds: found by their endings, cut off on the left by what cannot be a name.

All functions work on folded text and yield `Atom`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from language.wordlist import words
from nlu.places import lexicon as lex
from nlu.places.entries import Entry


@dataclass(frozen=True)
class Atom:
    """A name in the folded text before position words are added; `entries` are its official meanings."""

    start: int
    end: int
    kind: str
    entries: tuple[Entry, ...] = field(default=())
    score: float = 1.0
    explicit: bool = False
    weak: bool = False


_HAN = re.compile(r"[\u4e00-\u9fff]")
_NAME_PAIRS = frozenset(lex.NAME_PAIRS)
_STOP_WORDS = frozenset(lex.STOP_WORDS)
_ROAD = re.compile(
    r"(?:大道|大街|路|街|巷子|巷|胡同|快速通道)(?!灯|面(?!店|馆)|由|人(?!行|民)|过|况|费|牌|障|政|坊|道)"
)
_COMPOUND = re.compile("|".join(sorted(lex.COMPOUND_SUFFIX, key=lambda word: (-len(word), word))))
_COMMON_BEFORE = re.compile(
    r"我们|俺们|咱们|居民|住宅|旁边|隔壁|对面|附近|某|安置|老旧|城市|高档|全|各|本|该|整|邻|这个|那个|每个|几个|封闭|其他|别的"
)
_HOUSE_NUMBER = re.compile(r"(?:\d{1,3}|[一二三四五六七八九十]{1,3})(?:号楼|号院|栋|幢)")
_AFTER_COMPOUND = re.compile(
    r"\d|[一二三四五六七八九十]{1,2}(?:号|栋|期|单元|楼)|[东西南北][门侧边面]|门口|对面|旁|附近|周边"
    r"|一带|楼|里|院|的|物业|业主|小区|[,。!? ]|$|附近|周边|后面|前面|地下|外"
)
_VILLAGE = re.compile(r"(?:村|庄|营|寨|屯)(?!委|民|里人|主任|干部|干|支|医|道|养|业|运|火|造)")
_TOWN = re.compile(r"(?:镇|乡|街道(?:办事处|办)?)(?!村|亲|土|下|音|愁|长|政)")
_NUMBERED_SCHOOL = re.compile(
    r"(?:县|市|西华)?(?:第?[一二三四五六七八九十]{1,2}|\d{1,2})(?:小|中|高|初|幼|高中|初中|小学"
    r"|中学)(?=[东西南北门口对旁附边校后前路里放上,。!?\s的]|$|学)"
)
_SCHOOL_GATE = re.compile(r"(?<!学)校门口(?:旁边?|对面|附近)?")
_HIGHWAY = re.compile(
    r"(?:(?<![a-z0-9])[gsx]\d{2,4}(?:国道|省道|县道|高速)?|\d{3}(?:国道|省道|县道)|(?:国道|省道|县道|乡道)"
    r"|(?:[东西南北外内二三四]{1,2}环(?:路|城路)?)|环城(?:路|大道)|[\u4e00-\u9fff]{1,2}高速)(?!公)"
)


def name_start(text: str, end: int, longest: int) -> int:
    """Where a name that ends before `end` may begin: after the last stop word, at most `longest` characters back."""
    start = end
    while start > 0 and end - start < longest:
        character = text[start - 1]
        if not (_HAN.match(character) or character.isdigit() or character in "·"):
            break
        pair_left, pair_right = text[start - 2 : start], text[start - 1 : start + 1]
        if start >= 2 and pair_left in _STOP_WORDS and pair_left not in _NAME_PAIRS:
            break
        if character in lex.STOP_CHARACTERS and pair_left not in _NAME_PAIRS and pair_right not in _NAME_PAIRS:
            break
        start -= 1
    return start


def roads(text: str) -> Iterator[Atom]:
    """Roads by their ending."""
    for match in _HIGHWAY.finditer(text):
        yield Atom(match.start(), match.end(), "road", weak=not match.group()[0].isascii() and len(match.group()) < 3)
    for match in _ROAD.finditer(text):
        start = name_start(text, match.start(), 6)
        name = text[start : match.end()]
        base = text[start : match.start()]
        if len(base) < 2 or name in lex.GENERIC_ROADS or _generic_road(base, match.group()):
            continue
        yield Atom(start, match.end(), "road")


def _generic_road(base: str, suffix: str) -> bool:
    """Whether the word before the ending makes it a common noun."""
    for size in (3, 2, 1):
        if base[-size:] + suffix in lex.GENERIC_ROADS or base[-size:] + suffix[-1] in lex.GENERIC_ROADS:
            return size >= len(base) or len(base) - size < 2 or suffix in {"街", "胡同", "巷", "路"}
    return base[-1] in "米里条段整主辅公马铁道车走修堵占挡拦" or base in {
        "隔壁",
        "旁边",
        "对面",
        "附近",
        "周边",
        "门前",
        "门口",
        "小区",
        "广场",
        "市场",
        "学校",
        "村里",
        "水泥",
        "内部",
    }


def compounds(text: str) -> Iterator[Atom]:
    """Residential compounds by their ending, or by a building number."""
    for match in _COMPOUND.finditer(text):
        suffix = match.group()
        start = name_start(text, match.start(), 7)
        base = text[start : match.start()]
        after = text[match.end() : match.end() + 4]
        if len(base) < 2 and not (len(suffix) >= 3 and base):
            continue
        if len(base) < 2 or (len(base) == 2 and _COMMON_BEFORE.search(base)):
            continue
        if len(suffix) == 1 and (base[-1] in lex.BAD_BEFORE_SUFFIX.get(suffix, "") or not _AFTER_COMPOUND.match(after)):
            continue
        if suffix == "人家" and base[-1] in "户进去别到给让把的":
            continue
        if suffix == "国际" and not _AFTER_COMPOUND.match(after):
            continue
        yield Atom(start, match.end(), "community" if suffix == "社区" else "compound")
    for match in _HOUSE_NUMBER.finditer(text):
        start = name_start(text, match.start(), 6)
        if match.start() - start >= 2:
            yield Atom(start, match.start(), "compound")


def villages(text: str) -> Iterator[Atom]:
    """Villages and townships by their ending."""
    for match in _VILLAGE.finditer(text):
        start = name_start(text, match.start(), 4)
        base = text[start : match.start()]
        if (
            not base
            or base[-1] in "全俺各本邻农乡整"
            or base
            in {
                "农",
                "全",
                "俺",
                "本",
                "各",
                "邻",
                "山",
                "新农",
                "城中",
                "行政",
                "自然",
                "乡",
                "进",
                "出",
                "同",
                "老",
                "新",
                "外",
                "小",
                "空心",
                "度假",
                "地球",
                "俺们",
                "我们",
                "贫困",
                "民俗",
                "城边",
                "几个",
                "周边",
                "附近",
                "旁边",
                "邻近",
                "整",
            }
        ):
            continue
        if match.group() != "村" and (
            len(base) > 3 or text[match.end() : match.end() + 1] in set("严重家稼园子地业房销商")
        ):
            continue
        if match.group() == "村" and len(base) == 1 and base in "东西南北前后中大":
            continue
        yield Atom(start, match.end(), "village", weak=match.group() != "村")
    for match in _TOWN.finditer(text):
        start = name_start(text, match.start(), 4)
        base = text[start : match.start()]
        if len(base) >= 2 and not re.search(
            r"城|老$|家$|故$|下$|同$|各|本|全|整条|步行|[这那]条|满|大$|小$|沿|走", base
        ):
            yield Atom(start, match.end(), "township")


_POI = re.compile(
    "(?:"
    + "|".join(sorted({*lex.POI_STRONG, *lex.POI_SHOP}, key=lambda word: (-len(word), word)))
    + ")(?!舞|监督|监管|部门|热线|网站|卡|贷款|场地费|同学会|化|价)"
)
_STRONG = frozenset(lex.POI_STRONG)
_SHOP = frozenset(lex.POI_SHOP)
# Nouns that name a place even where nothing else stands with them.
_BARE_PLACE = words(
    "公园 广场 农贸市场 菜市场 夜市 早市 高铁站 火车站 汽车站 客运站 游园 小游园 湿地公园 文化广场 体育场 "
    "体育公园 健身广场 篮球场 涵洞 铁路涵洞 立交桥 天桥 过街天桥 步行街 服务区 收费站 大桥 河堤 水库 "
    "公交站牌 公交站亭 公交站台 站台 公交站 铁路桥 地下通道 大堤"
)
# A thing with strong words of position after it: a landmark, where nothing better is named.
_MARKED = re.compile(
    r"(?:斜?对面|对过|旁边|门口|门前|后门|跟前|附近|隔壁|楼下|后头|后面|前头|前面|底下|后院|边上"
    r"|[东西南北](?:边|侧|面|头|墙根?|门|院墙))(?!的?(?:邻居|人|那个人|户))"
)
# Nouns that are as often the thing complained of as the place: they give way to any other place.
_THINGS = words(
    "公厕 公共厕所 垃圾站 中转站 垃圾中转站 早市 夜市 工地 建筑工地 楼盘 厂 停车场 物业 饭店 宾馆 酒店 "
    "超市 银行 化工厂 化肥厂 砖厂 猪场 鸡场 养殖场 板材厂 宿舍 坑塘"
)
_LOCATED_BEFORE = re.compile(
    r"(?:在|到|从|去|往|搁|位于|住|离|靠|挨|就|那个|这个|对面|旁边|隔壁|楼下|楼上|附近|门口|一楼|二楼|老"
    r"|那家|这家|那座|那个|原先|原来|村口|村头|街上|镇上|县里|城里|县|市|乡|镇|村|路|街|大道|小区)$"
)
_BESIDE = re.compile(
    r"(?:楼下|楼上|对面|对过|隔壁|门口|旁边|一楼|二楼|底商|镇上|村口|街上|村里|路口|巷口|胡同口)(?:的|那家"
    r"|那个|这家|有家|一家|开的)?[\u4e00-\u9fff]{0,5}$"
)
_SHOP_TAIL = re.compile(
    r"(?:的)?(?:大门|后门|门前|门口|门外|侧门|对面|对过|斜对面|旁边?|跟前|附近|隔壁|楼下|楼上|前头|前面"
    r"|前(?!台)|后头|后面|后院|后身|边上?|[东西南北](?:边|侧|面|头|墙)|里头|院里|拐角)"
)
_ACTOR_AFTER = re.compile(
    r"^(?:老板|老师|医生|护士|说|讲|让|不让|不给|不管|的人|员工|收费|不退|领导|校长|班主任|人员|工作人员"
    r"|职工|开业|开盘|把|占|乱|天天|每天|半夜|准时|收|卖|门头|开证明|退|倒闭|态度|的?服务|没人接|办)"
)


def landmarks(text: str) -> Iterator[Atom]:
    """Whatever is named before a strong word of position, of no known ending: weak."""
    for match in _MARKED.finditer(text):
        start = name_start(text, match.start(), 7)
        base = text[start : match.start()]
        if len(base) >= 2 and not _NO_LANDMARK.search(base):
            yield Atom(start, match.end(), "landmark", weak=True)


_NO_LANDMARK = re.compile(
    r"道牙|路牙|路沿|盲道|人行道|车轮|轱辘|灯杆|桌|凳|盘子|锅|灶|身边|[一二三四五六七八九十几半]$|^(?:胡同"
    r"|巷子?|小区|单元|院子?|村|庄|路|街|楼|门|窗户?|家|店|房子?|屋|厨房|床|身|脸|眼|心|背|手|脚|车|停|堵"
    r"|坐|走|躺|蹲|站|放|堆)$|垃圾|噪|路面|我|俺|你|他|她|谁|啥|什么"
)


def pois(text: str) -> Iterator[Atom]:
    """Landmarks: with a name of their own, with words of position, or said to be where it is."""
    for match in _SCHOOL_GATE.finditer(text):
        yield Atom(match.start(), match.end(), "poi")
    for match in _NUMBERED_SCHOOL.finditer(text):
        yield Atom(match.start(), match.end(), "poi")
    for match in _POI.finditer(text):
        noun = match.group()
        start = name_start(text, match.start(), 8)
        base = text[start : match.start()]
        after = text[match.end() : match.end() + 10]
        placed_after = bool(lex.TAIL.match(after)) and not after.startswith(("上班", "上学", "里人", "那边人"))
        placed_before = bool(_LOCATED_BEFORE.search(text[max(0, start - 4) : start]))
        if noun in _SHOP and noun not in _STRONG:
            beside = _BESIDE.search(text[max(0, start - 5) : match.start()])
            if beside:
                start = min(start, max(0, start - 5) + beside.start())
            if not (beside or _SHOP_TAIL.match(after)):
                continue
            yield Atom(start, match.end(), "poi")
            continue
        acts = bool(_ACTOR_AFTER.match(after))
        stands = placed_after or noun in _BARE_PLACE or ((len(base) >= 2 or placed_before) and not acts)
        if not stands:
            continue
        yield Atom(start, match.end(), "poi", weak=len(base) < 2 and noun in _THINGS)
