"""Requests in every form that senders may choose, and what becomes of each (HTTP.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from model.event import take
from model.json_text import NotJsonError, parse

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
_BOM: Final = "\ufeff".encode()


@dataclass(frozen=True)
class Request:
    """One request: the bodies in it, as they stand in `content`."""

    content_type: str
    content: bytes
    bodies: tuple[bytes, ...]


def requests(bodies: Sequence[bytes], random: Random) -> Iterator[Request]:
    """Pack bodies into requests, in order."""
    sent = 0
    while sent < len(bodies):
        batch = tuple(bodies[sent : sent + random.choice((1, 1, 2, 5, 13))])
        pack = random.choice((_lines, _array))
        if len(batch) == 1 or (pack is _array and not all(map(_is_json, batch))):
            pack, batch = _one, batch[:1]
        yield pack(batch, random)
        sent += len(batch)


def _one(batch: tuple[bytes, ...], random: Random) -> Request:
    around = random.choice(((b"", b""), (b" \r\n", b"\n "), (_BOM, b"\r\n")))
    content_type = random.choice((JSON, "text/plain", "application/json; charset=utf-8"))
    return Request(content_type, around[0] + batch[0] + around[1], batch)


def _array(batch: tuple[bytes, ...], random: Random) -> Request:
    comma = random.choice((b",", b" ,\n", b",\r\n\t"))
    return Request(JSON, b"[ " + comma.join(batch) + b"]", batch)


def _lines(batch: tuple[bytes, ...], random: Random) -> Request:
    end = random.choice((b"\n", b"\r\n", b"\n\n", b" \n"))
    return Request(NDJSON, random.choice((b"", _BOM, b"\n")) + end.join(batch), batch)


def _is_json(raw: bytes) -> bool:
    try:
        parse(raw)
    except NotJsonError:
        return False
    return True


def answer(request: Request, before: Sequence[bytes]) -> tuple[int, dict[str, Any]]:
    """Return the status and the content that a sender gets, after the bodies sent before."""
    was, becomes = take(before), take([*before, *request.bodies])
    rejected = [
        {"index": index, "code": alone.rejected[0].code}
        for index, raw in enumerate(request.bodies)
        if (alone := take([raw])).rejected
    ]
    counts = {"appended": _new(was.appended, becomes.appended)}
    counts |= {"duplicates": _new(was.duplicates, becomes.duplicates)}
    whole_is_bad = request.content_type != NDJSON and not all(map(_is_json, request.bodies))
    status = 400 if whole_is_bad else 422 if rejected else 200
    return status, {**counts, "rejected": rejected, "position": len(becomes.appended)}


def _new(before: Sequence[bytes], after: Sequence[bytes]) -> int:
    return len(after) - len(before)
