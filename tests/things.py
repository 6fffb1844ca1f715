"""A small graph of things with names, to be executed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import strawberry

from api.execution import CompilingExecutor
from api.lookahead import Ask, Loadable, batch


@strawberry.type
class Part:
    name: str


@strawberry.interface
class Named(Loadable):
    results: strawberry.Private[Any]
    name: str
    size: int | None = None


@strawberry.type
class Thing(Named):
    tags: list[str] = strawberry.field(default_factory=list)
    parts: list[Part] = strawberry.field(default_factory=list)
    owner: Part | None = None

    @strawberry.field
    def loaded_part(self, info: strawberry.Info, number: int = 1) -> Part:  # noqa: ARG002 - a loader's
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field
    def resolved(self) -> str:
        return self.name.upper()

    @strawberry.field
    async def awaited(self) -> str:
        await asyncio.sleep(0)
        return self.name


@batch("Thing", "loadedPart")
async def load_parts(things: Sequence[Thing], ask: Ask) -> list[Part]:
    return [Part(name=f"{thing.name}{ask.arguments['number']}") for thing in things]


@strawberry.type
class Other(Named):
    pass


@strawberry.type
class Query:
    @strawberry.field
    async def things(self, info: strawberry.Info) -> list[Thing] | None:
        return info.root_value  # type: ignore[no-any-return]

    @strawberry.field
    def named(self, info: strawberry.Info) -> list[Named | None] | None:
        return info.root_value  # type: ignore[no-any-return]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def thing(self, info: strawberry.Info) -> AsyncIterator[Thing]:
        for each in info.root_value:
            yield each


things = strawberry.Schema(Query, types=[Thing, Other], execution_context_class=CompilingExecutor)


def a_thing(**fields: object) -> Any:  # noqa: ANN401 - may be a wrong one
    return Thing(**{"results": {}, "name": "a", **fields})  # type: ignore[arg-type]
