"""Forgetting a person by the command line, and what the graph shows of it."""

import os
import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest
from factories import a_call_event
from graph import Graph
from serving import RunningServer

from store.erasure import forget
from store.keys import phone_key

PHONE = "+380501234567"
PERSON = ("--company", "acme", "--phone", "38 050 1234567", "--by", "the officer")

Command = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
async def told(graph: Graph) -> Graph:
    await graph.append(a_call_event(phoneNumber=PHONE, calledCount=3), a_call_event(statisticId=2))
    return graph


@pytest.fixture
def dialgraph(told: Graph, mongo_uri: str) -> Command:
    def command(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
        name = told.log.database.handle.name
        environ = {"MONGODB_URI": mongo_uri, "DIALGRAPH_DATABASE": name}
        return subprocess.run(
            [sys.executable, "-c", "from api.cli import main; main()", *arguments],
            env=os.environ | environ,
            capture_output=True,
            check=False,
            timeout=60,
        )

    return command


async def test_without_yes_the_command_counts_and_erases_nothing(
    told: Graph, dialgraph: Command
) -> None:
    ended = dialgraph("forget", *PERSON)

    assert ended.stdout.startswith(b"1 events and 0 rejected bodies would be erased")
    assert await told.get('{ call(statisticId: "s1") { phoneNumber } }') == {"phoneNumber": PHONE}


async def test_an_erased_event_says_when_by_whom_and_of_which_fields(
    told: Graph, dialgraph: Command
) -> None:
    assert (await told.get("{ events { nodes { redacted { by } } } }"))["nodes"] == [
        {"redacted": None}
    ] * 2

    ended = dialgraph("forget", *PERSON, "--yes")

    assert ended.stdout.startswith(b"1 events and 0 rejected bodies erased: 0 applications, 1 call")
    [first, second] = (await told.get("{ events { nodes { redacted { at by fields } } } }"))[
        "nodes"
    ]
    assert first["redacted"].pop("at") is not None
    assert first == {"redacted": {"by": "the officer", "fields": ["phoneNumber"]}}
    assert second == {"redacted": None}


async def test_the_graph_shows_what_is_left_and_not_the_person(
    told: Graph, dialgraph: Command
) -> None:
    query = '{ call(statisticId: "s1") { phoneNumber calledCount events { nodes { rawBody } } } }'
    assert PHONE.encode() in await told.spelled(query)

    dialgraph("forget", *PERSON, "--yes")

    assert PHONE.encode() not in await told.spelled(query)
    assert (await told.get(query))["calledCount"] == 3


def test_verify_tells_redacted_events_apart(dialgraph: Command) -> None:
    dialgraph("forget", *PERSON, "--yes")

    ended = dialgraph("verify")

    assert ended.returncode == 0
    assert b"by the officer: phoneNumber\n1 events are redacted" in ended.stdout
    assert b"all is well" in ended.stdout


def a_message(to: str, company: str = "acme") -> bytes:
    """An event of an unknown kind."""
    return b'{"eventName": "SmsSent", "companyId": "%b", "to": "%b"}' % (
        company.encode(),
        to.encode(),
    )


async def test_what_may_be_a_forgotten_persons_is_answered_with_422_and_a_code(
    server: RunningServer, company: str
) -> None:
    await server.post(a_call_event(companyId=company, phoneNumber=PHONE))
    await server.post(a_message(PHONE, company))
    await forget(server.log, company, str(phone_key(PHONE)), by="the officer")

    answer = await server.post(a_message("+380677654321", company))

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert (answer.json()["duplicates"], answer.json()["rejected"][0]["code"]) == (
        0,
        "MAY_BE_FORGOTTEN",
    )


async def test_an_operator_appends_what_is_not_the_forgotten_persons(
    told: Graph, dialgraph: Command
) -> None:
    await told.append(a_message(PHONE))
    dialgraph("forget", *PERSON, "--yes")
    [rejected] = (await told.log.append([a_message("+380677654321")])).rejected

    ended = dialgraph("quarantine", "retry", str(rejected.quarantine_id))

    assert ended.stdout == b"1 appended, 0 rejected again\n"
    assert (await told.log.head()).position == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "x", "--phone", "1"), b"--company"),
        (("--by", "x", "--company", "acme"), b"either by --client-sync-id or by --phone"),
        (("--by", "x", "--company", "acme", "--phone", "none"), b"digits"),
        (("--by", "x", "--company", "acme", "--client-sync-id", "a"), b"field=value"),
        (("--company", "acme", "--phone", "1"), b"--by"),
    ],
)
def test_what_is_not_said_clearly_is_refused(
    dialgraph: Command, arguments: tuple[str, ...], said: bytes
) -> None:
    ended = dialgraph("forget", *arguments)

    assert ended.returncode == 2
    assert said in ended.stderr


def test_nothing_to_go_on_with_is_said(dialgraph: Command) -> None:
    ended = dialgraph("forget", "--resume", "--by", "x")

    assert ended.returncode == 1
    assert b"no erasure was broken off" in ended.stderr
