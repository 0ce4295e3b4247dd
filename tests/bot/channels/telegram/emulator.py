"""A Bot API on loopback that remembers what the bot sent, gives real dates, and fails when told to."""

import json
import time
from collections import defaultdict, deque
from typing import Any

from aiohttp import web
from lo_bot_api_emulator import ApiRefusal, LoBotApiEmulator

TOKEN = "123456:TEST-token"
USERNAME = "xihua_yizhan_bot"


class Emulator(LoBotApiEmulator):
    """`calls` holds (method, fields) in order; `faults[method]` holds refusals for its next calls."""

    def __init__(self) -> None:
        super().__init__(allow_insecure_loopback_webhooks=True)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: dict[str, deque[ApiRefusal]] = defaultdict(deque)
        self.refused_chats: dict[int, ApiRefusal] = {}
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def fail(self, method: str, status: int, description: str = "", **parameters: Any) -> None:
        self.faults[method].append(ApiRefusal(description or f"fault {status}", status, parameters or None))

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:
        self.calls.append((method, {name: self._plain(value) for name, value in fields.items()}))
        if self.faults[method]:
            raise self.faults[method].popleft()
        if method.startswith("send") and int(fields["chat_id"]) in self.refused_chats:
            raise self.refused_chats[int(fields["chat_id"])]
        if method == "leaveChat":  # real, but not modelled by the emulator
            return True
        # link_preview_options is real too; the emulator does not know it.
        known = {name: value for name, value in fields.items() if name != "link_preview_options"}
        result = super().validate(method, known, uploads)
        if method == "getMe":
            result["username"] = USERNAME
        if isinstance(result, dict) and result.get("date") == 1:
            result["date"] = int(time.time())
        return result

    @staticmethod
    def _plain(value: Any) -> Any:
        if isinstance(value, str) and value[:1] in "[{":
            return json.loads(value)
        return value

    def sent(self, method: str = "sendMessage", chat: int | None = None) -> list[dict[str, Any]]:
        return [
            fields
            for name, fields in self.calls
            if name == method and (chat is None or int(fields.get("chat_id", 0)) == chat)
        ]

    def texts(self, chat: int | None = None) -> list[str]:
        return [fields["text"] for fields in self.sent(chat=chat)]
