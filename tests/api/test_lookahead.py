"""The look-ahead: what it loads at once is what would be loaded one by one."""

import json
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

import pytest
import strawberry
from graph import Graph
from graphql import GraphQLError, execute, parse, validate
from query_dice import QueryDice

from api import lookahead
from api.encoding import encode
from api.loaders import roots
from api.operation import Operation
from api.schema import schema
from store.view import View

SEEDS = range(36)

Load = Callable[[Sequence[str]], Awaitable[Mapping[str, object]]]


class OneByOne:
    """One field of one object, loaded when it is waited for."""

    @staticmethod
    def loaded(loadable: lookahead.Loadable, info: strawberry.Info) -> "OneByOne":
        return OneByOne(loadable, info)

    def __init__(self, loadable: lookahead.Loadable, info: strawberry.Info) -> None:
        self._loadable = loadable
        self._info = info

    def __await__(self) -> Generator[Any, None, object]:
        return self._load().__await__()

    async def _load(self) -> object:
        raw = self._info._raw_info  # noqa: SLF001 - as the look-ahead itself
        type_name, name = raw.parent_type.name, raw.field_name
        document = lookahead.below(self._info)._document  # noqa: SLF001
        nodes = list(raw.field_nodes)
        ask: Any = lookahead._ask(document, raw.parent_type.fields[name], name, nodes)  # noqa: SLF001
        [value] = await lookahead._batches[type_name, name]([self._loadable], ask)  # noqa: SLF001
        return value


async def load_nothing(objects: object, selection: object, type_name: str) -> None:
    """Leave it all to `OneByOne`."""


async def remember_nothing(view: View, what: str, keys: Iterable[str], load: Load) -> object:
    """Load again whenever it is asked for."""
    del view, what
    wanted = list(dict.fromkeys(keys))
    return await load(wanted) if wanted else {}


async def one_by_one(graph: Graph, text: str, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - JSON
    """Return the data of a query whose every field is loaded by itself, and its errors' codes."""
    with monkeypatch.context() as patched:
        patched.setattr(lookahead.Loadable, "loaded", OneByOne.loaded)
        patched.setattr(View, "remember", remember_nothing)
        patched.setattr(roots, "prefetch", load_nothing)
        found: Any = await execute(  # type: ignore[misc]
            schema._schema,  # noqa: SLF001 - the engine's own, without what strawberry adds
            parse(text),
            context_value=Operation(graph.afresh().caller),
        )
    return json.loads(encode({"data": found.data, "codes": codes(found.errors or ())}))


def codes(errors: Iterable[GraphQLError]) -> list[str]:
    return sorted({str((error.extensions or {}).get("code")) for error in errors})


@pytest.fixture(scope="module")
async def pool(day: Graph) -> dict[str, list[str]]:
    """What a client may have seen of the day, as literals by the names of arguments."""
    seen = await day.ask(
        """
        fragment A on Application { id applicationId status nextPhoneNumber }
        fragment C on Call { id statisticId operatorId phoneNumber }
        fragment B on Callback { id callbackId operatorId }
        {
            campaigns {
                pageInfo { endCursor }
                nodes {
                    id campaignId
                    applications(first: 4) { nodes { ...A } pageInfo { endCursor } }
                    calls(first: 4) { nodes { ...C } pageInfo { endCursor } }
                    callbacks(first: 4) { nodes { ...B } pageInfo { endCursor } }
                }
            }
            events(first: 40) { pageInfo { endCursor } }
        }"""
    )
    found: dict[str, set[str]] = {}
    gather(seen["data"], found)
    found["ids"] = found["id"] | {"rubbish"}
    found["campaignIds"] = found["campaignId"]
    for name in ("after", "before"):
        found[name] = found["endCursor"]
    found["companyId"] = {"brightline"}
    found["fields"] = {"status", "nonsense"}
    return {
        name: sorted(json.dumps(value) for value in values if value is not None)
        for name, values in found.items()
    }


def gather(value: Any, found: dict[str, set[str]]) -> None:  # noqa: ANN401 - JSON
    """Put every leaf under its name."""
    if isinstance(value, list):
        for each in value:
            gather(each, found)
    elif isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(each, dict | list):
                found.setdefault(name, set()).add(each)
            gather(each, found)


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_loaded_at_once_is_what_is_loaded_one_by_one(
    day: Graph, pool: dict[str, list[str]], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = QueryDice(schema._schema, pool, seed).text()  # noqa: SLF001 - the engine's own
    assert validate(schema._schema, parse(text)) == []  # noqa: SLF001 - the engine's own

    at_once, expected = await day.ask(text), await one_by_one(day, text, monkeypatch)

    assert at_once["data"] == expected["data"]
    assert "INTERNAL" not in json.dumps(at_once)
    assert "None" not in expected["codes"]


async def test_an_argument_that_cannot_be_read_is_told_at_its_field(day: Graph) -> None:
    answer = await day.ask(
        """query ($at: DateTime!) { callbacks(first: 1) { nodes { state(at: $at) } } }""", at="soon"
    )

    assert answer["data"] is None
    assert "soon" in answer["errors"][0]["message"]


async def test_a_null_where_none_is_allowed_is_told_at_its_field(day: Graph) -> None:
    answer = await day.ask(
        """query ($by: CallOrderField = UPDATED_DATE) { campaigns(first: 1) { nodes {
            calls(orderBy: {field: $by}) { totalCount }
        } } }""",
        by=None,
    )

    [error] = answer["errors"]
    assert answer["data"] is None
    assert error["path"] == ["campaigns", "nodes", 0, "calls"]
    assert "$by" in error["message"]


async def test_one_fields_error_leaves_the_others_alone(day: Graph) -> None:
    answer = await day.ask(
        """{
            bad: campaigns(first: -1) { totalCount }
            good: campaigns(first: 1) { nodes { campaignId } }
        }"""
    )

    assert answer["data"] is None
    assert [error["path"] for error in answer["errors"]] == [["bad"]]


async def test_an_error_below_is_told_at_each_object(day: Graph) -> None:
    answer = await day.ask(
        """{ nodes(ids: []) { id } campaigns(first: 2) {
            nodes { calls(first: 501) { totalCount } }
        } }"""
    )

    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["campaigns", "nodes", 0, "calls"]
    assert answer["errors"][0]["extensions"] == {"code": "PAGE_TOO_LARGE"}
