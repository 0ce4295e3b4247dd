"""Which language a message is written in: zh or en."""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")
_CODES = re.compile(r"https?://\S+|\S+@\S+|[\u4e00-\u9fff][A-Za-z]\w{4,7}|\b[A-Za-z]{1,3}[-_]?\d[\w-]*|\b\w+_\w+")


def detect(text: str, default: str = "zh") -> str:
    """Return "zh" or "en"; the default where the text holds neither (digits, emoji, nothing).

    A Chinese message with a few Latin words stays zh: a Han character weighs as much as half a word. Number
    plates, ticket numbers and addresses are left out of the count.
    """
    bare = _CODES.sub(" ", text)
    han = len(_HAN.findall(bare))
    words = len(_WORD.findall(bare))
    if han == 0 and words == 0:
        return default
    return "zh" if han >= words * 2 or (han and words <= 2) else "en"
