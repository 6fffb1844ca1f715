"""What all things of the graph have in common, and their ids across types."""

import base64
from dataclasses import field
from typing import Annotated

import orjson
import strawberry

from api.execution import pure
from api.lookahead import Loadable, Results
from api.types.connection import After, Before, Connection, First, Last
from api.types.revision import Provenance, Revision
from store.facts import Kind
from store.fold import State
from store.view import View

KINDS: dict[str, Kind] = {
    "Campaign": "campaign",
    "Application": "application",
    "Call": "call",
    "Callback": "callback",
}


@strawberry.interface(description="A thing that has an id of its own among all things.")
class Node(Loadable):
    """One thing at one moment.

    Attributes:
        view: The moment, and the reads of what hangs below.
        state: What is known of the thing at that moment.
    """

    view: strawberry.Private[View]
    state: strawberry.Private[State]
    results: strawberry.Private[Results] = field(default_factory=dict)

    @strawberry.field(
        description="The thing's id among all things; opaque, for `node` and `nodes`."
    )
    @pure
    def id(self) -> strawberry.ID:
        """Return the global id."""
        return strawberry.ID(node_id(self.state))

    @strawberry.field(description="Every change of what is known of it, as it became known.")
    def revisions(
        self,
        info: strawberry.Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Revision]:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="For each field, the event that its value is from.")
    def provenance(
        self,
        info: strawberry.Info,
        fields: Annotated[
            list[str] | None,
            strawberry.argument(description="Names of fields; all that were ever said by default."),
        ] = None,
    ) -> list[Provenance]:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]


def node_id(state: State) -> str:
    """Spell a thing's id across types and companies."""
    spelled = orjson.dumps((state.kind, state.company, state.id))
    return base64.urlsafe_b64encode(spelled).rstrip(b"=").decode()


def read_node_id(text: str) -> tuple[Kind, str, str] | None:
    """Return kind, company and id from a global id, or `None` where it is none."""
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        kind, company, id_ = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError):
        return None
    known = kind in KINDS.values() and isinstance(company, str) and isinstance(id_, str) and id_
    return (kind, company, id_) if known else None
