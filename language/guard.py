"""The guard character between service and engine.

Rasa obeys any text that starts with "/". The service therefore puts exactly one U+2060 (word joiner) before
every text it sends; the engine takes exactly one away. Offsets count from the text as the resident sent it.
"""

GUARD = "\u2060"


def guard(text: str) -> str:
    """Return the text with one guard character before it, whatever the text starts with."""
    return GUARD + text


def unguard(text: str) -> str:
    """Return the text without one leading guard character; unchanged where there is none."""
    return text[1:] if text.startswith(GUARD) else text
