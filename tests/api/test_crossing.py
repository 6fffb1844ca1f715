"""D22: a caller of one company learns nothing of another, whichever door it tries."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from asking import Told, listening, over_http, over_socket, over_stream, until_quiet
from crossing import Door, Examples, doors, doors_below, graphql_schema
from factories import a_campaign_event
from keyring import Keyring, bearing
from serving import RunningServer, a_server
from worlds import MINE, PHONE, SECRET, A, B, World

from api.limits import OperationLimits
from api.web_settings import WebSettings

THEIRS, DATE = A.company, "2026-01-05T09:00:00Z"
NO_LIMITS = WebSettings(
    limits=OperationLimits(
        max_fields=10**6,
        max_root_fields=10**6,
        max_tokens=10**6,
        max_document_characters=10**6,
        max_cost=10**9,
        cost_bucket=10**9,
        cost_per_second=10**9,
        concurrent_operations=10**4,
    )
)


@dataclass(frozen=True)
class Side:
    """A world that is served, and tokens of one company and of all."""

    world: World
    server: RunningServer
    mine: str
    all: str


def freeze(patched: pytest.MonkeyPatch, first: int = 0) -> None:
    """Let the log's clock stand still, and ids of rejected bodies come in order."""
    moment, numbers = datetime(2026, 1, 6, tzinfo=UTC), count(first)
    patched.setattr("store.log._now", lambda: moment)
    patched.setattr("store.quarantine.token_hex", lambda size: f"{next(numbers):0{2 * size}}")


@asynccontextmanager
async def a_side(uri: str, world: World, folder: Path) -> AsyncIterator[Side]:
    keyring = Keyring(folder / f"{world.company}.json")
    mine, everything = keyring.add(MINE), keyring.add()
    async with a_server(uri, tokens=str(keyring.path), web=NO_LIMITS) as server:
        await world.fill(server.log)
        yield Side(world, server, mine, everything)


@pytest.fixture(scope="module")
async def sides(
    mongo_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Side, Side]]:
    """Both worlds, filled at the same moment by the log's clock."""
    folder = tmp_path_factory.mktemp("worlds")
    with pytest.MonkeyPatch.context() as patched:
        freeze(patched)
        async with a_side(mongo_uri, A, folder) as a:
            freeze(patched)
            async with a_side(mongo_uri, B, folder) as b:
                yield a, b


