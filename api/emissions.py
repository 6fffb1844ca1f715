"""What a change tells those who select the same of it: loaded, executed and encoded once."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import strawberry
from graphql import DocumentNode, FieldNode, Node, VariableNode

from api.cost import Costs
from api.errors import ClientError
from api.execution import SharedEvent
from api.identity import PERSONAL_DATA
from api.lookahead import below
from api.operation import Operation
from api.throttle import OperationTimeoutError
from store.changes import Change
from store.cursor import Cursor
from store.errors import DeadlineError

# More than may wait for one subscriber, so that those behind it find what it was told.
MAX_KEPT = 2_048
MAX_BYTES = 16 * 2**20

Key = tuple[object, ...]
Make = Callable[[], Awaitable[object]]
InTime = Callable[[], AbstractAsyncContextManager[None]]


class LateChangeError(ClientError):
    """What a change tells took too long to load. The subscription ends before it; nothing is lost.

    Args:
        cursor: The change's.
    """

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(
            DeadlineError.code,
            "A change took too long to load: ask for less of it, and resume with afterCursor"
            f" {cursor.before()}, or leave it out with {cursor}.",
        )
        places = {"cursor": str(cursor.before()), "changeCursor": str(cursor)}
        self.extensions = {"code": self.code, **places}


class Selected:
    """What one subscription selects of each change, and for whom.

    Attributes:
        below: What is asked for below the root field.
        type_name: The name of the root field's type.
        key: The same for all who are told the same of a change: those with the same operation of
            the same document, the same values of the variables that the selection uses, and the
            same companies (D22) and personal data to see. Where they begin and which changes they
            want may differ.
        cost: What one change costs whom it is made for, see `api/cost.py`.
    """

    def __init__(self, info: strawberry.Info) -> None:
        raw: Any = info._raw_info  # noqa: SLF001 - the operation as graphql-core reads it
        operation: Operation = info.context
        values = {name: raw.variable_values.get(name) for name in sorted(set(_variables(raw)))}
        self.below = below(info)
        self.type_name = str(raw.return_type.of_type.name)
        self.operation: Node = raw.operation
        caller = operation.caller
        sees = caller.companies, caller.may(PERSONAL_DATA)
        self.key = (id(raw.operation), repr(values), *sees)
        document = DocumentNode(definitions=(raw.operation, *raw.fragments.values()))
        self.cost = Costs(raw.schema, document, raw.variable_values).of(raw.operation)


def _variables(raw: Any) -> Iterator[str]:  # noqa: ANN401 - graphql-core's info
    """Name the variables that a result depends on: all but the root field's own arguments."""
    waiting: list[Any] = list(raw.fragments.values())
    for selection in raw.operation.selection_set.selections:
        waiting += selection.directives or ()
        if not isinstance(selection, FieldNode):
            waiting.append(selection)
        elif selection.selection_set:
            waiting.append(selection.selection_set)
    while waiting:
        node = waiting.pop()
        if isinstance(node, VariableNode):
            yield node.name.value
        elif isinstance(node, Node):
            waiting += (getattr(node, key, None) for key in node.keys)
        elif isinstance(node, list | tuple):
            waiting += node


class Emission:
    """What one change tells all with the same selection.

    Args:
        change: The change.
        selected: What is selected of it.
        on_kept: Called with the size of the encoded data, once it is there.

    Attributes:
        cursor: The change's, as text.
    """

    __slots__ = ("_change", "_event", "_loading", "_on_kept", "_operation", "cursor")

    def __init__(self, change: Change, selected: Selected, on_kept: Callable[[int], None]) -> None:
        # Held, so that no other object gets its identity while this is found by it.
        self._change, self._operation = change, selected.operation
        self._on_kept = on_kept
        self._loading = asyncio.Lock()
        self._event: SharedEvent | None = None
        self.cursor = str(change.cursor)

    async def event(self, make: Make, in_time: InTime) -> SharedEvent:
        """Return what is executed, made by the first who asks; who comes meanwhile waits.

        Where making fails, the next one tries again: in what is left of its own time, so all who
        wait for a change that takes too long give up together.

        Args:
            make: Makes the value that the operation is executed on.
            in_time: Bounds the time of one who asks.

        Raises:
            LateChangeError: The time was over.
        """
        if self._event is None:
            try:
                async with in_time(), self._loading:
                    if self._event is None:
                        self._event = SharedEvent(await make(), self._on_kept)
            except OperationTimeoutError as error:
                raise LateChangeError(self._change.cursor) from error
        return self._event


class Emissions:
    """The emissions that were told last; whoever still tells another one keeps it alive.

    Args:
        max_kept: How many.
        max_bytes: How large their encoded data may be together.
    """

    def __init__(self, max_kept: int = MAX_KEPT, max_bytes: int = MAX_BYTES) -> None:
        self._max_kept = max_kept
        self._max_bytes = max_bytes
        self._bytes = 0
        self._sizes: dict[Key, int] = {}
        self._kept: OrderedDict[Key, Emission] = OrderedDict()

    def of(self, change: Change, selected: Selected) -> Emission:
        """Return what a change tells those who selected so; changes are known by identity."""
        key = (id(change), *selected.key)
        emission = self._kept.get(key)
        if emission is None:
            emission = Emission(change, selected, partial(self._grow, key))
            self._kept[key] = emission
            self._shrink()
        return emission

    def _grow(self, key: Key, size: int) -> None:
        if key in self._kept:
            self._bytes += size - self._sizes.get(key, 0)
            self._sizes[key] = size
            self._shrink()

    def _shrink(self) -> None:
        while len(self._kept) > self._max_kept or self._bytes > self._max_bytes:
            key, _ = self._kept.popitem(last=False)
            self._bytes -= self._sizes.pop(key, 0)


emissions = Emissions()
