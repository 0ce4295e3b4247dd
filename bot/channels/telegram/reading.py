"""What a Telegram update means for us. Pure: an update in, one of the small values below out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User
from telegram.ext.filters import StatusUpdate

from bot.intake.phrases import LANGUAGES

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/bmp", "image/tiff")
# What a message may carry that we cannot read; an animation also carries a document, so it comes first.
UNREADABLE = (
    "voice",
    "audio",
    "animation",
    "video_note",
    "video",
    "sticker",
    "document",
    "contact",
    "poll",
    "dice",
    "story",
    "game",
)
# A command stands alone; any other text that starts with "/" is what somebody wrote. A link to the bot may give `start`
# a word, and in some clients the bot's name follows.
_COMMAND = re.compile(
    r"\s*[/／](?P<name>start|help|status|cancel|privacy|person|language|delete)(?:@\w+)?"
    r"(?:\s+(?P<value>\S+))?\s*",
    re.IGNORECASE,
)
VALUES = {"language": ("zh", "en"), "delete": ("yes",)}


@dataclass(frozen=True)
class Press:
    """A button that was pressed: `query` is to be answered, the keyboard of `message` to be taken away."""

    query: str
    message: int | None


@dataclass(frozen=True)
class Incoming:
    """Something for the inbox. `files` are pictures that have to be fetched from Telegram first."""

    chat: str
    update_id: str
    kind: str
    payload: dict[str, Any]
    language: str
    files: tuple[str, ...] = ()
    album_part: str | None = None  # the part's own update id, where `update_id` is the whole album's
    press: Press | None = None


@dataclass(frozen=True)
class Blocked:
    """The resident stopped the bot, or lets it write again."""

    chat: str
    blocked: bool


@dataclass(frozen=True)
class Group:
    """Somebody speaks to the bot, or took it into a group: only private chats are served."""

    chat: str
    language: str


Meaning = Incoming | Blocked | Group | None


def read_update(update: Update) -> Meaning:
    """None where there is nothing to do: service messages, later points of a live location, edits without words."""
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    if update.callback_query is not None:
        return _press(update.callback_query)
    message = update.message or update.edited_message
    if message is None or StatusUpdate.ALL.check_update(update):
        return None
    language = language_of(message.from_user)
    if message.chat.type != Chat.PRIVATE:
        return Group(str(message.chat.id), language)
    return _edit(message, language) if update.edited_message is not None else _message(message, language)


def language_of(user: User | None) -> str:
    """The language of the resident's client where it is one of ours, else Chinese."""
    code = ((user.language_code if user else None) or "").lower()
    return next((language for language in LANGUAGES if re.split("[-_]", code)[0] == language), "zh")


def command_in(text: str) -> str | None:
    """The command without its slash and the bot's name; None where the text is no command of ours."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    name, value = found["name"].lower(), (found["value"] or "").lower()
    if not value or name == "start":
        return name
    return f"{name} {value}" if value in VALUES.get(name, ()) else None


def update_id_of(message: Message) -> str:
    """The same for a message whenever it comes; one for all parts of an album."""
    if message.media_group_id:
        return f"{message.chat.id}:album:{message.media_group_id}"
    return f"{message.chat.id}:{message.message_id}"


def _message(message: Message, language: str) -> Meaning:
    payload, files = _content(message)
    album = bool(message.media_group_id) and bool(files)
    return Incoming(
        chat=str(message.chat.id),
        update_id=update_id_of(message) if album else f"{message.chat.id}:{message.message_id}",
        kind=_kind(payload, files),
        payload=payload,
        language=language,
        files=files,
        album_part=f"{message.chat.id}:{message.message_id}" if album else None,
    )


def _content(message: Message) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The inbox payload, and the pictures to fetch."""
    payload: dict[str, Any] = {}
    text = message.text or message.caption
    if text and (command := command_in(text)):
        return {"command": command}, ()
    if text:
        payload["text"] = text
    if message.location is not None:  # a venue has one too
        payload["location"] = {"lat": message.location.latitude, "lon": message.location.longitude}
    files = tuple(_pictures(message))
    if not files and not payload:
        payload["other"] = next((name for name in UNREADABLE if getattr(message, name)), "unknown")
    return payload, files


def _pictures(message: Message) -> Iterable[str]:
    sizes = message.photo or (message.live_photo.photo if message.live_photo is not None else ())
    if sizes:
        yield max(sizes, key=lambda size: size.width * size.height).file_id
    elif message.document is not None and message.document.mime_type in PICTURES:
        yield message.document.file_id


def _kind(payload: dict[str, Any], files: tuple[str, ...]) -> str:
    if "command" in payload:
        return "command"
    if "text" in payload:
        return "text"
    if files:
        return "photo"
    return "location" if "location" in payload else "other"


def _edit(message: Message, language: str) -> Meaning:
    """Changed words only: a live location that moves comes as an edit too, and its first point was enough."""
    text = message.text or message.caption
    if not text or message.edit_date is None:
        return None
    own = f"{message.chat.id}:{message.message_id}"
    return Incoming(
        chat=str(message.chat.id),
        update_id=f"{own}:edit:{int(message.edit_date.timestamp())}",
        kind="edit",
        payload={"text": text, "edits": update_id_of(message)},
        language=language,
    )


def _press(query: CallbackQuery) -> Meaning:
    chat = query.message.chat if query.message is not None else None
    if chat is not None and chat.type != Chat.PRIVATE:
        return Group(str(chat.id), language_of(query.from_user))
    return Incoming(
        chat=str(chat.id if chat is not None else query.from_user.id),
        update_id=f"callback:{query.id}",
        kind="button",
        payload={"button": query.data or ""},
        language=language_of(query.from_user),
        press=Press(query.id, query.message.message_id if query.message is not None else None),
    )


def _membership(change: ChatMemberUpdated) -> Meaning:
    chat, status = str(change.chat.id), change.new_chat_member.status
    gone = status in ("kicked", "left")
    if change.chat.type == Chat.PRIVATE:
        return Blocked(chat, gone)
    return None if gone or change.chat.type == Chat.CHANNEL else Group(chat, language_of(change.from_user))
