"""A GeoReport server that answers at once and counts: python -m bench.fastbackend PORT. GET /count tells what it has."""

import asyncio
import json
import sys
from collections import Counter
from urllib.parse import parse_qs


class Fast(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as much of it as a client of ours sends."""

    cases: Counter[str] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while (end := self._heard.find(b"\r\n\r\n")) >= 0:
            head = self._heard[:end].decode("latin-1")
            length = next((int(row[15:]) for row in head.lower().split("\r\n") if row.startswith("content-length:")), 0)
            if len(self._heard) < end + 4 + length:
                return
            body, self._heard = self._heard[end + 4 : end + 4 + length], self._heard[end + 4 + length :]
            self._answer(head.split(" ", 2)[:2], body)

    def _answer(self, asked: list[str], body: bytes) -> None:
        if asked[0] == "POST":
            number = parse_qs(body.decode())["attribute[ticket_number]"][0]
            self.cases[number] += 1
            said: object = [{"service_request_id": f"F-{number}"}]
        else:
            said = {"cases": len(self.cases), "posts": sum(self.cases.values())}
        content = json.dumps(said).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        self._transport.write(head.encode() + content)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Fast, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
