"""Whether this process lives, and whether it can do its work."""

from starlette.requests import Request
from starlette.responses import Response

from api.answers import JsonResponse
from api.services import services_of


async def healthz(request: Request) -> Response:
    """Answer that the process is alive."""
    del request
    return JsonResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """Answer that the store answers; the app makes 503 of it where it does not."""
    await services_of(request).database.ping()
    return JsonResponse({"status": "ready"})
