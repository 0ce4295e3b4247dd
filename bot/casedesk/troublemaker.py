"""Acts a fault out on one request. Plain ASGI around the whole desk; waiting here holds up nobody else."""

import asyncio
import math
import socket
import struct
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.casedesk.faults import DEFAULT_SECONDS, TOKEN_FAULTS, Fault, FaultPlan
from bot.casedesk.formats import JSON_TYPE, XML_TYPE, error_answer, wanted_format
from bot.casedesk.problems import Problem

FAULT_KEY = "desk.fault"  # in the scope: the token fault that POST requests is to act out
TRANSPORT_KEY = "desk.transport"  # in the scope's extensions: the connection, put there by protocol.py
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds
REFUSALS = {
    "error_500": (500, "the desk failed while taking the request down (planned fault)"),
    "error_503_retry_after": (503, "the desk is being looked after: come back later (planned fault)"),
    "refuse_400": (400, "the desk does not take this request (planned fault)"),
    "duplicate_400": (400, "duplicate: the desk has this request already (planned fault)"),
}


class Troublemaker:
    """Takes the plan's next fitting fault for each request; without one it only passes through."""

    def __init__(self, app: ASGIApp, plan: FaultPlan, hold_seconds: float) -> None:
        self.app = app
        self.plan = plan
        self.hold_seconds = hold_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.plan.take(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if fault is None:
            await self.app(scope, receive, send)
        elif fault.do in TOKEN_FAULTS:
            await self.app({**scope, FAULT_KEY: fault}, receive, send)
        elif fault.do in REFUSALS:
            await self._refuse(fault, scope, receive, send)
        elif fault.do == "malformed":
            await self._answer_broken(fault, scope, receive, send)
        elif fault.do == "slow":
            await self._answer_late(fault, scope, receive, send)
        else:
            await self._never_answer(fault, scope, receive)

    async def _refuse(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        await _drain(receive)
        headers = {}
        if fault.do == "error_503_retry_after":
            headers["Retry-After"] = str(math.ceil(_seconds(fault, DEFAULT_SECONDS[fault.do])))
        problem = Problem(*REFUSALS[fault.do])
        await error_answer(Request(scope), (problem,), headers)(scope, receive, send)

    async def _answer_broken(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        await self._work_silently(fault.works, scope, receive)
        request = Request(scope)
        xml = wanted_format(request.url.path, request.headers.get("accept", "")) == "xml"
        body = b'<?xml version="1.0"?><service_requests><request><servi' if xml else b'[{"service_request_id": "'
        kind = (XML_TYPE if xml else JSON_TYPE).encode()
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer_late(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """By default the work comes first and the answer late; `stored` false turns that round: all of it is late."""
        seconds = _seconds(fault, DEFAULT_SECONDS["slow"])
        if not fault.works:
            request = await _keep(receive)  # the caller may be gone by the time the work is done
            await asyncio.sleep(seconds)
            await self.app(scope, _replay(request, receive), send)
            return
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self.app(scope, receive, keep)
        await asyncio.sleep(seconds)
        for message in kept:
            await send(message)

    async def _never_answer(self, fault: Fault, scope: Scope, receive: Receive) -> None:
        works = fault.do == "accept_then_timeout" or (fault.do == "reset" and fault.works)
        await self._work_silently(works, scope, receive)
        transport = scope.get("extensions", {}).get(TRANSPORT_KEY)
        if transport is None:
            raise RuntimeError("this fault needs the desk's own server: start it with python -m bot.casedesk")
        if fault.do != "reset":
            await _hold(receive, _seconds(fault, self.hold_seconds))
        _hang_up(transport, hard=fault.do == "reset")
        await _hold(receive, None)

    async def _work_silently(self, works: bool, scope: Scope, receive: Receive) -> None:
        if not works:
            await _drain(receive)
            return

        async def forget(_message: Message) -> None:
            return None

        await self.app(scope, receive, forget)


def _seconds(fault: Fault, default: float) -> float:
    return default if fault.seconds is None else fault.seconds


async def _drain(receive: Receive) -> None:
    """Reads the request to its end, keeping nothing."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


async def _keep(receive: Receive) -> list[Message]:
    """The whole request, as it came."""
    kept = []
    while True:
        kept.append(await receive())
        if kept[-1]["type"] == "http.disconnect" or not kept[-1].get("more_body", False):
            return kept


def _replay(kept: list[Message], receive: Receive) -> Receive:
    left = iter(kept)

    async def again() -> Message:
        return next(left, None) or await receive()

    return again


async def _hold(receive: Receive, seconds: float | None) -> None:
    """Until the caller has gone, at most for `seconds`."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(gone(), seconds)
    except TimeoutError:
        return


def _hang_up(transport: Any, hard: bool) -> None:
    if transport.is_closing():
        return
    if hard:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
