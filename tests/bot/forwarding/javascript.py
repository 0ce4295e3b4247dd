"""Standard Webhooks' published JavaScript library, asked to sign and to verify."""

import json
import shutil
import subprocess

import pytest

from tests.bot.forwarding.desk_process import ROOT

LIBRARY = ROOT / "web/node_modules/standardwebhooks"
PROGRAM = """
const { Webhook } = require(process.argv[1]);
const asked = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const hook = new Webhook(asked.secret);
if (asked.headers) {
  try { hook.verify(asked.body, asked.headers); console.log("verified"); } catch (error) { console.log(error.message); }
} else {
  console.log(hook.sign(asked.id, new Date(asked.at * 1000), asked.body));
}
"""


def _ask(**asked: object) -> str:
    node = shutil.which("node")
    if node is None or not LIBRARY.exists():
        pytest.fail("the JavaScript library is missing: make setup-test")
    command = [node, "-e", PROGRAM, str(LIBRARY)]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def verify(secret: str, body: bytes, headers: dict[str, str]) -> str:
    """`verified`, or why not."""
    return _ask(secret=secret, body=body.decode(), headers=headers)


def sign(secret: str, id_: str, at: float, body: bytes) -> dict[str, str]:
    """The three headers. `at`: seconds since 1970."""
    signature = _ask(secret=secret, id=id_, at=int(at), body=body.decode())
    return {"webhook-id": id_, "webhook-timestamp": str(int(at)), "webhook-signature": signature}
