"""How sure is sure. The thresholds hold for calibrated probabilities: at 0.8, four of five are right. Pure."""

from bot.intake.draft import Line

SURE = 0.40  # the card shows the guess, and one word there mends it: cheaper for the resident than a question
LIKELY = 0.25  # or at least this …
AHEAD = 0.15  # … and this much before the second
OPTION = 0.06  # a service this likely is worth a button
SHORT = 14  # characters; a short text that fits nowhere deserves "what happened?" more than a menu
OPTIONS = 3


def is_sure(line: Line) -> bool:
    if line.settled or line.confidence >= SURE:
        return True
    return line.confidence >= LIKELY and line.confidence - _second(line) >= AHEAD


def is_lost(line: Line) -> bool:
    """Whether asking what happened serves better than offering services: nothing is known, or next to nothing was said."""
    if line.service_code is None:
        return True
    return not is_sure(line) and len(line.text) < SHORT and line.confidence < LIKELY


def options(line: Line) -> tuple[str, ...]:
    """Two or three codes to choose from, best first."""
    likely = [code for code, share in line.ranking if share >= OPTION][:OPTIONS]
    return tuple(likely if len(likely) >= 2 else [code for code, _ in line.ranking[:2]])


def _second(line: Line) -> float:
    return line.ranking[1][1] if len(line.ranking) > 1 else 0.0
