"""What one operation, and one caller over time, may ask for; each limit has a stable code."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from api.environ import whole_number

_MOST = 10**9

DEFAULT_PAGE = 20
MAX_PAGE = 500
"""How many edges a page has: where none is said, and at most; PAGE_TOO_LARGE."""

MAX_DIRECTIVES_AT_ONCE = 5
"""How many directives stand at one place; there are two that may: TOO_MANY_DIRECTIVES."""

MAX_MERGED = 50
"""How many fields of one response name are merged at one place; TOO_MANY_FIELDS."""

MAX_FLAWS = 10
"""How many errors validation finds before it gives up: each may quote much of the document."""

MAX_SUBSCRIPTIONS = 10_000
"""How many subscriptions one process holds; SUBSCRIPTION_LIMIT."""

DEVELOPMENT = {"cost_bucket": 100_000_000, "cost_per_second": 10_000_000}
"""Where nobody but the developer asks, no caller runs dry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationLimits:
    """How much is too much. The environment sets `DIALGRAPH_MAX_DEPTH` and so on.

    Attributes:
        max_document_characters: The longest document; DOCUMENT_TOO_LARGE.
        max_tokens: How many words and signs it may have; TOO_MANY_TOKENS.
        max_fields: How many fields, those of fragments counted at each spread; TOO_MANY_FIELDS.
        max_depth: How deep fields are nested; TOO_DEEP.
        max_aliases: How many fields have an alias; TOO_MANY_ALIASES.
        max_root_fields: How many fields one operation begins with; TOO_MANY_ROOT_FIELDS.
        max_directives: How many directives a document has; TOO_MANY_DIRECTIVES.
        max_cost: What one operation may cost, see `api/cost.py`; COST_LIMIT.
        cost_bucket: What one caller may spend at once; RATE_LIMITED.
        cost_per_second: How fast it gets that back.
        operation_seconds: How long a query, or what one change tells a subscription, may take,
            MongoDB's part too; OPERATION_TIMEOUT.
        concurrent_operations: How many run at once in this process; OPERATION_LIMIT.
    """

    max_document_characters: int = 50_000
    max_tokens: int = 5_000
    max_fields: int = 1_000
    max_depth: int = 20
    max_aliases: int = 50
    max_root_fields: int = 30
    max_directives: int = 50
    max_cost: int = 50_000
    cost_bucket: int = 5_000_000
    cost_per_second: int = 200_000
    operation_seconds: int = 15
    concurrent_operations: int = 64

    @classmethod
    def from_environ(
        cls, given: Mapping[str, str], *, production: bool = True
    ) -> "OperationLimits":
        """Read the limits that are set; the others have their defaults.

        Raises:
            SettingsError: A value is no whole number, or none that can be used.
        """
        chosen: dict[str, int] = {} if production else dict(DEVELOPMENT)
        for each in fields(cls):
            name = f"DIALGRAPH_{each.name.upper()}"
            if name in given:
                chosen[each.name] = whole_number(given, name, default=0, most=_MOST)
        return cls(**chosen)
