"""What the console answers when it does not do something: a page for people, {"error": …} for scripts and fragments."""

from typing import Any

from fastapi import Request


class Refused(Exception):
    """`key` is a phrase of the console that says what to do; `params` fill it in."""

    def __init__(self, status: int, key: str, headers: dict[str, str] | None = None, **params: Any) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.headers = headers or {}
        self.params = params


class NotSignedIn(Exception):
    """Nobody is signed in, or no longer."""


def wants_json(request: Request) -> bool:
    """Whether a script asks: the JSON API, or a page's own script that marks its requests."""
    return "/console/api/" in request.url.path or "x-script" in request.headers
