"""Who asks, and what they may."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

INGEST = "ingest"
READ = "read"
PERSONAL_DATA = "personal-data"
OPERATE = "operate"

SCOPES = frozenset({INGEST, READ, PERSONAL_DATA, OPERATE})
"""What a credential may allow: to post events, to ask the graph, to see who the people are, and to
look after the process (metrics, the quarantine)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a credential names.

    Attributes:
        name: Of the machine or person; for logs.
        companies: The companies that it sees (D22), sorted; `None` is all.
        scopes: What it may, of `SCOPES`.
        expires_at: When it ends; `None` is never.
        key: The digest of a token that can be revoked; `None` where there is none.
    """

    name: str
    companies: tuple[str, ...] | None = None
    scopes: frozenset[str] = SCOPES
    expires_at: datetime | None = None
    key: str | None = field(default=None, repr=False)

    @property
    def is_lasting(self) -> bool:
        """Whether it neither expires nor can be revoked."""
        return self.expires_at is None and self.key is None

    def has_expired(self) -> bool:
        """Say whether its time is over."""
        return self.seconds_left() <= 0

    def seconds_left(self) -> float:
        """Return how long it holds; infinity where it does not end."""
        if self.expires_at is None:
            return float("inf")
        return (self.expires_at - datetime.now(UTC)).total_seconds()


ANYBODY = Identity(name="anybody")
"""Who comes where no credentials are configured: only from this machine, and may everything."""
