"""Split a message into the parts that each state one problem.

Enumerations are taken at their word. Otherwise two stretches are parted only where they speak of different,
unrelated things, or where a connective ("另外", "还有") announces something else. When in doubt: one problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from language.fold import Folded, fold
from nlu.text.topics import related, topics

Scorer = Callable[[list[str]], list[tuple[str, float]]]

_MAX_PARTS = 8
_MAX_LENGTH = 6000
_SURE = 0.5  # kindred topics are parted only where both services are at least this likely


@dataclass(frozen=True)
class Part:
    """A stretch of the message that states one problem; offsets count code points in the text as received."""

    text: str
    start: int
    end: int


@dataclass
class _Piece:
    """A stretch of the folded text under construction. `announced`: a connective says that something else begins."""

    start: int
    end: int
    about: frozenset[str]
    announced: bool = False
    doubtful: bool = False


_MARKER_SETS: tuple[re.Pattern[str], ...] = (
    re.compile(r"[①②③④⑤⑥⑦⑧⑨]"),
    re.compile(
        r"(?:^|(?<=[\s,。;:!?、)\u4e00-\u9fff]))[(]?[1-9](?:[.、:)](?!\d)"
        r"|(?=[\u4e00-\u9fff])(?![号路楼栋月日点年个米元块天次单层区期层幢座室组小中高线辆岁里步台只条处盏台家户人万千百平]))"
    ),
    re.compile(r"(?:^|(?<=[\s,。;:!?]))[(]?[一二三四五六](?:[、.)]|是(?!否|因|为|不|谁)|来(?=[^,。]{2}))"),
    re.compile(
        r"(?:^|(?<=[\s,。;:!?]))(?:第[一二三四五六](?:[件个样桩点条项])?|首先|其次|再次|最后"
        r"|头一[件个样桩条]|再一[件个样桩条]|再有一[件个样桩]|二一[件个]|末了一[件个样桩])(?!天|次|回|小|中"
        r"|高|人|期|单|年|个红绿灯|个路口|初)[是就、,:\s]?"
    ),
    re.compile(
        r"(?:^|(?<=[\s,.;:]))(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|one is|the other is"
        r"|another is)\b[,:]?|(?:^|(?<=\s))\(?[1-9][.)](?=\s)"
    ),
)
_ANNOUNCE = re.compile(
    r"^(?:另外|另一个|还有(?!没|人|多久|多长|几|谁|完|脸|什么|一[年个月天]"
    r"|[半一两三四五六七八九十]+[天年个月])|再一个|再就是|再有|再者|再说一个|此外|除此之外|顺便(?:问|说"
    r"|反映|提|把)?|顺带|同时|而且还|与此同时|对了|还有个事|还想反映|也想反映|其他的|另|加上|再加上|also"
    r"|another thing|plus|and also|in addition|besides)"
)
_WEAK_LINK = re.compile(r"(?:也|还|又|并且|而且|再|更|连)(?!不知|没见|是老样)|\band\b|\balso\b")
_SEGMENT_END = re.compile(
    r"[,。;;!?\n…~、]+|(?<=[\u4e00-\u9fff0-9]) +(?=[\u4e00-\u9fff0-9])|(?<=[a-z])[.;,!?](?=\s|$)"
    r"|\s(?=and (?:the|there|also|my|our)\b)|(?=(?<![没都就])(?:另外|再一个|再就是|顺便反映|还有就是))"
)
_NO_PROBLEM = re.compile(
    r"^(?:[\s\W]*|.{0,12}?(?:您好|你好|谢谢|感谢|辛苦|麻烦|请.{0,6}处理|请.{0,8}解决|望.{0,8}处理"
    r"|希望.{0,10}(?:处理|解决|重视)|尽快处理|拜托|领导|联系电话|电话|手机号?|联系人|微信|我叫|我是"
    r"|俺叫|姓名|地址|位置|地点|都?归谁管|管管|咋办|看着办|[两二三俩仨]件?[事样桩].{0,4}|two things"
    r"|thanks?|please|hello|hi).{0,14})$"
)
_PARALLEL = re.compile(
    r"^(?:[东西南北左右前后][边头侧门]|楼上|楼下|白天|晚上|夜里|黑喽|早上|早起|中午|半夜|门口|里头|外头|屋里|隔壁|对面|街口|路口)"
)


def split_problems(text: str, scorer: Scorer | None = None) -> list[Part]:
    """Parts of the text in order, each stating one problem; one part where nothing has to be split.

    `scorer` gives for each stretch of text the best service and its probability; with it, stretches that the
    services do not tell apart are put together again. Empty for a blank text.
    """
    if not text.strip():
        return []
    folded = fold(text[:_MAX_LENGTH])
    pieces = _enumerated(folded.text)
    listed = pieces is not None
    if pieces is None:
        pieces = _grouped(folded.text, bold=scorer is not None)
    pieces = [piece for piece in pieces if piece.end > piece.start]
    if len(pieces) > 1 and scorer is not None:
        pieces = _confirmed(folded, text, pieces, scorer, listed)
    if len(pieces) < 2:
        return [_trimmed(text, 0, len(text))]
    return [_part(text, folded, piece) for piece in pieces[:_MAX_PARTS]]


def _part(text: str, folded: Folded, piece: _Piece) -> Part:
    start, end = folded.span(piece.start, piece.end)
    return _trimmed(text, start, end)


_TRIM = " \t\r\n,，。;；、:：!！?？"


def _trimmed(text: str, start: int, end: int) -> Part:
    stretch = text[start:end]
    left = len(stretch) - len(stretch.lstrip(_TRIM))
    inner = stretch.strip(_TRIM)
    if not inner:
        return Part(stretch, start, end)
    return Part(inner, start + left, start + left + len(inner))


def _enumerated(text: str) -> list[_Piece] | None:
    """Pieces of an explicit enumeration; None where there is none."""
    for pattern in _MARKER_SETS:
        marks = list(pattern.finditer(text))
        if len(marks) < 2:
            continue
        ends = [mark.start() for mark in marks[1:]] + [len(text)]
        pieces = [_Piece(mark.end(), end, frozenset(), True) for mark, end in zip(marks, ends, strict=True)]
        pieces = [_without_closing(text, piece) for piece in pieces]
        stated = [piece for piece in pieces if _states(text[piece.start : piece.end])]
        if len(stated) < 2:
            continue
        head = _grouped(text[: marks[0].start()])
        if len(stated) == 1 and head:
            return [*head[:1], *stated]
        return [inner for piece in stated for inner in _announced_inside(text, piece)]
    return None


def _announced_inside(text: str, piece: _Piece) -> list[_Piece]:
    """An item of an enumeration, parted where a connective announces something else ("再就是")."""
    parts = [_Piece(piece.start, piece.end, frozenset(), True)]
    for start, end in _segments(text[piece.start : piece.end])[1:]:
        segment = text[piece.start + start : piece.start + end]
        if _ANNOUNCE.match(segment) and _states(segment):
            parts[-1].end = piece.start + start
            parts.append(_Piece(piece.start + start, piece.end, frozenset(), True))
    for part in parts:
        part.about = topics(text[part.start : part.end])
    return parts


def _without_closing(text: str, piece: _Piece) -> _Piece:
    """The piece without thanks, contact and the like at its end."""
    segments = _segments(text[piece.start : piece.end])
    while len(segments) > 1 and _NO_PROBLEM.match(text[piece.start + segments[-1][0] : piece.start + segments[-1][1]]):
        segments.pop()
    return _Piece(piece.start, piece.start + segments[-1][1], piece.about, piece.announced) if segments else piece


def _states(stretch: str) -> bool:
    """Whether a stretch can state a problem at all."""
    return len(re.sub(r"\W", "", stretch)) >= 3 and not _NO_PROBLEM.match(stretch)


def _segments(text: str) -> list[tuple[int, int]]:
    """Stretches between marks of punctuation, or before a strong connective."""
    cuts, position = [], 0
    for match in _SEGMENT_END.finditer(text):
        if match.start() > position:
            cuts.append((position, match.start()))
        position = max(position, match.end())
    if position < len(text):
        cuts.append((position, len(text)))
    return cuts


def _grouped(text: str, bold: bool = False) -> list[_Piece]:
    """Neighbouring segments of kindred topics put together; bold: kindred but different topics are parted too."""
    pieces: list[_Piece] = []
    several = _is_list(text)
    for start, end in _segments(text):
        segment = text[start:end]
        about = topics(segment)
        if not about and _NO_PROBLEM.match(segment):
            continue
        announced = bool(_ANNOUNCE.match(segment))
        if not pieces:
            pieces.append(_Piece(start, end, about, announced))
            continue
        last = pieces[-1]
        if _is_new(segment, last, about, announced, several):
            pieces.append(_Piece(start, end, about, announced))
        elif bold and _is_new(segment, last, about, announced, True):
            pieces.append(_Piece(start, end, about, announced, doubtful=True))
        else:
            last.end, last.about = end, last.about | about
    return [piece for piece in pieces if piece.about or piece.announced] or pieces[:1]


def _is_list(text: str) -> bool:
    """Whether three or more short segments each speak of something else."""
    abouts = [topics(text[start:end]) for start, end in _segments(text) if end - start <= 18]
    clear = [about for about in abouts if about]
    return len(clear) >= 3 and all(not left & right for left, right in zip(clear, clear[1:], strict=False))


def _is_new(segment: str, last: _Piece, about: frozenset[str], announced: bool, several: bool) -> bool:
    """Whether a segment begins another problem than the piece before it."""
    if not last.about:
        return False
    if announced:
        return len(segment) >= 5 and (not about or not about <= last.about)
    if not about or about & last.about:
        return False
    if not several and related(last.about, about):
        return False
    return bool(_WEAK_LINK.search(segment[:8]) or _PARALLEL.match(segment) or len(segment) >= 5)


def _confirmed(folded: Folded, text: str, pieces: list[_Piece], scorer: Scorer, listed: bool) -> list[_Piece]:
    """Pieces that the services tell apart; the others are joined to the one before.

    Where topics or an enumeration part two pieces, only the same service on both sides joins them; where the
    topics are kindred, the services must differ and be sure.
    """
    stretches = [_part(text, folded, piece).text for piece in pieces]
    judged = scorer(stretches)
    kept: list[tuple[_Piece, str, float]] = []
    for piece, (service, probability) in zip(pieces, judged, strict=True):
        if kept:
            last, last_service, last_probability = kept[-1]
            same = service == last_service and (not listed or min(probability, last_probability) >= _SURE)
            if same or (piece.doubtful and min(probability, last_probability) < _SURE):
                last.end = piece.end
                kept[-1] = (last, *max((service, probability), (last_service, last_probability), key=lambda x: x[1]))
                continue
        kept.append((piece, service, probability))
    return [piece for piece, _, _ in kept]
