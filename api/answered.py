"""What the middlewares that look at answers have in common."""

from starlette.types import Message, Scope, Send


class Answered:
    """A `send` that remembers the status: 500 where no answer began, for a fault becomes one.

    Args:
        send: Where the messages go.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500

    async def __call__(self, message: Message) -> None:
        """Pass a message on."""
        self.status = message.get("status", self.status)
        await self._send(message)


def route_of(scope: Scope) -> str:
    """Return the route, not the path, of a request: `/events/{token}` has a token in the path."""
    return str(getattr(scope.get("route"), "path", "none"))
