"""Words that wound: a person should see what is said to the service in such a tone, and what the service answered."""

from __future__ import annotations

import re

from language.fold import fold

_WORDS = re.compile(
    r"傻[逼比bx叉]|[煞沙]笔|你[他它]?妈[的逼比]|[他tT它]妈的|尼玛|草泥马|[操艹草日干]你[妈娘大爷]|王八[蛋羔]|狗[日娘]的|狗东西"
    r"|滚[蛋犊]|龟孙|[贱婊]人|婊子|混[蛋账]|[废垃]物东西|一群废物|吃屎|去死吧?|不得好死|畜生|弄死你|打死你|砍死你|杀了你"
    r"|\bf+u+c+k|\bshit(?:ty)?\b|\bbitch|\bbastard|\basshole|\bidiots?\b|\bmoron",
    re.I,
)


def is_abusive(text: str) -> bool:
    """Whether the text insults or threatens somebody. A hint for a person, never a reason to treat anybody worse."""
    return _WORDS.search(fold(text).text) is not None
