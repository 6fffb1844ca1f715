"""The keys of an identity provider: read, fetched, kept for a while."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from jwts import ec_jwk, key_set, oct_jwk, rsa_jwk

from api.environ import SettingsError
from api.key_set import UrlKeys, open_keys, read_keys

MINUTE = 60.0


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass."""
    offset = 0.0
    clock = time.monotonic

    def pass_by(seconds: float) -> None:
        nonlocal offset
        offset += seconds

    monkeypatch.setattr("api.key_set.time", SimpleNamespace(monotonic=lambda: clock() + offset))
    return pass_by


class Server:
    """Serves a key set, and counts how often."""

    def __init__(self) -> None:
        self.content = key_set(rsa_jwk())
        self.status = b"200 OK"
        self.served = 0
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.served += 1
        head = b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % (self.status, len(self.content)) + self.content)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        server.url = f"http://127.0.0.1:{port}/keys"
        yield server


@pytest.fixture
async def provider() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


async def is_known(keys: UrlKeys, kid: str) -> bool:
    return await keys.find(kid, "RS256") is not None


async def test_keys_are_fetched_once_for_many_tokens(provider: Server) -> None:
    keys = UrlKeys(provider.url)

    known = await asyncio.gather(*(is_known(keys, "rsa") for _ in range(20)))

    assert all(known)
    assert provider.served == 1


async def test_keys_are_fetched_again_after_a_while(
    provider: Server, later: Callable[[float], None]
) -> None:
    keys = UrlKeys(provider.url)
    await is_known(keys, "rsa")

    later(11 * MINUTE)
    provider.content = key_set(rsa_jwk("new"))
    await is_known(keys, "rsa")

    async with asyncio.timeout(5):
        while not await is_known(keys, "new"):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
    assert provider.served == 2
    assert not await is_known(keys, "rsa")


async def test_a_key_that_is_new_is_fetched_at_once(
    provider: Server, later: Callable[[float], None]
) -> None:
    keys = UrlKeys(provider.url)
    await is_known(keys, "rsa")
    later(MINUTE)

    provider.content = key_set(rsa_jwk(), rsa_jwk("new"))

    assert await is_known(keys, "new")
    assert provider.served == 2


async def test_made_up_names_of_keys_do_not_flood_the_provider(
    provider: Server, later: Callable[[float], None]
) -> None:
    keys = UrlKeys(provider.url)

    for number in range(50):
        assert not await is_known(keys, f"made up {number}")
    later(MINUTE)
    for number in range(50):
        assert not await is_known(keys, f"made up {number}")

    assert provider.served == 2


async def test_known_keys_hold_while_the_provider_does_not_answer(
    provider: Server, later: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    keys = UrlKeys(provider.url)
    await is_known(keys, "rsa")
    provider.status = b"500 Oops"

    with caplog.at_level(logging.CRITICAL):
        later(60 * MINUTE)
        assert await is_known(keys, "rsa")
        later(24 * 60 * MINUTE)
        assert not await is_known(keys, "rsa")
        later(MINUTE)
        provider.status = b"200 OK"
        assert await is_known(keys, "rsa")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"null", b'{"keys": []}', b" " * 2**21, key_set(oct_jwk())],
    ids=["empty", "html", "null", "no keys", "large", "secrets"],
)
async def test_what_is_no_key_set_gives_no_key(
    provider: Server, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    provider.content = content

    with caplog.at_level(logging.CRITICAL):
        assert not await is_known(UrlKeys(provider.url), "rsa")
        assert await UrlKeys(provider.url).find("oct", "HS256") is None


async def test_a_provider_that_is_not_there_gives_no_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as gone:
        pass

    with caplog.at_level(logging.CRITICAL):
        assert not await is_known(UrlKeys(gone.url), "rsa")


async def test_a_redirect_is_not_followed(
    provider: Server, caplog: pytest.LogCaptureFixture
) -> None:
    provider.status = b"302 Found\r\nLocation: http://127.0.0.1:1/"

    with caplog.at_level(logging.CRITICAL):
        assert not await is_known(UrlKeys(provider.url), "rsa")


def test_keys_for_encryption_and_of_unknown_kinds_are_left_out() -> None:
    content = key_set(
        rsa_jwk("enc", use="enc"), {"kty": "new", "kid": "x"}, {"kid": "y"}, ec_jwk(use="sig")
    )

    assert [key.key_id for key in read_keys(content, "here")] == ["ec"]


def test_a_file_of_keys_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"keys\.json cannot be read"):
        open_keys(str(tmp_path / "keys.json"))


@pytest.mark.parametrize("content", [b"", b"[]", b'{"keys": 1}', b'{"keys": []}'])
def test_a_file_without_keys_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match=r"keys\.json"):
        open_keys(str(file))


def test_a_key_is_not_shown_where_it_cannot_be_read() -> None:
    with pytest.raises(SettingsError) as raised:
        read_keys(key_set({"kty": "oct", "k": 5, "secret": "abc"}), "here", with_secrets=True)

    assert "abc" not in str(raised.value)
