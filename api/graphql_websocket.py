"""graphql-transport-ws, where one bad operation does not end the others."""

from typing import Any, cast

import orjson
from graphql import GraphQLError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage

from api.execution import SharedData
from api.operation import Caller


class TransportWSHandler(BaseGraphQLTransportWSHandler[Caller, None]):
    """Answers a bad operation with an `error` message, and closes on a bad message only."""

    async def handle_message(self, message: Message) -> None:
        """Handle one message; what is none closes the socket with 4400."""
        if is_message(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Failed to parse message")

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Start an operation."""
        if is_operation(message["payload"]):
            await super().handle_subscribe(message)
        else:
            await self.handle_invalid_message("Invalid subscribe payload")

    async def send_message(self, message: Message) -> None:
        """Send one message; of a result that goes to many only the rest is written anew."""
        payload: Any = message.get("payload")
        if message["type"] == "next" and isinstance(payload["data"], SharedData):
            shared = orjson.Fragment(payload["data"].payload(payload.get("extensions")))
            message = cast("Message", {**message, "payload": shared})
        await super().send_message(message)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """Return none, so the socket stays: strawberry would close it on a syntax error."""
        del error
        return None


def is_message(message: object) -> bool:
    """Tell whether `message` has the form of one."""
    return isinstance(message, dict) and isinstance(message.get("id", ""), str)


def is_operation(payload: object) -> bool:
    """Tell whether `payload` has the form of an operation with its variables."""
    if not isinstance(payload, dict):
        return False
    given = cast("dict[str, Any]", payload)
    return (
        isinstance(given.get("query"), str)
        and bool(given["query"].strip())
        and isinstance(given.get("variables"), dict | None)
        and isinstance(given.get("operationName"), str | None)
    )
