"""What a stretch of text is about, roughly: enough to see that two stretches speak of different problems."""

from __future__ import annotations

import re

_TOPICS: dict[str, str] = {
    "rubbish": r"垃圾(?![桶箱]|车|站|短信|焚烧)|拉圾|烂菜叶?|烂叶子?|剩菜|rubbish|garbage|trash(?! can)",
    "bin": r"垃[圾极][桶箱]|果皮箱|桶盖|trash can|\bbins?\b",
    "dirt": (
        r"烟头|(?:一|满)(?:地|街)[^,。]{0,3}?(?:签子|瓶子?|叶|纸|油污|泥|瓜子皮|一次性)|没人扫|不扫地"
        r"|死(?:猫|狗|鸡|老鼠)|瓜子皮|dead (?:cat|dog|animal)"
    ),
    "debris": r"渣土(?!车)|建筑垃圾|装修垃圾|砖头|碎砖|瓦块|水泥块|rubble|construction waste|broken tiles",
    "spill": r"(?:漏|撒|洒|掉)[^,。]{0,3}?一路|遗撒|拉土车|渣土车|土方车|泥土车|spill",
    "toilet": r"公厕|公共厕所|茅房|厕所|public toilet|restroom",
    "dump": r"泔水|脏水|刷锅水|洗车水|泼|倒水|废油",
    "burn": r"烧(?:垃圾|树叶|叶子|秸秆|塑料|纸|荒|麦茬)|焚烧|burning (?:leaves|rubbish|trash)",
    "bbq": r"烧烤|烧考|炭炉|羊肉串|烤串|烤肉|bbq|barbecue",
    "fume": r"油烟|油盐|排烟|烟道|烟囱|饭店[^,。]{0,3}?烟|炒菜[^,。]{0,3}?烟|呛得|cooking smoke|fumes",
    "pile": r"杂物|旧家具|破沙发|堆放|晾晒|堆[满了着]一?|占满|old furniture|sofa",
    "animal": (
        r"遛狗|狗屎|狗[^叫吠,。]{0,8}?(?:拉屎|拉尿|拉完|粪|绳|咬|撵)|不拴绳|流浪[狗猫]|养[^,。]{0,5}?(?:鸡"
        r"|鸭|鹅|鸽|猪|羊|狗|窝)|鸡[^,。]{0,3}?打鸣|dog|stray"
    ),
    "waterbody": r"河[里水道]|坑塘|塘里|沟里|死鱼|绿藻|水发黑|river|pond",
    "stall": (
        r"占道(?!施工|停车)|占着?道|摆摊|流动摊|小摊|摊贩|卖(?:早点|菜|水果|西瓜|小吃|烧饼|煎饼)(?:的)?"
        r"|糖葫芦|烤肠|早市|夜市|street (?:vendor|stall)|vendors?"
    ),
    "shopfront": r"店外|(?:桌子|货|桌椅|摊位|筐)[^,。]{0,6}?摆(?:到|在|出)|出店|门口摆",
    "parking": r"乱停|违停|停[满着在了][^,。]{0,6}?车|车[^,。]{0,6}?(?:停|堵|挡|横)(?:在|满|着|住|道)|停车(?!场)|parked|parking",
    "lock": r"地锁|圈[^,。]{0,3}?车位|占[^,。]{0,3}?车位|锥桶|雪糕筒|私装|parking lock",
    "bikes": r"共享(?:单车|电车|电单车)|shared bikes?",
    "ads": r"小广告|牛皮癣|传单|发卡片|贴满|刷[^,。]{0,3}?广告|flyers?|leaflets?",
    "sign": r"广告牌|招牌|灯箱|牌匾|门头|billboard",
    "building": (
        r"违建|违章(?:建筑|搭建)|私搭|搭建|加盖|彩钢|接出|封[^,。]{0,3}?露台|盖[^,。]{0,4}?(?:房|棚|屋)"
        r"|illegal (?:building|structure)"
    ),
    "sitenoise": (
        r"(?:工地|施工|打桩|砸桩|电锤|切割|混凝土|挖掘机)[^,。]{0,10}?(?:吵|响|噪|夜|黑喽|半夜|不停|睡)"
        r"|砸桩|打桩|夜间施工|jackhammer|construction (?:noise|at)"
    ),
    "dust": r"扬尘|尘土|黄土|灰[尘大]|围挡|不洒水|土[^,。]{0,4}?(?:刮|带|飞|扬)起?|dust",
    "dig": (
        r"(?:路|街|沟|口子?|坑)[^,。]{0,6}?(?:挖开|刨开|没回?填|没恢复)|挖[^,。]{0,6}?(?:沟|坑|开)|刨(?:开"
        r"|了)|修[^,。]{0,3}?路[^,。]{0,8}?(?:坑|没|停|半)|dug up|trench"
    ),
    "loud": r"喇叭|扩音器|叫卖|促销[^,。]{0,4}?吵|loudspeakers?",
    "social": r"广场舞|跳舞|跳[^,。]{0,2}?广场|ktv|唱歌|打麻将|麻将|装修[^,。]{0,4}?(?:吵|响|声)|唢呐|音响|square danc|karaoke|music",
    "manhole": r"井盖|井该|窨井|篦子|manhole",
    "light": r"路灯|路登|(?<![红绿])灯(?!箱|红|绿)[^,。]{0,6}?(?:不亮|灭|坏|黑|瞎|闪)|street ?lights?|lamps? (?:is|are) out",
    "road": r"路面|坑洼|(?:路|道)[^,。]{0,8}?(?:烂|坏|破|坑|颠|不平)|人行道砖|地砖|盲道|大坑|pothole|broken pavement",
    "collapse": r"塌|桥栏|sinkhole|collapsed",
    "sewer": r"下水[道到]?[^,。]{0,6}?(?:堵|冒|赌|反|溢)|冒[^,。]{0,4}?(?:粪|污|脏水)|粪[汤水]|污水|化粪池|反水|sewage|drain",
    "flood": r"积水|排不出去|淹(?!没)|没脚|flood",
    "ice": r"结冰|积雪|冰(?!箱|棍|激)|\bice\b|snow",
    "facility": r"健身|漫步机|座椅|长椅|秋千|swing|滑梯|护栏|栏杆|隔离栏|指示牌|站[牌亭]|bench|handrail",
    "wire": r"电线|线缆|网线|光缆|线杆|飞线(?!充)|cables?|wires?",
    "tree": r"树(?:倒|枝|杈|砸|断|死)|大树|枯树|branch|tree",
    "green": r"绿化带|草[^,。]{0,3}?(?:高|深|荒)|杂草|修剪|绿篱|花池|weeds|hedge",
    "ungreen": r"毁绿|种菜|种上|砍树|(?:草坪|花坛|绿地)[^,。]{0,6}?(?:踩|轧|碾|占|拔|平)",
    "traffic": r"红绿灯|信号灯|逆行|闯红灯|飙车|斑马线|超速|traffic light",
    "police": r"打架|把[^,。]{0,2}?打了|打俺|打我|赌博|偷(?!倒|排)|高空抛物|扔[^,。]{0,4}?下来|扣[^,。]{0,4}?(?:车|证)|fight",
    "property": r"电梯|对讲|业委会|物业费|门禁|单元门|\blift\b|elevator|intercom",
    "house": r"漏雨|墙[^,。]{0,3}?裂|暖气|供暖|房产证|危房|roof leaks",
    "firelane": r"消防(?:通道|道|车道)|电瓶[^,。]{0,6}?充|飞线充|楼道[^,。]{0,6}?充|充电[^,。]{0,4}?楼道",
    "tap": r"停水|水管|自来水|水表|水压|水龙头|没水|消防栓|tap water|water pressure",
    "power": r"停电|电费|变压器|没电|跳闸|power cut|blackout",
    "gas": r"燃气|煤气|天然气|气[^,。]{0,6}?(?:通|没)|液化气",
    "bus": r"公交(?!站)|出租车|网约车|班车|\d路|bus\b|taxi",
    "school": r"食堂|老师|校服|补课|学费|幼儿园[^,。]{0,4}?(?:收费|退)|school meal",
    "medical": r"医保|挂号|诊所|报销|住院",
    "consumer": r"退(?:款|钱|卡)|假货|短斤|缺斤|过期|refund",
    "factory": r"厂[^,。]{0,6}?(?:味|烟|吵|水|排)|化工|废气",
    "rural": r"秸秆|猪场|鸡场|养殖|旱厕|水渠|庄稼",
    "land": r"宅基地|承包地|占地|口粮田",
    "wage": r"工资|工钱|拖欠|社保|劳动合同|wages?",
    "welfare": r"低保|残疾证|补贴|养老金|救助|五保",
    "telecom": r"宽带|手机信号|快递|网速|邮政|broadband|internet",
}
TOPICS = tuple((name, re.compile(pattern)) for name, pattern in _TOPICS.items())

# Topics that are often two sides of one problem; neighbouring stretches of these are not taken apart.
_KIN: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "rubbish bin dirt pile",
        "rubbish debris pile dump",
        "road flood dig sewer collapse manhole",
        "tree light green wire",
        "tree wire collapse",
        "bbq fume burn stall",
        "dust spill debris sitenoise",
        "sewer flood dump waterbody tap",
        "rural waterbody factory burn",
        "dig dust gas tap sewer wire",
        "stall shopfront parking traffic",
        "stall loud",
        "parking firelane lock bikes traffic",
        "firelane power wire",
        "parking ungreen green",
        "green ungreen tree facility",
        "social loud stall",
        "facility road traffic collapse",
        "power wire light",
        "animal dirt rubbish",
        "property power tap",
        "ads sign",
        "sign building",
        "land building",
        "house tap property sewer",
        "toilet sewer dirt",
        "ice road tap",
        "wage welfare",
        "gas dig",
    )
)


def topics(text: str) -> frozenset[str]:
    """Topics of a folded stretch of text."""
    return frozenset(name for name, pattern in TOPICS if pattern.search(text))


def related(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether two sets of topics may speak of one problem."""
    if left & right:
        return True
    return any(one in group and other in group for one in left for other in right for group in _KIN)
