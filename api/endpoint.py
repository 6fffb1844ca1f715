"""`/graphql`: queries over HTTP, subscriptions over WebSocket and server-sent events, GraphiQL."""

from datetime import timedelta
from types import MappingProxyType
from typing import Any, cast

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry import Schema
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import AsyncTextStream, HTTPStreamTransport
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import SubscriptionExecutionResult
from strawberry.types.graphql import OperationType

from api import graphiql
from api.callers import NOBODY, caller_of, caller_of_request
from api.encoding import decode, encode
from api.errors import ClientError
from api.event_stream import EventStream
from api.gate import GateError
from api.graphql_answer import (
    JSON,
    Answer,
    answer_response,
    error_response,
    preferred_type,
    refused_response,
)
from api.graphql_request import LimitedRequest, read_request
from api.graphql_websocket import TransportWSHandler
from api.lapsing import until_lapsed
from api.operation import Caller
from api.services import services_of
from api.web_settings import WebSettings

_ONLY_QUERIES = (
    "Only queries have one answer: send a subscription with `Accept: text/event-stream`, "
    "or over a WebSocket. There are no mutations: events are posted to /events."
)
_UNASKED = (
    "A page of any origin can send this: add the header `GraphQL-Require-Preflight: 1`, or send "
    "the request by POST."
)
PREFLIGHT_HEADERS = (
    "GraphQL-Require-Preflight",
    "Apollo-Require-Preflight",
    "X-Apollo-Operation-Name",
)
"""What no page of another origin can send without asking first; the last two are Apollo's."""

_INIT_TIMEOUT = timedelta(seconds=10)


class GraphQLEndpoint(GraphQL[Caller, None]):
    """Strawberry's view, held to GraphQL over HTTP."""

    request_adapter_class = LimitedRequest
    graphql_transport_ws_handler_class = TransportWSHandler
    stream_transport_classes_by_protocol = MappingProxyType({GRAPHQL_SSE_PROTOCOL: EventStream})

    def __init__(self, schema: Schema, web: WebSettings | None = None) -> None:
        self._web = web or WebSettings()
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=_INIT_TIMEOUT,
            allowed_origins=self._web.allowed_origins,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a WebSocket."""
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
            return
        response = await self.respond(Request(scope, receive))
        await response(scope, receive, send)

    async def respond(self, request: Request) -> Response:
        """Answer a request; what is none gets a GraphQL error and the status that says so."""
        if graphiql.wants_graphiql(request) and not self._web.production:
            return await graphiql.graphiql(request)
        if self._web.production and _could_be_a_link(request):
            return error_response(403, _UNASKED, _preferred(request), "PREFLIGHT_REQUIRED")
        try:
            return await self.run(request)
        except ClientError as error:
            return answer_response({"errors": [error.formatted]}, _preferred(request))
        except HTTPException as error:
            return error_response(error.status_code, error.reason, _preferred(request))
        except GateError as error:
            return refused_response(error, _preferred(request))

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Caller:
        """Return who asks; over a WebSocket nobody, until it says who it is.

        Raises:
            GateError: They may not ask.
        """
        del response
        if isinstance(request, Request):
            return await caller_of_request(request)
        return caller_of(request, NOBODY)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Return a response that remembers what the client accepts."""
        response = await super().get_sub_response(request)
        response.media_type = _preferred(request)
        return response

    def should_render_graphql_ide(self, request: object) -> bool:
        """Say no: `respond` has decided."""
        del request
        return False

    async def execute_single(  # type: ignore[override]  # strawberry calls it by keyword
        self, *, request_data: GraphQLRequestData, context: Caller, **_: object
    ) -> ExecutionResult:
        """Run a query; a subscription has nowhere to go in a single answer."""
        try:
            return await self.schema.execute(
                request_data.query,
                request_data.variables,
                context,
                operation_name=request_data.operation_name,
                allowed_operation_types={OperationType.QUERY},
            )
        except CannotGetOperationTypeError as error:
            raise HTTPException(400, error.as_http_error_reason()) from error
        except InvalidOperationTypeError as error:
            raise HTTPException(400, _ONLY_QUERIES) from error

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """Read the parameters; strawberry takes their types for granted."""
        streams = self._get_stream_transport_from_headers(request.headers)
        return await read_request(request, "http" if streams is None else streams.protocol)

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        """Build the response in the media type that the client prefers."""
        return answer_response(cast("Answer", response_data), sub_response.media_type or JSON)

    def _stream_result(
        self,
        request: Request,
        result: SubscriptionExecutionResult,
        transport: HTTPStreamTransport,
    ) -> AsyncTextStream:
        """Return the text of a subscription, which ends when the token lapses."""
        gate, identity = services_of(request).gate, request.state.identity
        lasting: Any = result if identity.is_lasting else until_lapsed(result, gate, identity)
        return super()._stream_result(request, lasting, transport)

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON."""
        return decode(data)

    def encode_json(self, data: object) -> str:
        """Write JSON as text, for frames and events."""
        return encode(data).decode()


def _could_be_a_link(request: Request) -> bool:
    """Say whether a page of another origin could make a browser send this unasked."""
    if request.method != "GET" or request.headers.get("Sec-Fetch-Site") == "same-origin":
        return False
    is_json = request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == JSON
    return not is_json and not any(name in request.headers for name in PREFLIGHT_HEADERS)


def _preferred(request: Request | WebSocket) -> str:
    return preferred_type(request.headers.get("Accept", ""))
