"""The app: every route, and what errors become."""

from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from api import graphiql
from api.access_log import AccessLog
from api.admission import refused
from api.answers import error_response, unavailable_response
from api.endpoint import PREFLIGHT_HEADERS, GraphQLEndpoint
from api.errors import INTERNAL
from api.events import post_events
from api.gate import GateError
from api.health import healthz, metrics, readyz
from api.metrics import CountRequests
from api.origins import Origins
from api.request_body import BodyTimeoutError, BodyTooLargeError
from api.request_id import HEADER, RequestIds
from api.schema import schema
from api.security_headers import SecurityHeaders
from api.services import Services, services_of
from api.web_settings import WebSettings
from store.errors import LogUnavailableError, QueueFullError


def create_app(services: Services) -> ASGIApp:
    """Build the app that serves `services`, in the event loop that they were opened in."""
    web = services.settings.web
    app = Starlette(
        routes=_routes(web),
        middleware=[Middleware(CountRequests, services.metrics)],
        exception_handlers={
            BodyTimeoutError: _too_slow,
            BodyTooLargeError: _too_large,
            ClientDisconnect: _gone,
            GateError: refused,
            LogUnavailableError: _unavailable,
            HTTPException: _refused,
            Exception: _failed,
        },
    )
    app.state.services = services
    return _kept(app, web)


def _kept(app: ASGIApp, web: WebSettings) -> ASGIApp:
    """Put what goes around every answer around the app, those of faults too."""
    if web.allowed_origins:
        app = CORSMiddleware(
            app,
            allow_origins=web.allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=_ASKED_WITH,
            expose_headers=(HEADER, "Retry-After"),
        )
    app = SecurityHeaders(Origins(app, web.allowed_hosts, web.allowed_origins))
    return RequestIds(AccessLog(app) if web.access_log else app)


_ASKED_WITH = ("Authorization", "Content-Type", "Last-Event-ID", HEADER, *PREFLIGHT_HEADERS)


def _routes(web: WebSettings) -> list[BaseRoute]:
    endpoint = GraphQLEndpoint(schema, web)
    return [
        Route("/events", post_events, methods=["POST"]),
        Route("/events/{token}", post_events, methods=["POST"]),
        *([] if web.production else graphiql.routes()),
        Route("/graphql", endpoint),
        WebSocketRoute("/graphql", endpoint),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]


async def _too_large(request: Request, error: Exception) -> Response:
    del request
    return error_response(413, "TOO_LARGE", str(error))


async def _too_slow(request: Request, error: Exception) -> Response:
    del request
    return error_response(408, "REQUEST_TIMEOUT", str(error))


async def _gone(request: Request, error: Exception) -> Response:
    """Answer nobody: the client left before it had sent everything."""
    del request, error
    return Response(status_code=400)


async def _unavailable(request: Request, error: Exception) -> Response:
    if isinstance(error, QueueFullError):
        services_of(request).metrics.append_refused.inc()
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
