"""Official places and the names residents use for them."""

from __future__ import annotations

from dataclasses import dataclass

_OFFICIAL_TAILS = ("居民委员会", "村民委员会", "社区生活区", "行政村生活区", "生活区")
_TOWNSHIP_TAILS = ("街道", "镇", "乡")
_FAMILY_ENDING = "那"


@dataclass(frozen=True)
class Entry:
    """One official place."""

    name: str
    kind: str
    parent: str
    code: str | None


def bare_name(entry: Entry) -> str:
    """The name without its official ending: 蒋庄居民委员会 -> 蒋庄, 址坊镇 -> 址坊."""
    name = entry.name.split("（")[0]
    if entry.kind == "township":
        for tail in _TOWNSHIP_TAILS:
            if name.endswith(tail) and len(name) - len(tail) >= 2:
                return name[: -len(tail)]
        return name
    for tail in _OFFICIAL_TAILS:
        if name.endswith(tail) and len(name) > len(tail):
            return name[: -len(tail)]
    return name


def spoken_names(entry: Entry) -> list[str]:
    """Every form residents use for a place, the official one included."""
    bare = bare_name(entry)
    full = entry.name.split("（")[0]
    if entry.kind == "township":
        forms = [full, bare, bare + "街道办", bare + "街道办事处", bare + "办事处", bare + "镇", bare + "乡"]
        if full.endswith(("镇", "乡")):
            forms += [full + "政府", bare + "街上"]
        return forms if not full.endswith("农场") else [full]
    if entry.kind == "village":
        forms = [full, bare, bare + "村", bare + "行政村", bare + "村委会", bare + "村委", bare + "大队"]
        if bare.endswith("村"):
            forms.append(bare[:-1])
        if bare.endswith(_FAMILY_ENDING):
            forms += [bare[:-1] + "家", bare[:-1] + "家村"]
        return [form for form in forms if len(form) >= 2]
    if entry.kind == "community":
        return [full, bare, bare + "社区", bare + "居委会", bare + "小区", bare + "村", bare + "生活区"]
    return [full]
