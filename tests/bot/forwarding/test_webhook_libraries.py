"""Both published libraries of Standard Webhooks, both ways: they verify what we send, we take what they sign."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from bot.intake.clock import utc_now
from bot.statuses.push import is_signed
from tests.bot.forwarding import javascript
from tests.bot.forwarding.test_webhook import NEW, OLD, sent

STRANGER = "whsec_" + "c3RyYW5nZXIncyBzZWNyZXQgdGhhdCBub2JvZHkgc2hhcmVz"
BODY = json.dumps({"type": "case.status", "data": {"note": "灯修好了"}}, ensure_ascii=False).encode()
Signer = Callable[[str, str, float, bytes], dict[str, str]]


def python_sign(secret: str, id_: str, at: float, body: bytes) -> dict[str, str]:
    signature = Webhook(secret).sign(id_, datetime.fromtimestamp(at, UTC), body.decode())
    return {"webhook-id": id_, "webhook-timestamp": str(int(at)), "webhook-signature": signature}


SIGNERS = [pytest.param(python_sign, id="python"), pytest.param(javascript.sign, id="javascript")]


async def test_javascript_verifies_what_we_send_with_either_secret_of_a_rotation() -> None:
    request = await sent(OLD, NEW)
    headers = {name: request.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    assert javascript.verify(OLD, request.content, headers) == "verified"
    assert javascript.verify(NEW, request.content, headers) == "verified"
    assert javascript.verify(STRANGER, request.content, headers) != "verified"
    assert javascript.verify(OLD, request.content.replace(b"XH-1", b"XH-2"), headers) != "verified"


@pytest.mark.parametrize("sign", SIGNERS)
def test_we_take_what_they_sign_with_either_secret(sign: Signer) -> None:
    for secret in (OLD, NEW):
        assert is_signed(BODY, sign(secret, "m1", time.time(), BODY), (OLD, NEW))


@pytest.mark.parametrize("sign", SIGNERS)
@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_what_was_recorded_and_is_played_again_later_is_refused(sign: Signer, off: timedelta) -> None:
    at = (utc_now() + off).timestamp()
    assert not is_signed(BODY, sign(OLD, "m1", at, BODY), (OLD,))


@pytest.mark.parametrize("sign", SIGNERS)
def test_a_changed_body_id_or_time_and_a_stranger_are_refused(sign: Signer) -> None:
    headers = sign(OLD, "m1", time.time(), BODY)
    assert not is_signed(BODY + b" ", headers, (OLD,))
    assert not is_signed(BODY, headers | {"webhook-id": "m2"}, (OLD,))
    assert not is_signed(BODY, headers | {"webhook-timestamp": str(int(time.time()) - 9)}, (OLD,))
    assert not is_signed(BODY, sign(STRANGER, "m1", time.time(), BODY), (OLD, NEW))
