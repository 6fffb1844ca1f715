"""Whether this process lives, whether it can do its work, and how it does."""

from starlette.requests import Request
from starlette.responses import Response

from api.admission import admitted_to_all
from api.answers import JsonResponse
from api.identity import OPERATE
from api.services import services_of


async def healthz(request: Request) -> Response:
    """Answer that the process is alive."""
    del request
    return JsonResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """Answer that the store answers; the app makes 503 of it where it does not."""
    await services_of(request).database.ping()
    return JsonResponse({"status": "ready"})


async def metrics(request: Request) -> Response:
    """Answer with the figures of the process; they are of all companies."""
    await admitted_to_all(request, OPERATE)
    return services_of(request).metrics.expose()
