"""`/graphql` over HTTP: media types, statuses, and requests that are none."""

import json
from typing import Any

import httpx
import pytest
from factories import a_campaign_event
from serving import RunningServer

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"


async def ask(
    server: RunningServer, body: object, accept: str = JSON, content_type: str = JSON
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Accept": accept, "Content-Type": content_type}
    return await server.client.post("/graphql", content=content, headers=headers)


def errors_of(answer: httpx.Response) -> list[tuple[str, str]]:
    """The code and the message of each error, of an answer that has nothing else."""
    content: dict[str, Any] = answer.json()
    assert list(content) == ["errors"]
    return [(each["extensions"]["code"], each["message"]) for each in content["errors"]]


async def test_a_query_is_answered_at_a_position(server: RunningServer) -> None:
    await server.post(a_campaign_event(companyId="http", campaignId="7", status="NEW"))

    answer = await ask(
        server, {"query": '{ campaign(companyId: "http", campaignId: "7") { status } }'}
    )

    position = (await server.log.head()).position
    assert answer.json()["data"] == {"campaign": {"status": "NEW"}}
    assert answer.json()["extensions"]["position"] == position


async def test_a_query_may_come_in_the_address(server: RunningServer) -> None:
    parameters = {
        "query": "query Q($skip: Boolean!) { __typename @skip(if: $skip) }",
        "variables": '{"skip": false}',
        "operationName": "Q",
    }

    answer = await server.client.get("/graphql", params=parameters)

    assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", JSON),
        ("", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON};q=0.9", GRAPHQL_JSON),
        (f"text/html, {JSON}, {GRAPHQL_JSON}", JSON),
    ],
)
async def test_the_client_chooses_the_media_type(
    server: RunningServer, accept: str, content_type: str
) -> None:
    answer = await ask(server, {"query": "{ __typename }"}, accept)

    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Type"] == content_type


@pytest.mark.parametrize(("accept", "status_code"), [(JSON, 200), (GRAPHQL_JSON, 400)])
@pytest.mark.parametrize(
    "body",
    [
        {"query": "{"},
        {"query": "{ nowhere }"},
        {"query": "query ($id: ID!) { __typename }", "variables": {"id": None}},
    ],
    ids=["syntax", "validation", "variables"],
)
async def test_a_request_that_is_not_executed_has_errors_and_no_data(
    server: RunningServer, body: dict[str, Any], accept: str, status_code: int
) -> None:
    answer = await ask(server, body, accept)

    assert answer.status_code == status_code
    assert answer.json()["errors"]
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"3",
        b"[]",
        b'"text"',
        b'{"query": "\xff"}',
        b"[" * 100_000,
        b'{"query": NaN}',
        b"1" * 5_000,
        {},
        {"query": None},
        {"query": 3},
        {"query": ["{ __typename }"]},
        {"query": "{ __typename }", "variables": "{}"},
        {"query": "{ __typename }", "variables": [1]},
        {"query": "{ __typename }", "operationName": 3},
        {"query": "{ __typename }", "extensions": "x"},
    ],
    ids=lambda body: str(body)[:60],
)
async def test_a_body_that_is_no_request_is_refused(server: RunningServer, body: object) -> None:
    answer = await ask(server, body)

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert [code for code, _ in errors_of(answer)] == ["BAD_REQUEST"]


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", ""])
async def test_a_form_that_any_page_can_send_is_refused(
    server: RunningServer, content_type: str
) -> None:
    answer = await ask(server, {"query": "{ __typename }"}, content_type=content_type)

    assert answer.status_code == httpx.codes.UNSUPPORTED_MEDIA_TYPE


async def test_a_request_over_the_limit_is_too_large(server: RunningServer) -> None:
    answer = await ask(server, {"query": "{ __typename }".ljust(2**20)})

    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


async def test_another_method_is_refused(server: RunningServer) -> None:
    answer = await server.client.put("/graphql", json={"query": "{ __typename }"})

    assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize("operation", ["subscription { callUpdated { cursor } }", "mutation { a }"])
async def test_what_has_no_single_answer_is_refused(server: RunningServer, operation: str) -> None:
    answer = await ask(server, {"query": operation})

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert "text/event-stream" in errors_of(answer)[0][1]


async def test_several_operations_without_a_name_are_refused(server: RunningServer) -> None:
    answer = await ask(server, {"query": "query A { __typename } query B { __typename }"})

    [error] = answer.json()["errors"]
    assert error["message"].startswith("The document has several operations")
    assert "data" not in answer.json()


async def test_one_of_several_operations_is_chosen_by_its_name(server: RunningServer) -> None:
    query = "query A { a: __typename } query B { b: __typename }"
    answer = await ask(server, {"query": query, "operationName": "B"})

    assert answer.json()["data"] == {"b": "Query"}


async def test_an_unknown_operation_name_is_refused(server: RunningServer) -> None:
    answer = await ask(server, {"query": "query A { __typename }", "operationName": "B"})

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert errors_of(answer) == [("BAD_REQUEST", 'Unknown operation named "B".')]


async def test_a_browser_gets_graphiql(server: RunningServer) -> None:
    page = await server.client.get("/graphql", headers={"Accept": "text/html"})

    assert page.headers["Content-Type"].startswith("text/html")
