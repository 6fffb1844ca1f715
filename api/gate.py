"""The gate: who comes in with which credential, and until when."""

import asyncio
from contextlib import suppress

from api.identity import ANYBODY, Identity
from api.provider import Provider
from api.settings import Settings
from api.tokens import Tokens, open_tokens

REALM = 'Bearer realm="dialgraph"'

_LOOK_SECONDS = 1.0
_LONGEST_SECONDS = 86_400.0


class GateError(Exception):
    """Somebody is not let in.

    Attributes:
        status_code: Of an HTTP answer.
        close_code: Of a WebSocket.
        code: Stable, for `code` and `extensions.code`.
        challenge: The header `WWW-Authenticate` (RFC 6750).
    """

    status_code = 401
    close_code = 4401
    code = "UNAUTHENTICATED"
    challenge = REALM


class UnauthenticatedError(GateError):
    """There is no credential, or it is none of ours, or its time is over.

    Which of these it is, is not told: a guess must not come closer.
    """

    def __init__(self, credential: str | None) -> None:
        super().__init__("Send a token that holds, as the header `Authorization: Bearer ...`.")
        if credential is not None:
            self.challenge = f'{REALM}, error="invalid_token"'


class ForbiddenScopeError(GateError):
    """The credential is good, but not for this."""

    status_code = 403
    close_code = 4403
    code = "FORBIDDEN_SCOPE"

    def __init__(self, scope: str) -> None:
        super().__init__(f"The token does not allow this: it needs the scope `{scope}`.")
        self.challenge = f'{REALM}, error="insufficient_scope", scope="{scope}"'


class ForbiddenCompanyError(GateError):
    """The credential names some companies, and this is of all."""

    status_code = 403
    close_code = 4403
    code = "FORBIDDEN_COMPANY"

    def __init__(self) -> None:
        super().__init__("This is of all companies, and the token does not name all.")
        self.challenge = f'{REALM}, error="insufficient_scope"'


class Gate:
    """Lets in whom a credential names; where none are configured, everybody.

    Args:
        tokens: Those of machines.
        provider: Reads those of an identity provider.
    """

    def __init__(self, tokens: Tokens | None = None, provider: Provider | None = None) -> None:
        self._tokens = tokens
        self._provider = provider
        self._changed = asyncio.Event()

    @classmethod
    def of(cls, settings: Settings) -> "Gate":
        """Return the gate that the settings describe.

        Raises:
            SettingsError: Tokens or keys cannot be read.
        """
        return cls(
            None if settings.tokens is None else open_tokens(settings.tokens),
            None if settings.jwt is None else Provider(settings.jwt),
        )

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for a credential."""
        return self._tokens is None and self._provider is None

    async def admit(self, credential: str | None, *scopes: str) -> Identity:
        """Return whom a credential names, if it allows all of the scopes.

        Raises:
            UnauthenticatedError: It names nobody.
            ForbiddenScopeError: It does not allow one of them.
        """
        identity = ANYBODY if self.is_open else await self._find(credential)
        if identity is None or identity.has_expired():
            raise UnauthenticatedError(credential)
        for scope in scopes:
            if scope not in identity.scopes:
                raise ForbiddenScopeError(scope)
        return identity

    async def admit_to_all(self, credential: str | None, *scopes: str) -> Identity:
        """Return whom a credential names, if it sees all companies too.

        Raises:
            ForbiddenCompanyError: It names some.
        """
        identity = await self.admit(credential, *scopes)
        if identity.companies is not None:
            raise ForbiddenCompanyError
        return identity

    async def _find(self, credential: str | None) -> Identity | None:
        if not credential:
            return None
        self._refresh()
        found = None if self._tokens is None else self._tokens.find(credential)
        if found is None and self._provider is not None:
            found = await self._provider.find(credential)
        return found

    def _refresh(self) -> None:
        """Read tokens that have changed, and let those look up who wait for the end of one."""
        if self._tokens is not None and self._tokens.refresh():
            self._changed.set()
            self._changed = asyncio.Event()

    def _holds(self, identity: Identity) -> bool:
        is_known = identity.key is None or (
            self._tokens is not None and self._tokens.holds(identity)
        )
        return is_known and not identity.has_expired()

    async def lapse(self, identity: Identity) -> None:
        """Wait until what an identity came in with has expired or was revoked."""
        while self._holds(identity):
            seconds = min(identity.seconds_left(), _LONGEST_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()

    async def watch(self) -> None:
        """Look for changed tokens until cancelled, so that those end whom nobody asks."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._refresh()


def bearer(header: str | None) -> str | None:
    """Return the token of an `Authorization` header; `None` where it has none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
