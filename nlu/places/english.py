"""Places in English messages: romanised names of the city's list, roads by ending, landmarks by preposition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.places.entries import Entry, bare_name
from nlu.places.homophones import sounds
from nlu.places.link import kind_of
from nlu.places.names import Atom

_ROAD = r"(?:road|rd|street|st|avenue|ave|boulevard|blvd|highway|lu|jie|dadao)\b\.?"
_TAILS = (
    r"(?: (?:gate|building|block|unit|exit|no\.?) ?\d+|, building \d+| intersection| crossing| junction"
    r"| corner)?"
)
ENGLISH_TAIL = re.compile(
    r",? (?:building|block|unit|gate|entrance|exit|no\.?|room|tower) ?\d+|,? \d+(?:st|nd|rd|th) (?:floor"
    r"|building)| (?:intersection|crossing|junction|corner)\b"
)
_WORD = r"[a-z][a-z'\-]*"
_PREPOSITION = (
    r"(?:right |just )?(?:outside|near|by|behind|at|in front of|opposite|across from|beside|next to|under"
    r"|underneath|below|over|along|around|inside|on top of|close to|from|off|on|in|to)"
)
_LANDMARK = (
    r"(?:school|library|park|station|market|hospital|clinic|shop|store|supermarket|square|plaza|bridge"
    r"|river|canal|lake|playground|overpass|underpass|mall|hotel|restaurant|bus stop|stop|community|village"
    r"|compound|estate|building|bank|pharmacy|kindergarten|gate|entrance|crossroads?|intersection"
    r"|roundabout|church|temple|office|police station|gas station|petrol station|square|court|garden|gym"
    r"|stadium|pond|pier|embankment|river walk|parking lot|car park|construction site|site|factory|bakery"
    r"|cafe|bar|university|college|campus|crossing|junction|corner|tunnel|garage)"
)
_NAMED_ROAD = re.compile(
    rf"(?<![a-z])(?:the )?(?:corner of )?((?!the |a |this |that |my |our |main |whole |on |at |in |near "
    rf"|by |from |along |of |and |is |it's |its |not |wrong |right |side "
    rf"|same )(?:{_WORD} ){{1,2}}{_ROAD})(?:(?: and | & )((?:{_WORD} ){{1,2}}{_ROAD}))?{_TAILS}"
)
_STOPS = re.compile(
    r"^(?:.*\b(?:the|a|on|at|in|near|by|from|along|of|and|is|it's|its|not|wrong|to|side|outside|behind|off"
    r"|opposite|under|typed|s|street|before|for|with|down|up|this|that|every|across)\s)+"
)
_PLAIN_AT = frozenset({"at", "from", "in", "on", "to", "off"})
_BY_LANDMARK = re.compile(
    rf"(?<![a-z])({_PREPOSITION}) (?:the |a |an |our |my |this |that )?(?:(?!of |and |for |with |the |is "
    rf"|are |to |on |at )[a-z0-9][a-z0-9'.\-]* ){{0,4}}?{_LANDMARK}(?! \w+ing)\b(?: (?:gate|entrance"
    rf"|exit)(?: \d)?)?"
)
_NAMED_LANDMARK = re.compile(
    rf"(?<![a-z])(?:the )?(?:{_WORD} ){{0,2}}(?:river walk|pedestrian overpass|noodle shop downstairs|park"
    rf"|railway station|high school|middle school|primary school)\b"
)


_NEAR = re.compile(
    r"(?<![a-z])((?:outside|near|by|behind|in front of|opposite|beside|next to|under|inside) (?:the )?)$"
)


class EnglishNames:
    """Romanised names of the city's places."""

    def __init__(self, entries: list[Entry]) -> None:
        self._names: dict[str, list[Entry]] = {}
        for entry in entries:
            for form in _romanised(entry):
                self._names.setdefault(form, []).append(entry)
        words = sorted({name.split()[0] for name in self._names}, key=len, reverse=True)
        self._first = frozenset(words)

    def find(self, text: str) -> Iterator[Atom]:
        """Romanised names in a folded text, longest first at each word."""
        words = list(re.finditer(r"[a-z']+", text))
        index = 0
        while index < len(words):
            step = 1
            if words[index].group() in self._first:
                for size in range(min(4, len(words) - index), 0, -1):
                    span = words[index : index + size]
                    entries = self._names.get(" ".join(word.group() for word in span))
                    if entries:
                        lead = _NEAR.search(text[: span[0].start()])
                        start = lead.start(1) if lead else span[0].start()
                        yield Atom(start, span[-1].end(), kind_of(entries, False), tuple(entries))
                        step = size
                        break
            index += step


_KIND_WORDS = {
    "village": ("village", "cun"),
    "community": ("community", "neighborhood", "neighbourhood", "shequ"),
    "township": ("town", "township", "subdistrict", "street office"),
    "compound": ("compound", "estate", "garden", "gardens", "community"),
}


def _romanised(entry: Entry) -> list[str]:
    """Forms a name takes in English; only those that cannot be mistaken for an ordinary word."""
    bare = bare_name(entry)
    if not all("\u4e00" <= character <= "\u9fff" for character in bare):
        return []
    syllables = [(sounds(character) or ("",))[0].replace("ü", "v") for character in bare]
    joined = "".join(syllables)
    if entry.kind == "road" or (entry.kind == "community" and bare[-1] in "路街"):
        if entry.kind != "road":
            return [f"{joined} community"]
        return []
    forms = [f"{joined} {word}" for word in _KIND_WORDS.get(entry.kind, ())]
    if len(syllables) >= 3:
        forms.append(joined)
        forms += [" ".join(("".join(syllables[:cut]), "".join(syllables[cut:]))) for cut in range(1, len(syllables))]
    if entry.kind == "poi" and bare.endswith("公园"):
        base = "".join(syllables[:-2])
        forms += [f"{base} park", f"{base} gongyuan"]
    return forms


_RELATIVE = re.compile(
    rf"(?<![a-z])(?:{_PREPOSITION} )(?:(?:my|our|the|his|her|their) )(?:front |back )?(?:house|home"
    rf"|flat|apartment|window|door|gate|yard|balcony|street|block|building|lane|alley|hallway|staircase"
    rf"|stairs|stairwell|basement|shop|place|neighbou?rhood)s?\b|\b(?:(?:my|our) (?:street|road|lane"
    rf"|block|building|neighbou?rhood|alley|staircase|compound)|downstairs|upstairs|next door|on my way"
    rf"|around here|the (?:corner|stairwell|hallway|alley))\b"
)


def english_relatives(text: str) -> Iterator[Atom]:
    """Words that say where only to someone who knows the speaker."""
    for match in _RELATIVE.finditer(text):
        yield Atom(match.start(), match.end(), "relative", weak=True)


def english_atoms(text: str) -> Iterator[Atom]:
    """Roads and landmarks of an English text."""
    for match in _NAMED_ROAD.finditer(text):
        start, end = match.start(1), match.end()
        lead = _STOPS.match(text[start:end])
        if lead and not match.group(2):
            start += lead.end()
        if re.match(_ROAD, text[start:end]) or re.search(r"\bnot\s(?:the\s)?$", text[max(0, start - 8) : start]):
            continue
        yield Atom(start, end, "crossing" if match.group(2) else "road")
    for match in _BY_LANDMARK.finditer(text):
        yield Atom(match.end(1) + 1 if match.group(1) in _PLAIN_AT else match.start(), match.end(), "poi")
    for match in _NAMED_LANDMARK.finditer(text):
        yield Atom(match.start(), match.end(), "poi")
