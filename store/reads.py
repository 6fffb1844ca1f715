"""Reads that are asked for together go to MongoDB together: a round trip costs more than a part."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from store.collections import Document, Pipeline
from store.driver import Database
from store.errors import PoisonError
from store.trace import note_other, untraced

_PIPELINES_PER_READ = 300
_PART = "_part"


@dataclass(slots=True)
class _Asked:
    collection: str
    pipeline: Pipeline
    result: asyncio.Future[list[Document]] = field(default_factory=asyncio.Future)


class Reads:
    """The reads of one view: pipelines asked for in the same turn of the loop make one read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Asked] = []
        self._sending: asyncio.Task[None] | None = None

    async def aggregate(self, collection: str, pipeline: Pipeline) -> list[Document]:
        """Return what `pipeline` makes of `collection`; see `Database.aggregate`."""
        note_other()
        asked = _Asked(collection, pipeline)
        self._waiting.append(asked)
        if len(self._waiting) == 1:
            self._sending = asyncio.ensure_future(self._send())
        return await asked.result

    async def _send(self) -> None:
        await asyncio.sleep(0)  # what was started together has asked by then
        waiting, self._waiting = self._waiting, []
        with untraced():  # each of them has noted its own
            for start in range(0, len(waiting), _PIPELINES_PER_READ):
                await self._answer(waiting[start : start + _PIPELINES_PER_READ])

    async def _answer(self, asked: Sequence[_Asked]) -> None:
        try:
            answers = await self._read(asked)
        except Exception as error:  # noqa: BLE001 - each asker gets it
            if isinstance(error, PoisonError) and len(asked) > 1:  # too long for one command
                middle = len(asked) // 2
                await self._answer(asked[:middle])
                await self._answer(asked[middle:])
                return
            for each in asked:
                if not each.result.done():
                    each.result.set_exception(error)
            return
        for each, rows in zip(asked, answers, strict=True):
            if not each.result.done():
                each.result.set_result(rows)

    async def _read(self, asked: Sequence[_Asked]) -> list[list[Document]]:
        first, *others = asked
        if not others:
            return [await self._database.aggregate(first.collection, first.pipeline)]
        pipelines = [[*each.pipeline, {"$set": {_PART: n}}] for n, each in enumerate(asked)]
        united = [
            {"$unionWith": {"coll": each.collection, "pipeline": pipeline}}
            for each, pipeline in zip(others, pipelines[1:], strict=True)
        ]
        answers: list[list[Document]] = [[] for _ in asked]
        for row in await self._database.aggregate(first.collection, [*pipelines[0], *united]):
            answers[row.pop(_PART)].append(row)
        return answers
