"""All that the graph says of a company, whatever the order of arrival."""

from typing import Any

from model.asking import Execute
from model.contract import POSITION_BOUND, TYPES
from model.selection import Argument, Field, Query, answer
from model.spelling import IDS
from model.view import View

_EVERY = (Argument("first", "Int", 200),)


def fields(type_name: str, depth: int = 2) -> tuple[Field, ...]:
    """Return a selection of everything but positions, receipts and events."""
    kind = TYPES[type_name]
    below = {**kind.parts, **(kind.edges if depth else {})}
    return (
        *(Field(name, name) for name in kind.plain if name not in POSITION_BOUND),
        *(
            Field(name, name, below=fields(type_name, depth - 1))
            for name, type_name in below.items()
        ),
        *(
            Field(name, name, _EVERY, fields(type_name, 0), is_connection=True)
            for name, type_name in kind.connections.items()
            if type_name != "Event" and depth
        ),
    )


def roots(company: str) -> list[Field]:
    """Return the root fields that ask for all of a company."""
    given = (Argument("companyId", "ID", company),)
    singles = (("application", "applicationId", "Application"), ("call", "statisticId", "Call"))
    return [
        Field("campaigns", "campaigns", (*given, *_EVERY), fields("Campaign"), is_connection=True),
        Field("callbacks", "callbacks", (*given, *_EVERY), fields("Callback"), is_connection=True),
        *(
            Field(name, f"{name}{index}", (*given, Argument(key, "ID!", thing)), fields(kind))
            for name, key, kind in singles
            for index, thing in enumerate(IDS)
        ),
    ]


async def whole(execute: Execute, company: str) -> dict[str, Any]:
    """Return what the graph says."""
    query = Query()
    return await execute(query.text(roots(company)), query.variables)


def expected(view: View) -> dict[str, Any]:
    """Return what the model says."""
    things: dict[str, Any] = {"application": view.applications, "call": view.calls}
    said: dict[str, Any] = {}
    for root in roots(view.company):
        if root.is_connection:
            said |= answer(view, [root])
        else:
            thing: Any = things[root.name].get(root.arguments[1].value)
            said[root.key] = None if thing is None else answer(thing, root.below)
    return said
