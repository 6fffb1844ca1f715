"""A lean load: the lines of a file as single posts over connections that stay open.

Started by `append.py` in a process of its own, so that it measures the server and not itself:
`python tests/bench/posting_load.py FILE --port 8000`. It prints the seconds that it took, and the
seconds of CPU that it spent itself.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import cast

import uvloop


class Connection(asyncio.Protocol):
    """Sends one request after another, each when the last one is answered."""

    def __init__(self, unsent: Iterator[bytes], ended: "asyncio.Future[None]") -> None:
        self._unsent = unsent
        self._ended = ended
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, _, body = self._answer.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if not length or len(body) < int(length):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._ended.set_exception(RuntimeError(self._answer.decode()))
            return
        self._answer = b""
        self._send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_exception(error or RuntimeError("the server closed the connection"))

    def _send_next(self) -> None:
        request = next(self._unsent, None)
        if request is not None:
            self._transport.write(request)
        elif not self._ended.done():
            self._ended.set_result(None)
            self._transport.close()


def request_of(body: bytes) -> bytes:
    return (
        b"POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


async def post(requests: list[bytes], port: int, connections: int) -> float:
    loop = asyncio.get_running_loop()
    unsent = iter(requests)
    ended = [loop.create_future() for _ in range(connections)]
    started = time.perf_counter()
    for future in ended:
        await loop.create_connection(partial(Connection, unsent, future), "127.0.0.1", port)
    await asyncio.gather(*ended)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=64)
    given = parser.parse_args()
    requests = [request_of(line) for line in given.file.read_bytes().splitlines()]
    used = time.process_time()
    taken = uvloop.run(post(requests, given.port, given.connections))
    print(taken, time.process_time() - used)


if __name__ == "__main__":
    main()
