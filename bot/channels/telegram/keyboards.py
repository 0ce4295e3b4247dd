"""Buttons as Telegram shows them, and split texts. Pure."""

import hashlib
from collections.abc import Iterable
from typing import Any

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

MAX_DATA = 64  # bytes of callback_data that Telegram takes
MAX_TEXT = 4096  # UTF-16 units of one message
WIDE = 8  # characters from which a button gets a row of its own (a Chinese character counts double)
MARK = "#"  # begins the digest that stands for a payload too long for Telegram

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


def data_of(payload: str) -> str:
    """What the button carries: the payload, or a digest that `payload_of` finds again in the sent messages."""
    if len(payload.encode()) <= MAX_DATA and not payload.startswith(MARK):
        return payload
    return MARK + hashlib.sha256(payload.encode()).hexdigest()[:32]


def payload_of(data: str, bodies: Iterable[dict[str, Any]]) -> str:
    """The payload behind `data`; `data` itself where no message of this resident has such a button."""
    if not data.startswith(MARK):
        return data
    for body in bodies:
        for button in body["buttons"]:
            if data_of(button["payload"]) == data:
                return str(button["payload"])
    return data


def markup_of(body: dict[str, Any]) -> Markup:
    """The keyboard under a message.

    "Send my position" alone becomes a key that sends it at once (Telegram asks the resident first). Under a message
    without buttons such a key of an earlier question is taken away.
    """
    buttons = body["buttons"]
    if [button["payload"] for button in buttons] == ["pin"]:
        key = KeyboardButton(buttons[0]["title"], request_location=True)
        return ReplyKeyboardMarkup([[key]], resize_keyboard=True, one_time_keyboard=True)
    if not buttons:
        return ReplyKeyboardRemove()
    return InlineKeyboardMarkup(_rows(buttons))


def split(text: str, limit: int = MAX_TEXT) -> list[str]:
    """The text in parts that Telegram takes, broken at a line, a sentence or a space where there is one."""
    parts = []
    while _units(text) > limit:
        cut = _cut(text, limit)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [part for part in [*parts, text] if part.strip()]


def _cut(text: str, limit: int) -> int:
    head = text[:limit]
    while _units(head) > limit:
        head = head[: -max(1, (_units(head) - limit) // 2)]
    for stop in ("\n", "。", "！", "？", ". ", " "):
        at = head.rfind(stop)
        if at > len(head) // 2:
            return at + len(stop)
    return len(head)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _rows(buttons: list[dict[str, str]]) -> list[list[InlineKeyboardButton]]:
    """Two short buttons share a row, a long one has its own."""
    rows: list[list[InlineKeyboardButton]] = []
    open_row = False
    for button in buttons:
        made = InlineKeyboardButton(button["title"], callback_data=data_of(button["payload"]))
        short = sum(2 if ord(char) > 0x2E7F else 1 for char in button["title"]) <= 2 * WIDE
        if short and open_row:
            rows[-1].append(made)
            open_row = False
        else:
            rows.append([made])
            open_row = short
    return rows
