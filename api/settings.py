"""What the environment sets, checked before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from api.environ import SettingsError, StartError, whole_number
from api.jwt_settings import JwtSettings
from api.web_settings import WebSettings

__all__ = ["Settings", "SettingsError", "StartError"]

_MAX_EVENT_BYTES = 15 * 2**20  # a document of MongoDB holds 16 MiB
_DATABASE_NAME = re.compile(r"[A-Za-z0-9_-]{1,48}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process runs.

    Attributes:
        mongodb_uri: The replica set; `None` is the embedded MongoDB.
        database: The name of the database there.
        data_folder: Where the embedded MongoDB keeps its data.
        mongod: The program of the embedded MongoDB; `None` is the one on PATH or in the wheel.
        time_zone: That of dates that name none (D3).
        max_body_bytes: The longest request body.
        queue_events: How many events may wait for their commit.
        tokens: The file of the machines' tokens, or its JSON; `None` where there are none.
        jwt: Whose JSON Web Tokens are taken; `None` where there are none.
        web: How the doors are kept.
    """

    mongodb_uri: str | None
    database: str
    data_folder: Path
    mongod: str | None
    time_zone: tzinfo
    max_body_bytes: int
    queue_events: int
    tokens: str | None = field(default=None, repr=False)
    jwt: JwtSettings | None = None
    web: WebSettings = field(default_factory=WebSettings)

    @property
    def asks_for_tokens(self) -> bool:
        """Whether nobody is let in without one."""
        return self.tokens is not None or self.jwt is not None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings from `environ`; a variable that is empty is not set.

        Raises:
            SettingsError: A value cannot be used.
        """
        given = {name: value for name, value in environ.items() if value}
        return cls(
            mongodb_uri=_mongodb_uri(given.get("MONGODB_URI")),
            database=_database(given.get("DIALGRAPH_DATABASE", "dialgraph")),
            data_folder=_data_folder(given),
            mongod=given.get("DIALGRAPH_MONGOD"),
            time_zone=_time_zone(given.get("DIALGRAPH_TIME_ZONE", "UTC")),
            max_body_bytes=whole_number(
                given, "DIALGRAPH_MAX_BODY_BYTES", default=8 * 2**20, most=_MAX_EVENT_BYTES
            ),
            queue_events=whole_number(
                given, "DIALGRAPH_QUEUE_EVENTS", default=20_000, most=1_000_000
            ),
            tokens=given.get("DIALGRAPH_TOKENS"),
            jwt=JwtSettings.from_given(given),
            web=WebSettings.from_environ(given),
        )

    def for_demo(self) -> "Settings":
        """Return the same with a database of the demo's own."""
        return replace(self, database=f"{self.database}_demo")


def _mongodb_uri(uri: str | None) -> str | None:
    if uri is not None and not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise SettingsError("MONGODB_URI must begin with mongodb:// or mongodb+srv://")
    return uri


def _database(name: str) -> str:
    if _DATABASE_NAME.fullmatch(name) is None:
        raise SettingsError(
            f"DIALGRAPH_DATABASE is {name!r}: use at most 48 letters, digits, hyphens, underscores"
        )
    return name


def _data_folder(given: Mapping[str, str]) -> Path:
    """Return the folder that is named, else the one of XDG's base directories."""
    named = given.get("DIALGRAPH_DATA")
    share = given.get("XDG_DATA_HOME", "~/.local/share")
    return Path(named or f"{share}/dialgraph").expanduser()


def _time_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"DIALGRAPH_TIME_ZONE is {name!r}: use a name such as UTC or Europe/Kyiv"
        ) from error
