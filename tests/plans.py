"""How MongoDB carries out the reads that were made: which stages, and how many documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from store.collections import Document, Pipeline
from store.driver import Database


@dataclass
class Recorded:
    """The commands of the reads of a database, one for each part of a union."""

    database: Database
    commands: list[Document] = field(default_factory=list)

    def record_aggregate(self, collection: str, pipeline: Pipeline) -> None:
        own = [stage for stage in pipeline if "$unionWith" not in stage]
        others = [stage["$unionWith"] for stage in pipeline if "$unionWith" in stage]
        for name, part in ((collection, own), *((o["coll"], o["pipeline"]) for o in others)):
            self.commands.append({"aggregate": name, "pipeline": part, "cursor": {}})

    def record_find(self, collection: str, query: Document, options: Mapping[str, Any]) -> None:
        command: Document = {"find": collection, "filter": query}
        if options.get("fields"):
            command["projection"] = options["fields"]
        if options.get("sort"):
            command["sort"] = dict(options["sort"])
        self.commands.append(command | {"limit": options.get("limit", 0)})

    async def plans(self) -> list["Plan"]:
        """Return how the commands are carried out."""
        explained = [
            await self.database.handle.command({"explain": command, "verbosity": "executionStats"})
            for command in self.commands
        ]
        return [Plan(each) for each in explained]


@dataclass(frozen=True)
class Plan:
    """How one command is carried out."""

    explained: Document

    @property
    def stages(self) -> set[str]:
        """The stages of the plan that was chosen."""
        return {
            str(node["stage"])
            for plan in self._winning()
            for node in _nodes(plan)
            if "stage" in node
        }

    @property
    def rejected(self) -> list[set[str]]:
        """The stages of each plan that was weighed and not chosen."""
        return [
            {str(node["stage"]) for node in _nodes(plan) if "stage" in node}
            for node in _nodes(self.explained)
            for plan in node.get("rejectedPlans", [])
        ]

    @property
    def documents(self) -> int:
        """How many documents were looked at."""
        return sum(
            int(node["totalDocsExamined"])
            for node in _nodes(self.explained)
            if "totalDocsExamined" in node
        )

    @property
    def entries(self) -> int:
        """How many entries of an index were looked at."""
        return sum(
            int(node["totalKeysExamined"])
            for node in _nodes(self.explained)
            if "totalKeysExamined" in node
        )

    def _winning(self) -> list[Any]:
        return [node["winningPlan"] for node in _nodes(self.explained) if "winningPlan" in node]


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from _nodes(each)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for each in value:
            yield from _nodes(each)


def recording(database: Database, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Record what is read from here on."""
    recorded = Recorded(database)
    aggregate, find = database.aggregate, database.find

    async def recorded_aggregate(collection: str, pipeline: Pipeline) -> list[Document]:
        recorded.record_aggregate(collection, pipeline)
        return await aggregate(collection, pipeline)

    async def recorded_find(collection: str, query: Document, **options: Any) -> list[Document]:  # noqa: ANN401 - the read's own
        recorded.record_find(collection, query, options)
        return await find(collection, query, **options)

    monkeypatch.setattr(database, "aggregate", recorded_aggregate)
    monkeypatch.setattr(database, "find", recorded_find)
    return recorded
