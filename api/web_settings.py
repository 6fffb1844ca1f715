"""What the environment sets about the doors: who may come from where, and how much they may ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.environ import SettingsError, flag, words
from api.limits import OperationLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How the doors are kept.

    Attributes:
        production: Whether strangers ask: no introspection, suggestions or GraphiQL, and a query in
            the address needs a header that no page can send unasked.
        allowed_hosts: The names that this server may be called by, besides those of this machine.
        allowed_origins: The origins whose pages may ask, such as `https://example.com`.
        trusted_documents: A manifest of the only documents that are run; `None` runs any.
        tls_cert: The certificate, with its chain, as PEM; `None` speaks plain HTTP.
        tls_key: Its key, where it is not in the same file.
        access_log: Whether a line is logged for each answer.
        limits: What one operation, and one caller over time, may ask for.
    """

    production: bool = False
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    trusted_documents: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    access_log: bool = False
    limits: OperationLimits = field(
        default_factory=lambda: OperationLimits.from_environ({}, production=False)
    )

    @classmethod
    def from_environ(cls, given: Mapping[str, str]) -> "WebSettings":
        """Read the settings from variables that are set.

        Raises:
            SettingsError: A value cannot be used.
        """
        production = flag(given, "DIALGRAPH_PRODUCTION")
        return cls(
            production=production,
            allowed_hosts=tuple(each.lower() for each in words(given, "DIALGRAPH_ALLOWED_HOSTS")),
            allowed_origins=_origins(words(given, "DIALGRAPH_ALLOWED_ORIGINS")),
            trusted_documents=_path(given, "DIALGRAPH_TRUSTED_DOCUMENTS"),
            tls_cert=_path(given, "DIALGRAPH_TLS_CERT"),
            tls_key=_path(given, "DIALGRAPH_TLS_KEY"),
            access_log=flag(given, "DIALGRAPH_ACCESS_LOG", default=production),
            limits=OperationLimits.from_environ(given, production=production),
        )


def _path(given: Mapping[str, str], name: str) -> Path | None:
    if name in given and not Path(given[name]).is_file():
        raise SettingsError(f"{name} is {given[name]!r}: there is no such file")
    return Path(given[name]) if name in given else None


def _origins(given: tuple[str, ...]) -> tuple[str, ...]:
    for each in given:
        scheme, _, host = each.partition("://")
        if scheme not in {"http", "https"} or not host or "/" in host or each != each.lower():
            raise SettingsError(
                f"DIALGRAPH_ALLOWED_ORIGINS has {each!r}: use origins such as https://example.com"
            )
    return given
