"""The engine changes its model while residents are talking: nobody waits for an apology, no turn is lost."""

import asyncio
import gzip
import hashlib
import threading
from pathlib import Path

import httpx
import pytest

from bot.dialogue.engine import Engine, EngineError
from bot.intake.database import Database
from bot.intake.tables import InboxItem
from bot.models import current_model
from tests.e2e.system import ROOT, System

pytestmark = pytest.mark.e2e

TEXTS = ("路灯坏了", "女娲公园北门口的垃圾桶满得盖不上了", "谢谢", "井盖没了，可吓人")
TURNS = 8
SWAPS = 4


def test_no_turn_is_lost_while_models_are_swapped(running: System, tmp_path: Path) -> None:
    first = ROOT / current_model()
    second = packed_again(first, tmp_path / "second.tar.gz")
    residents = [running.resident() for _ in range(3)]
    silent: list[str] = []
    sent: list[str] = []

    def talk(number: int) -> None:
        for turn in range(TURNS):
            text = f"{TEXTS[(number + turn) % len(TEXTS)]} {number}-{turn}"
            replies = residents[number].send(text)
            sent.append(text)
            if not replies or any("稍等" in message["text"] for message in replies):
                silent.append(text)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(len(residents))]
    for thread in threads:
        thread.start()
    seconds = asyncio.run(swap_in_turn(running, [second, first] * (SWAPS // 2)))
    for thread in threads:
        thread.join()
    assert len(sent) == len(residents) * TURNS and silent == []
    assert max(seconds) < 60
    used = models_of(running, set(sent))
    assert set(used) == set(sent), "each turn was understood and stored"
    assert set(used.values()) <= {sha256(first), sha256(second)}
    # Whatever fell between two swaps, a turn after the last one is understood by the last one.
    residents[0].send("路灯坏了 最后")
    assert models_of(running, {"路灯坏了 最后"})["路灯坏了 最后"] == sha256(first)


async def swap_in_turn(system: System, archives: list[Path]) -> list[float]:
    """Seconds that each swap took."""
    seconds = []
    async with httpx.AsyncClient() as client:
        engine = Engine(client, f"http://127.0.0.1:{system.engine_port}")
        for archive in archives:
            started = asyncio.get_running_loop().time()
            await engine.use_model(archive)
            seconds.append(asyncio.get_running_loop().time() - started)
            await asyncio.sleep(0.5)
        with pytest.raises(EngineError):
            await engine.use_model(archives[0].with_name("missing.tar.gz"))
    return seconds


def packed_again(archive: Path, target: Path) -> Path:
    """The same model as another file: Rasa tells archives apart by their path, documents by their digest."""
    target.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()), compresslevel=1))
    return target


def models_of(system: System, texts: set[str]) -> dict[str, str]:
    """Which model understood each of the messages."""
    database = Database(f"sqlite:///{system.data / 'yizhan.db'}")
    with database.reading() as session:
        items = [item for item in session.query(InboxItem) if item.payload.get("text") in texts]
    database.close()
    return {item.payload["text"]: str((item.understood or {}).get("model")) for item in items}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
