"""Plays a scripted resident (format: the evaluation set's README) over the chat API and judges what came of it."""

import io
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from PIL import Image

TURNS = 14  # a script that has not ended by then has failed
WAIT = 20  # seconds to wait for a reply


@dataclass
class Played:
    """What happened, and what was wrong with it."""

    id: str
    turns: int = 0  # resident messages up to and including the confirmation
    asked: list[str] = field(default_factory=list)
    first_reply: str = ""
    transcript: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)  # asked, though the resident had said it
    asked_again: list[str] = field(default_factory=list)


def complete(script: dict[str, Any]) -> dict[str, Any]:
    """The script with everything that it may leave out."""
    facts = {"location": None, "time": None, "contact": None, "anonymous": False, "detail": "", "confirm": True}
    expect = {"first_reply_contains_any": [], "never_asks": [], "max_resident_turns": TURNS}
    return {
        "later": [],
        **script,
        "facts": {**facts, **script["facts"]},
        "expect": {**expect, **script["expect"]},
    }


class Player:
    """One resident on one session. `api` points at the service, `desk` at the case desk."""

    def __init__(self, api: httpx.Client, desk: httpx.Client, script: dict[str, Any]) -> None:
        self.api, self.desk, self.script = api, desk, script
        self.facts = script["facts"]
        self.played = Played(script["id"])
        self.after = 0
        self.last: dict[str, Any] = {}
        self.changed = self.confirmed = False

    def play(self) -> Played:
        answer = self.api.post("/chat/api/sessions")
        answer.raise_for_status()
        self.api.headers["Authorization"] = f"Bearer {answer.json()['session']}"
        before = len(self._cases())
        self._read()
        for item in self.script["opens_with"]:
            self._send(item)
        self._read(first=True)
        while not self.confirmed and self.played.turns < TURNS and self._answer():
            self._read()
        for item in self.script["later"]:
            self._later(item)
        self._judge(self._arrived(before))
        return self.played

    def _answer(self) -> bool:
        """Answers the open question; False where none is open."""
        expects = self.last.get("expects")
        if not expects:
            return False
        facts = self.facts
        kind = expects.split(":")[0]
        if kind == "confirm":
            return self._confirm(facts["confirm"])
        if kind == "join_duplicate":
            self._send(facts.get("join_duplicate") or "不是同一个")
        elif kind in ("location", "which_place"):
            self._send(facts.get("location") or facts["detail"])
        elif kind == "time":
            self._send(facts.get("time") or facts["detail"])
        elif kind == "contact":
            self._send(facts.get("contact") or facts["detail"])
        elif kind == "anonymity":
            self._send("匿名" if facts.get("anonymous") else "不用匿名")
        else:
            self._send(facts["detail"])
        return True

    def _confirm(self, how: Any) -> bool:
        if isinstance(how, dict) and not self.changed:
            self.changed = True
            self._send(how["change"])
            return True
        if how is True or how == "yes" or isinstance(how, dict):
            payload = next(b["payload"] for b in self.last["buttons"] if b["payload"].startswith("confirm"))
            self._post({"button": payload})
            self.played.transcript.append("R: [confirm]")
        else:
            self._send(how)
        self.confirmed = True
        self._read()
        return True

    def _later(self, item: Any) -> None:
        if isinstance(item, dict):
            for case in self._cases():
                self.desk.post(f"/desk/api/cases/{case['id']}/status", json={"status": item["desk"], "note": ""})
            deadline = time.time() + WAIT
            while time.time() < deadline and not self._read(wait=1):
                pass
        else:
            self._send(item, counts=False)
            self._read()
            time.sleep(1.0)

    def _send(self, item: Any, counts: bool = True) -> None:
        self.played.turns += counts
        if isinstance(item, dict) and "photo" in item:
            self.played.transcript.append("R: [photo]")
            upload = self.api.post("/chat/api/uploads", files={"file": ("p.jpg", _picture(), "image/jpeg")})
            upload.raise_for_status()
            self._post({"uploads": [upload.json()["upload"]]}, counts=False)
        elif isinstance(item, dict) and "pin" in item:
            self.played.transcript.append("R: [pin]")
            self._post({"location": {"lat": item["pin"][0], "lon": item["pin"][1]}}, counts=False)
        else:
            text = item["voice_text"] if isinstance(item, dict) else item
            self.played.transcript.append(f"R: {text}")
            self._post({"text": text}, counts=False)

    def _post(self, body: dict[str, Any], counts: bool = True) -> None:
        self.played.turns += counts
        self.api.post("/chat/api/messages", json={"id": uuid.uuid4().hex, **body}).raise_for_status()

    def _read(self, first: bool = False, wait: int = WAIT) -> bool:
        """Reads until the service is idle; whether anything came."""
        got, deadline = [], time.time() + wait
        while time.time() < deadline:
            answer = self.api.get(
                "/chat/api/messages", params={"after": self.after, "wait": min(wait, 10)}, timeout=30
            ).json()
            got += answer["messages"]
            if answer["messages"]:
                self.after = answer["messages"][-1]["seq"]
            if answer["idle"] and (got or wait != 1):
                break
        for message in got:
            self.last = message
            self.played.transcript.append(
                f"B: {message['text']}" + (f"  <{message['expects']}>" if message["expects"] else "")
            )
        asked = [m["expects"] for m in got if m["expects"] and m["expects"] != "confirm"]
        self.played.asked += asked
        if first and got:
            self.played.first_reply = got[0]["text"]
        return bool(got)

    def _arrived(self, before: int) -> list[dict[str, Any]]:
        """The cases of this dialogue, once all that are expected, and any that are too many, have had time to arrive."""
        deadline = time.time() + WAIT
        while len(self._cases()) - before < self.script["expect"]["tickets"] and time.time() < deadline:
            if not self.confirmed:
                break
            time.sleep(0.1)
        time.sleep(0.3)
        return self._cases()[before:]

    def _cases(self) -> list[dict[str, Any]]:
        cases = self.desk.get("/desk/api/cases").json()["cases"]
        return [c for c in cases if not c["service_code"].startswith("NT-")]

    def _judge(self, cases: list[dict[str, Any]]) -> None:
        expect, faults = self.script["expect"], self.played.faults
        if len(cases) != expect["tickets"]:
            faults.append(f"{len(cases)} tickets, not {expect['tickets']}")
        left = list(cases)
        for codes, words in zip(expect["services"], expect["place_contains"], strict=False):
            fitting = [c for c in left if c["service_code"] in codes and words in (c["address"] or "")]
            if fitting:
                left.remove(fitting[0])
            elif not (len(codes) and any(code.startswith("NT-") for code in codes) and not cases):
                got = [(c["service_code"], c["address"]) for c in cases]
                faults.append(f"no ticket {codes} at {words!r}, but {got}")
        wanted = expect["first_reply_contains_any"]
        if wanted and not any(word in self.played.first_reply for word in wanted):
            faults.append(f"first reply lacks {wanted}")
        self.played.needless = [a for a in self.played.asked if a.split(":")[0] in expect["never_asks"]]
        faults += [f"asked {item}" for item in self.played.needless]
        if self.played.turns > expect["max_resident_turns"]:
            faults.append(f"{self.played.turns} turns, not {expect['max_resident_turns']}")
        if len(self.script["opens_with"]) == 1:  # several messages sent at once may each be met with the question
            self.played.asked_again = sorted({a for a in self.played.asked if self.played.asked.count(a) > 1})
        if self.played.asked_again:
            faults.append(f"asked twice: {self.played.asked_again}")


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (120, 110, 100)).save(out, "JPEG")
    return out.getvalue()
