"""The terminal: the chat of a running service, over its web chat API (docs/reference/chat-api.md)."""

from bot.channels.terminal.talk import chat

__all__ = ["chat"]
