"""Many bodies on their way into a log."""

import asyncio
from io import BytesIO
from pathlib import Path

import pytest
from factories import a_campaign_event
from keyring import Keyring
from serving import RunningServer, a_server

from api.environ import StartError
from api.importing import batches
from api.posting import posting_to


async def test_a_server_that_is_not_available_is_tried_again(mongo_uri: str) -> None:
    events = [a_campaign_event(campaignId=f"patient {number}") for number in range(8)]

    async with (
        a_server(mongo_uri, queue_events=1) as server,
        posting_to(server.url, "application/json") as post,
    ):
        receipts = await asyncio.gather(*map(post, events))

    assert [receipt["appended"] for receipt in receipts] == [1] * len(events)


@pytest.mark.parametrize("path", ["/graphql", "/a/dialgraph/of/another/kind"])
async def test_an_answer_of_something_else_is_shown(server: RunningServer, path: str) -> None:
    async with posting_to(server.url + path, "application/json") as post:
        with pytest.raises(StartError, match="404"):
            await post(b"{}")


def numbers_of(content: bytes) -> list[list[int]]:
    return [batch.numbers for batch in batches(BytesIO(content))]


def test_a_batch_is_as_long_as_a_transaction() -> None:
    assert [len(numbers) for numbers in numbers_of(b"{}\n" * 1_001)] == [500, 500, 1]


def test_a_batch_is_at_most_as_large_as_a_request_should_be() -> None:
    line = b'"' + b"x" * 600_000 + b'"\n'

    assert numbers_of(line * 3) == [[1], [2], [3]]


def test_a_blank_line_is_counted_and_not_sent() -> None:
    [batch] = batches(BytesIO(b"\n{}\n \n{}"))

    assert batch.numbers == [2, 4]
    assert batch.bodies == [b"{}", b"{}"]
    assert batch.size_bytes == 8


async def test_the_token_of_the_environment_is_shown(
    mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = Keyring(tmp_path / "tokens.json")
    monkeypatch.setenv("DIALGRAPH_TOKEN", keyring.add("acme", scopes=["ingest"]))

    async with (
        a_server(mongo_uri, tokens=str(keyring.path)) as server,
        posting_to(server.url, "application/json") as post,
    ):
        taken = await post(a_campaign_event(companyId="acme"))
        foreign = await post(a_campaign_event(companyId="other"))

    assert taken["appended"] == 1
    assert [each["code"] for each in foreign["rejected"]] == ["FORBIDDEN_COMPANY"]


@pytest.mark.parametrize("token", [None, "wrong"])
async def test_a_server_that_wants_a_token_says_so(
    mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    keyring = Keyring(tmp_path / "tokens.json")
    if token is not None:
        monkeypatch.setenv("DIALGRAPH_TOKEN", token)

    async with (
        a_server(mongo_uri, tokens=str(keyring.path)) as server,
        posting_to(server.url, "application/json") as post,
    ):
        with pytest.raises(StartError, match="set DIALGRAPH_TOKEN"):
            await post(a_campaign_event())