def node_id(*parts: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


NODES = [
    node_id(kind, company, id_)
    for kind, ids in {
        "campaign": ["c1", f"{SECRET}-c2"],
        "application": ["a1", f"{SECRET}-a2"],
        "call": ["s1", f"{SECRET}-s2"],
        "callback": ["b1", f"{SECRET}-b2"],
    }.items()
    for company in (THEIRS, MINE)
    for id_ in ids
]
MOMENTS = [{"from": DATE}, {"to": DATE}]
PAIR = {"clientSyncId": [{"field": "crm", "value": "77"}, {"field": "crm", "value": SECRET}]}


async def examples(side: Side) -> Examples:
    """Say what to try for each argument: what is of the foreign company, and positions of it."""
    found = {name: await cursors(side, name) for name in connections()}
    head = (await side.server.log.head()).position
    places = [0, 1, 2, head - 1, head, head + 1, 10**9]
    changes = await cursors(side, "events", "nodes { cursor }", "cursor")
    return {
        "companyId": [MINE, THEIRS, "nobody", ""],
        "id": NODES,
        "ids": [NODES, [*NODES, "rubbish"]],
        "campaignId": ["c1", f"{SECRET}-c2", "nowhere"],
        "applicationId": ["a1", f"{SECRET}-a2", "nowhere"],
        "statisticId": ["s1", f"{SECRET}-s2", "nowhere"],
        "callbackId": ["b1", f"{SECRET}-b2", "nowhere"],
        "operatorId": [SECRET, "nobody"],
        "asOf": [DATE, "2030-01-01T00:00:00Z"],
        "at": [DATE],
        "atPosition": places,
        "first": [0, 2, 500],
        "last": [2],
        "phoneNumber": [PHONE],
        "eventNames": [["TelemarketCampaignStatusChangedEvent"], [SECRET]],
        "campaignIds": [[f"{SECRET}-c2"], ["c1", f"{SECRET}-c2"]],
        "receivedAt": MOMENTS,
        "occurredAt": MOMENTS,
        "recallAt": MOMENTS,
        "updatedDate": MOMENTS,
        "nextCall": MOMENTS,
        "afterCursor": changes,
        "applicationIds": [[f"{SECRET}-a2"], ["a1"]],
        **{f"{name}.{way}": each for name, each in found.items() for way in ("after", "before")},
        **{f"{name}.after": places for name in subscriptions()},
        **PAIR,
    }


async def examples_below(side: Side) -> Examples:
    """Say what to try for each argument of a thing's own fields: cursors of the foreign things."""
    company = side.world.company
    found: dict[str, list[object]] = {}
    for name, key, id_ in THINGS:
        shown = " ".join(f"{each}(first: 500) {{ edges {{ cursor }} }}" for each in lists_of(name))
        document = f'{{ {name}({key}: "{id_}", companyId: "{company}") {{ {shown} }} }}'
        told = await over_http(side.server, side.all, Door("query", name, document, {}))
        for each, rows in told[1]["data"][name].items():
            found.setdefault(each, []).extend(row["cursor"] for row in rows["edges"])
    places = {f"{name}.{way}": each for name, each in found.items() for way in ("after", "before")}
    words = {"fields": [["status"], [SECRET]], "status": [["own"], [SECRET], ["SUCCESSFUL"]]}
    return {**await examples(side), **words, **places}


THINGS = [
    ("campaign", "campaignId", "c1"),
    ("application", "applicationId", "a1"),
    ("call", "statisticId", "s1"),
    ("callback", "callbackId", "b1"),
]


def lists_of(thing: str) -> list[str]:
    named: Any = graphql_schema().type_map[thing.capitalize()]
    return [name for name, each in named.fields.items() if "before" in each.args]


def connections() -> list[str]:
    root: Any = graphql_schema().query_type
    return [name for name, each in root.fields.items() if "before" in each.args]


def subscriptions() -> list[str]:
    root: Any = graphql_schema().subscription_type
    return list(root.fields)


async def cursors(
    side: Side, name: str, below: str = "edges { cursor }", key: str = "cursor"
) -> list[object]:
    """Return the cursors of the foreign company, as only those who see it get them."""
    document = f'{{ {name}(companyId: "{side.world.company}", first: 500) {{ {below} }} }}'
    told = await over_http(side.server, side.all, Door("query", name, document, {}))
    [rows] = told[1]["data"][name].values()
    found = [row[key] for row in rows]
    assert found, name
    return [found[0], found[-1]]


def leaks(tried: list[Door], here: list[Told], there: list[Told]) -> list[str]:
    """Name the doors through which the two worlds look different, or a secret is seen."""
    pairs = zip(tried, here, there, strict=True)
    return [str(door) for door, one, other in pairs if one != other or SECRET in _shown(door, one)]


def what_differs(here: dict[str, list[Told]], there: dict[str, list[Told]]) -> str:
    """Spell what was told last where the two worlds look different, and how much that was."""
    pairs = [pair for name in here for pair in zip(here[name], there[name], strict=True)]
    return "\n".join(
        f"{len(one)} {one[-1:]} / {len(other)} {other[-1:]}" for one, other in pairs if one != other
    )


def _shown(door: Door, told: Told) -> str:
    """Spell what was told, but for what the caller has said itself: an error may repeat it."""
    spelled = json.dumps(told)
    given = [each for each in json.dumps(door.variables).split('"') if SECRET in each]
    for each in given:
        spelled = spelled.replace(each, "")
    return spelled


async def asked(side: Side, token: str, tried: list[Door]) -> list[Told]:
    """Ask each query over HTTP; the number of reads stands beside the answer."""
    told = []
    for door in tried:
        before = side.server.log.database.reads
        answer = await over_http(side.server, token, door)
        told.append([*answer, side.server.log.database.reads - before])
    return told


async def test_d22_no_query_tells_of_another_company(
    sides: tuple[Side, Side], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = sides
    tried = list(doors("query", await examples(a)))

    found = leaks(tried, await asked(a, a.mine, tried), await asked(b, b.mine, tried))

    with capsys.disabled():
        print(f"\nqueries over HTTP: {len(tried)} doors, {len(found)} leaks")  # noqa: T201
    assert len(tried) > 500
    assert found == []


async def test_d22_no_list_of_a_thing_tells_of_another_company(
    sides: tuple[Side, Side], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = sides
    tried = list(doors_below(await examples_below(a)))

    here, there = await asked(a, a.mine, tried), await asked(b, b.mine, tried)
    found = leaks(tried, here, there)

    with capsys.disabled():
        print(f"\nlists of things over HTTP: {len(tried)} doors, {len(found)} leaks")  # noqa: T201
    assert sum("errors" not in told[1] for told in here) > 200
    assert found == []


async def test_who_sees_all_companies_is_told_of_them(sides: tuple[Side, Side]) -> None:
    """What finds no leak above finds many where there are some."""
    a, b = sides
    tried = list(doors("query", await examples(a)))

    assert len(leaks(tried, await asked(a, a.all, tried), await asked(b, b.all, tried))) > 200


async def test_d22_no_query_tells_more_over_streams_and_sockets(
    sides: tuple[Side, Side], capsys: pytest.CaptureFixture[str]
) -> None:
    tried = list(doors("query", await examples(sides[0])))
    told: list[dict[str, list[Told]]] = []

    for side in sides:
        streams: list[Told] = [[] for _ in tried]
        sockets: list[Told] = [[] for _ in tried]
        for each in zip(tried, streams, strict=True):
            await over_stream(side.server, side.mine, *each)
        for each in zip(tried, sockets, strict=True):
            await over_socket(side.server, side.mine, [each[0]], [each[1]])
        told.append({"stream": streams, "socket": sockets})

    here, there = told
    found = [each for name in here for each in leaks(tried, here[name], there[name])]
    with capsys.disabled():
        print(f"\nqueries over streams and sockets: {2 * len(tried)} doors, {len(found)} leaks")  # noqa: T201
    assert found == []


async def test_d22_no_subscription_tells_of_another_company(
    sides: tuple[Side, Side], capsys: pytest.CaptureFixture[str]
) -> None:
    tried = list(doors("subscription", await examples(sides[0])))
    a, b = sides

    def differences() -> list[str]:
        return [each for name in here for each in leaks(tried, here[name], there[name])]

    async with (
        listening(a.server, a.mine, tried) as here,
        listening(b.server, b.mine, tried) as there,
    ):
        await until_quiet([here, there], differences)
        for side in sides:
            await side.world.go_on(side.server.log, range(100, 103))
        await until_quiet([here, there], differences)
        found = differences()

    with capsys.disabled():
        print(f"\nsubscriptions: {2 * len(tried)} doors, {len(found)} leaks")  # noqa: T201
    assert len(tried) > 100
    assert any(len(each) > 2 for each in here["socket"])
    assert found == [], what_differs(here, there)


POSTED = [
    a_campaign_event(companyId=THEIRS, status="NEW", description=SECRET, eventCreationDate=DATE),
    a_campaign_event(companyId=THEIRS, status="NEW"),
    a_campaign_event(companyId="others"),
    b'{"companyId": "theirs"}',
    b'{"companyId": "others"}',
    b'{"companyId": "theirs", "eventName": 7}',
    b'{"companyId": ["theirs"]}',
    b"{}",
    b"{%b" % SECRET.encode(),
    b"{other",
    b"[]",
    b'[{"companyId": "theirs"}, {"companyId": "mine"}]',
]


@pytest.mark.parametrize(
    ("content_type", "first"), [("application/json", 1_000), ("application/x-ndjson", 2_000)]
)
async def test_d22_no_receipt_tells_of_another_company(
    sides: tuple[Side, Side], content_type: str, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    for side in sides:
        freeze(monkeypatch, first)
        headers = {**bearing(side.mine), "Content-Type": content_type}
        answers = [
            await side.server.client.post("/events", content=body, headers=headers)
            for body in POSTED
        ]
        told.append([[each.status_code, each.json()] for each in answers])

    here, there = told
    assert here == there
    assert here[0][0] == 403


def test_every_root_field_is_tried() -> None:
    whole = graphql_schema()

    assert whole.mutation_type is None
    assert whole.query_type is not None
    assert whole.subscription_type is not None


def test_a_new_argument_cannot_be_forgotten() -> None:
    with pytest.raises(KeyError, match="say what to try for"):
        list(doors("query", {}))
