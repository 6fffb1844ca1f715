"""The app: every route, and what errors become."""

from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from api import graphiql
from api.admission import refused
from api.answers import error_response, unavailable_response
from api.endpoint import GraphQLEndpoint
from api.errors import INTERNAL
from api.events import post_events
from api.gate import GateError
from api.health import healthz, metrics, readyz
from api.metrics import CountRequests
from api.request_body import BodyTooLargeError
from api.schema import schema
from api.services import Services
from store.errors import LogUnavailableError


def create_app(services: Services) -> Starlette:
    """Build the app that serves `services`, in the event loop that they were opened in."""
    app = Starlette(
        routes=_routes(),
        middleware=[Middleware(CountRequests, services.metrics)],
        exception_handlers={
            BodyTooLargeError: _too_large,
            ClientDisconnect: _gone,
            GateError: refused,
            LogUnavailableError: _unavailable,
            HTTPException: _refused,
            Exception: _failed,
        },
    )
    app.state.services = services
    return app


def _routes() -> list[BaseRoute]:
    endpoint = GraphQLEndpoint(schema)
    return [
        Route("/events", post_events, methods=["POST"]),
        Route("/events/{token}", post_events, methods=["POST"]),
        *graphiql.routes(),
        Route("/graphql", endpoint),
        WebSocketRoute("/graphql", endpoint),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]


async def _too_large(request: Request, error: Exception) -> Response:
    del request
    return error_response(413, "TOO_LARGE", str(error))


async def _gone(request: Request, error: Exception) -> Response:
    """Answer nobody: the client left before it had sent everything."""
    del request, error
    return Response(status_code=400)


async def _unavailable(request: Request, error: Exception) -> Response:
    del request
    return unavailable_response(error)


async def _refused(request: Request, error: Exception) -> Response:
    """Answer what no route takes, in the shape of the other errors."""
    del request
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    return error_response(status, status.name, error.detail, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    """Say nothing of a fault but that it is one; the log of the process has the rest."""
    del request, error
    return error_response(500, INTERNAL, "Something went wrong here: try again, or tell us.")
