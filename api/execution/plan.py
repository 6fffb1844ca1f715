"""What is compiled of one operation, for one set of values of its boolean variables."""

from threading import Lock
from typing import Any

from graphql import GraphQLOutputType, GraphQLSchema
from graphql.execution.collect_fields import FieldDetailsList

from api.execution.writing import Collect, Completion, Writer

_MAX_FIELDS = 2_000

_compiling = Lock()


class Plan:
    """Compiled functions, by what they complete.

    An operation that is seen once is left to graphql-core: compiling costs more than that.
    """

    def __init__(self) -> None:
        self._sightings = 0
        self._room = _MAX_FIELDS
        self._completions: dict[tuple[int, ...], Completion | None] = {}

    def sight(self) -> bool:
        """Count an execution, and say whether it was seen before."""
        self._sightings += 1
        return self._sightings > 1

    def completion(
        self,
        schema: GraphQLSchema,
        collect: Collect,
        return_type: GraphQLOutputType,
        details: FieldDetailsList,
    ) -> Completion | None:
        """Return the function that completes a field's values, compiled when asked for first.

        Args:
            schema: Whose types they are.
            collect: The execution's own way to collect fields.
            return_type: Of the field, or of the items of its lists.
            details: Where the field stands in the document.

        Returns:
            `None` if something below the field is graphql-core's business.
        """
        # The document keeps the nodes alive, and the schema the types: no other will have their id.
        key = (id(return_type), *(id(each.node) for each in details))
        if key not in self._completions:
            with _compiling:
                self._completions[key] = self._compile(schema, collect, return_type, details)
        return self._completions[key]

    def _compile(self, *of: Any) -> Completion | None:  # noqa: ANN401 - see `completion`
        schema, collect, return_type, details = of
        writer = Writer(schema, collect, self._room)
        try:
            return writer.compile(return_type, details)
        except Exception:  # noqa: BLE001 - graphql-core meets the same, and tells it of the field
            return None
        finally:
            self._room = writer.room
