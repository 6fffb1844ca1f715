"""Requests that nobody means: whatever is sent, the answer is never a fault of ours."""

import asyncio
import json
import time
from collections import Counter
from random import Random
from typing import Any

import httpx
import pytest
from factories import a_callback_event, a_campaign_event, a_tac_event, an_application
from graphql import build_schema, get_named_type, is_composite_type
from serving import RunningServer

from api.schema import schema

SECONDS = 3.5
AT_ONCE = 8

TYPES: Any = build_schema(schema.as_str()).type_map
WORDS = [
    *'{}()[]:!$@=|&#"\\,\n\x00\ufeff🙂é',
    *("...", '"""'),
    *("query", "mutation", "subscription", "fragment", "on", "null", "true", "-1", "1e400", "0x1"),
    *("9" * 40, "@skip", "@include", "if", "__typename", "__schema", "__type", "first", "after"),
    *(name for each in TYPES.values() for name in getattr(each, "fields", ())),
]
HEADERS = {
    "Accept": [
        "*/*",
        "text/html",
        "text/event-stream",
        "application/graphql-response+json",
        "\xff",
    ],
    "Content-Type": [
        *("application/json", "text/plain", "application/x-ndjson", "multipart/form-data", ""),
        *("application/json; charset=utf-16", "multipart/mixed; boundary=x", "a" * 5_000),
    ],
    "Authorization": ["Bearer x", "Bearer", "Basic é", ""],
    "Last-Event-ID": ["x", "1", "9" * 99],
    "X-Request-ID": ["x", "\xff", "a b"],
    "Origin": ["null", "http://[", "https://evil.example.com"],
    "Host": ["localhost", "[", "a b", ""],
    "GraphQL-Require-Preflight": ["1"],
}
VALUES: list[Any] = [
    *(None, True, 0, -1, 2**63, 2**70, 1e308, "", "x", "\ud800", "\x00", [], {}, [[]], {"": {}}),
    *("2026-01-01T00:00:00Z", "0001-01-01T00:00:00-23:59", "9999-12-31T23:59:59.999Z", "UTC"),
]


class Dice(Random):
    """Throws requests."""

    def words(self) -> str:
        return " ".join(self.choices(WORDS, k=self.randrange(1, 30)))

    def value(self, depth: int = 3) -> Any:  # noqa: ANN401 - JSON
        kind = self.randrange(6) if depth else 0
        if kind == 1:
            return [self.value(depth - 1) for _ in range(self.randrange(4))]
        if kind == 2:
            return {self.choice(WORDS): self.value(depth - 1) for _ in range(self.randrange(4))}
        return self.choice(VALUES)

    def selection(self, type_name: str, depth: int = 4) -> str:
        """Return what may be selected of a type, with arguments that may be wrong."""
        fields = TYPES[type_name].fields
        chosen = self.sample(sorted(fields), min(len(fields), self.randrange(1, 4)))
        parts = [self.field(name, fields[name], depth) for name in chosen]
        return "{ " + " ".join(part for part in parts if part) + " __typename }"

    def field(self, name: str, field: Any, depth: int) -> str:  # noqa: ANN401 - graphql-core's
        named = get_named_type(field.type)
        arguments = [f"{each}: {self.literal()}" for each in field.args if self.random() < 0.3]
        called = f"{name}({', '.join(arguments)})" if arguments else name
        if not is_composite_type(named):
            return called
        return f"{called} {self.selection(named.name, depth - 1)}" if depth else ""

    def literal(self) -> str:
        texts = ("null", "1", "-5", "501", '"x"', '"2026-01-01T00:00:00Z"', "[]", "{}", "DESC")
        return self.choice([*texts, '"\\ud83d"', "$v", "99999999999", "1.5", '{field: "a"}'])

    def query(self) -> str:
        kind, root = self.choice([("query", "Query"), ("subscription", "Subscription")])
        return f"{kind} ($v: {self.choice(['Int', 'ID', 'DateTime', 'JSON!'])}) " + self.selection(
            root
        )

    def request(self) -> dict[str, Any]:
        body: dict[str, Any] = {"query": self.query() if self.random() < 0.7 else self.words()}
        for name in ("variables", "operationName", "extensions", "documentId", self.choice(WORDS)):
            if self.random() < 0.2:
                body[name] = self.value()
        return body

    def event(self) -> Any:  # noqa: ANN401 - JSON
        makers = (
            a_campaign_event,
            a_callback_event,
            lambda **fields: a_tac_event(an_application(**fields)),
        )
        event: dict[str, Any] = json.loads(self.choice(makers)())
        for name in self.sample(sorted(event), min(len(event), self.randrange(4))):
            event[name] = self.value()
        return event

    def bytes(self, content: object) -> bytes:
        body = json.dumps(content).encode()
        kind = self.randrange(8)
        if kind == 0:
            return body[: self.randrange(len(body))]
        if kind == 1:
            at = self.randrange(len(body))
            return body[:at] + self.randbytes(3) + body[at + 1 :]
        return b"[" * 5_000 if kind == 2 else body


async def throw(server: RunningServer, dice: Dice, path: str) -> tuple[int, str] | None:
    content = dice.request() if path == "/graphql" else dice.event()
    headers: list[tuple[bytes, bytes]] = [
        (name.encode(), dice.choice(HEADERS[name]).encode("latin-1"))
        for name in HEADERS
        if dice.random() < 0.15
    ]
    if not any(name == b"Content-Type" for name, _ in headers):
        headers.append((b"Content-Type", b"application/json"))
    method = dice.choices(["POST", "GET", "PUT", "OPTIONS", "HEAD"], [30, 4, 1, 1, 1])[0]
    asked = {name: str(value) for name, value in content.items()} if method == "GET" else None
    try:
        async with server.client.stream(
            method, path, headers=headers, params=asked, content=dice.bytes(content), timeout=5
        ) as answer:
            is_endless = "event-stream" in answer.headers.get("Content-Type", "")
            text = "" if is_endless else (await answer.aread()).decode()
            return answer.status_code, text
    except (httpx.TransportError, httpx.InvalidURL, UnicodeError):
        return None  # it was no HTTP at all, or was broken off: the next one tells whether we live


@pytest.mark.parametrize("path", ["/graphql", "/events", "/events/a-token", "/events/%00%ff"])
async def test_whatever_is_sent_is_no_fault_of_ours(server: RunningServer, path: str) -> None:
    seed = int(time.time())
    dice, statuses, ends_at = Dice(seed), Counter[int](), time.monotonic() + SECONDS

    while time.monotonic() < ends_at:
        thrown = await asyncio.gather(*(throw(server, dice, path) for _ in range(AT_ONCE)))
        answers = [each for each in thrown if each is not None]
        statuses.update(status for status, _ in answers)
        faults = [each for each in answers if each[0] >= 500 or '"code":"INTERNAL"' in each[1]]
        assert not faults, (seed, faults)

    assert (await server.client.get("/readyz")).status_code == httpx.codes.OK
    assert len(statuses) > 1, statuses
    assert statuses[200] > 10, statuses
