"""How far two people agree beyond chance: Cohen's kappa. Pure."""

from collections import Counter
from collections.abc import Hashable, Sequence


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """1 is full agreement, 0 what chance would bring, below 0 less than that. None without pairs.

    Two people who give every item the same one label agree fully, though chance would have brought that too.
    """
    if not pairs:
        return None
    total = len(pairs)
    agreed = sum(one == other for one, other in pairs) / total
    firsts = Counter(one for one, _ in pairs)
    seconds = Counter(other for _, other in pairs)
    by_chance = sum(number * seconds[label] for label, number in firsts.items()) / total**2
    return 1.0 if by_chance == 1.0 else (agreed - by_chance) / (1.0 - by_chance)
