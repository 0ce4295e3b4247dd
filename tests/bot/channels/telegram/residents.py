"""Updates as Telegram writes them."""

import io
import itertools
import time
from typing import Any

from PIL import Image

LI = 1001
WANG = 1002
_message_ids = itertools.count(100)


def message(chat: int = LI, message_id: int | None = None, language: str | None = "zh-hans", **content: Any) -> dict:
    return {
        "message": {
            "message_id": next(_message_ids) if message_id is None else message_id,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "Li"},
            "from": {"id": chat, "is_bot": False, "first_name": "Li", "language_code": language},
            **content,
        }
    }


def edited(original: dict, at: int = 0, **content: Any) -> dict:
    return {"edited_message": {**original["message"], "edit_date": int(time.time()) + at, **content}}


def press(data: str, chat: int = LI, query: str = "q1", message_id: int = 5) -> dict:
    return {
        "callback_query": {
            "id": query,
            "from": {"id": chat, "is_bot": False, "first_name": "Li", "language_code": "zh"},
            "chat_instance": "1",
            "data": data,
            "message": {
                "message_id": message_id,
                "date": int(time.time()),
                "chat": {"id": chat, "type": "private", "first_name": "Li"},
                "text": "?",
            },
        }
    }


def membership(status: str, chat: int = LI, kind: str = "private") -> dict:
    bot = {"id": 7, "is_bot": True, "first_name": "Yizhan"}
    chat_of = {"id": chat, "type": kind, **({"first_name": "Li"} if kind == "private" else {"title": "Village"})}
    return {
        "my_chat_member": {
            "chat": chat_of,
            "from": {"id": LI, "is_bot": False, "first_name": "Li", "language_code": "en"},
            "date": int(time.time()),
            "old_chat_member": {"user": bot, "status": "left"},
            "new_chat_member": {"user": bot, "status": status, **({"until_date": 0} if status == "kicked" else {})},
        }
    }


def photo(*names: str) -> list[dict[str, Any]]:
    """Sizes of one photo, the last and largest under the last name."""
    return [
        {"file_id": name, "file_unique_id": f"{name}-u", "width": 90 * (i + 1), "height": 60 * (i + 1)}
        for i, name in enumerate(names)
    ]


def picture(colour: str = "red", form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, form)
    return out.getvalue()


def asset(content: bytes) -> dict[str, Any]:
    return {"filename": "picture", "data": content, "size": len(content)}
