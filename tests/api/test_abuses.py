"""Queries that are made to hurt are refused with a code; the dearest ones are answered in time."""

import time
from collections.abc import AsyncIterator

import pytest
from abuses import ABUSES, DEAREST, Query
from graph import a_day
from serving import RunningServer, a_server

from api.limits import OperationLimits


@pytest.fixture(scope="module")
async def server(mongo_uri: str) -> AsyncIterator[RunningServer]:
    async with a_server(mongo_uri) as server:
        await server.log.append(a_day(applications=100))
        yield server


@pytest.mark.parametrize(("query", "code"), ABUSES.values(), ids=ABUSES)
async def test_a_query_that_is_made_to_hurt_is_refused_with_its_code(
    server: RunningServer, query: Query, code: str
) -> None:
    answer = await server.client.post("/graphql", json={"query": query(0)})

    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize("query", DEAREST.values(), ids=DEAREST)
async def test_the_dearest_query_that_is_accepted_is_answered_within_its_time(
    server: RunningServer, query: str
) -> None:
    limits = OperationLimits()
    began = time.monotonic()

    answer = (await server.client.post("/graphql", json={"query": query}, timeout=60)).json()

    assert "errors" not in answer
    assert limits.max_cost // 2 < answer["extensions"]["cost"]["requested"] <= limits.max_cost
    assert time.monotonic() - began < limits.operation_seconds


async def test_a_body_that_comes_in_pieces_is_bounded_too(server: RunningServer) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"query": "{ __typename }'
        for _ in range(20):
            yield b" " * 2**16

    answer = await server.client.post(
        "/graphql", content=pieces(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"
