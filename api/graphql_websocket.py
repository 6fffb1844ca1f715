"""graphql-transport-ws, where one bad operation does not end the others."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from api.callers import caller_of, identity_of_socket
from api.errors import ClientError
from api.execution import SharedData
from api.gate import ForbiddenScopeError, Gate, GateError
from api.identity import Identity
from api.lapsing import LAPSED
from api.operation import Caller
from api.persisted_documents import name_of
from api.services import services_of

HEARTBEAT_SECONDS = 15.0
"""How often a client is sent a `ping`, so that it can tell an idle server from a dead one."""

MAX_OPERATIONS = 100
"""How many operations may go on over one socket."""


class TransportWSHandler(BaseGraphQLTransportWSHandler[Caller, None]):
    """Answers a bad operation with an `error` message, and closes on a bad message only.

    Who begins without a token that holds is closed out with 4401, with one for something else, and
    when it lapses, with 4403.
    """

    _beating: asyncio.Task[None] | None = None
    _lapsing: asyncio.Task[None] | None = None
    _is_over = False

    async def handle_message(self, message: Message) -> None:
        """Handle one message; what is none closes the socket with 4400."""
        if self._is_over:
            return
        if is_message(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Failed to parse message")

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Let the one in whom the message names, or the header of the upgrade."""
        socket: WebSocket = cast("Any", self.websocket).ws
        try:
            identity = await identity_of_socket(socket, message.get("payload"))
        except GateError as error:
            await self._close(error.close_code, str(error))
            return
        self.context = caller_of(socket, identity)
        await super().handle_connection_init(message)
        if self.connection_acknowledged and self._beating is None:
            self._beating = asyncio.create_task(self._beat())
        if self._lapsing is None and not identity.is_lasting:
            gate = services_of(socket).gate
            self._lapsing = asyncio.create_task(self._close_when_lapsed(gate, identity))

    async def _beat(self) -> None:
        with suppress(WebSocketDisconnected):
            while True:
                await asyncio.sleep(HEARTBEAT_SECONDS)
                await self.send_message({"type": "ping"})

    async def _close_when_lapsed(self, gate: Gate, identity: Identity) -> None:
        await gate.lapse(identity)
        await self._close(ForbiddenScopeError.close_code, LAPSED)

    async def _close(self, code: int, reason: str) -> None:
        """End what goes on, then the socket; whatever still comes is not looked at."""
        self._is_over = True
        for number in list(self.operations):
            await self.cleanup_operation(number)
        await self.websocket.close(code, reason)

    async def shutdown(self) -> None:
        """End what goes on when the socket is closed."""
        for task in (self._beating, self._lapsing):
            if task is not None:
                task.cancel()
        await super().shutdown()

    async def handle_task_exception(self, error: Exception) -> None:
        """Log what an operation ended with, unless its client has merely left."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Start an operation, where the message is one and there is room."""
        payload: Any = message["payload"]
        if not self.connection_acknowledged or message["id"] in self.operations:
            await super().handle_subscribe(message)  # which closes the socket
            return
        if not is_operation(payload):
            await self.handle_invalid_message("Invalid subscribe payload")
            return
        try:
            query = self._document(payload)
        except ClientError as error:
            refusal: Any = {"type": "error", "id": message["id"], "payload": [error.formatted]}
            await self.send_message(refusal)
            return
        await super().handle_subscribe(
            cast("Any", {**message, "payload": {**payload, "query": query}})
        )

    def _document(self, payload: Mapping[str, Any]) -> str:
        if len(self.operations) >= MAX_OPERATIONS:
            services_of(cast("Any", self.websocket).ws).throttle.on_refused("OPERATION_LIMIT")
            message = f"A socket has room for {MAX_OPERATIONS} operations: open another one."
            raise ClientError("OPERATION_LIMIT", message)
        named = name_of(payload.get("documentId"), payload.get("extensions"))
        documents = services_of(cast("Any", self.websocket).ws).documents
        return documents.text(payload.get("query"), named)

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
    has_types = all(isinstance(given.get(name), kind | None) for name, kind in _TYPES.items())
    if not has_types:
        return False
    is_named = "documentId" in given or "persistedQuery" in (given.get("extensions") or {})
    return is_named or bool((given.get("query") or "").strip())


_TYPES = {
    "query": str,
    "documentId": str,
    "variables": dict,
    "operationName": str,
    "extensions": dict,
}
