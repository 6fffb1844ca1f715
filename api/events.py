"""`POST /events`: what the dialer posts goes into the log."""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from api.admission import admitted
from api.answers import JsonResponse, error_response
from api.identity import INGEST, Identity
from api.request_body import read_body
from api.services import Services, services_of
from store.body import Delivery, read_deliveries
from store.errors import TooManyEventsError
from store.log import Receipt, Rejected
from store.rejections import ForbiddenCompanyError, InvalidJsonError

NDJSON = "application/x-ndjson"

MAX_EVENTS = 10_000
"""The events that one request may have; more are refused as a whole."""

# A longer body is split in a thread, so that other requests are answered meanwhile.
_SHORT_BODY_BYTES = 64 * 1024


async def post_events(request: Request) -> JsonResponse:
    """Append the events of one request; the answer says what became of each (HTTP.md).

    The token is in the header, or in the address: a dialer often cannot set headers.
    """
    sender = await admitted(request, INGEST)
    services = services_of(request)
    body = await read_body(request, services.settings.max_body_bytes)
    with services.metrics.append_seconds.time():
        async with services.log.in_time():
            return await _take(services, sender, body, ndjson=_is_ndjson(request))


async def _take(services: Services, sender: Identity, body: bytes, *, ndjson: bool) -> JsonResponse:
    try:
        deliveries = await _split(body, ndjson=ndjson)
    except InvalidJsonError as rejection:
        return await _refuse(services, sender, body, rejection)
    except TooManyEventsError as error:
        return error_response(413, error.code, str(error))
    return await _deliver(services, sender, deliveries)


def _is_ndjson(request: Request) -> bool:
    media_type = request.headers.get("Content-Type", "").partition(";")[0]
    return media_type.strip().lower() == NDJSON


async def _split(body: bytes, *, ndjson: bool) -> list[Delivery]:
    if len(body) <= _SHORT_BODY_BYTES:
        return read_deliveries(body, ndjson=ndjson, at_most=MAX_EVENTS)
    return await asyncio.to_thread(read_deliveries, body, ndjson=ndjson, at_most=MAX_EVENTS)


async def _deliver(
    services: Services, sender: Identity, deliveries: Sequence[Delivery]
) -> JsonResponse:
    receipt = await services.log.deliver(deliveries, companies=sender.companies)
    services.metrics.count_receipt(receipt)
    return JsonResponse(receipt_content(receipt), status_code=_status_code(receipt))


def _status_code(receipt: Receipt) -> int:
    """Return 403 where every event is of a company that the sender does not see."""
    forbidden = [each for each in receipt.rejected if each.code == ForbiddenCompanyError.code]
    if forbidden and len(forbidden) == len(receipt.placed):
        return 403
    return 422 if receipt.rejected else 200


async def _refuse(
    services: Services, sender: Identity, body: bytes, rejection: InvalidJsonError
) -> JsonResponse:
    """Keep a body that is no JSON in the quarantine."""
    companies = sender.companies
    rejected = await services.log.reject_body(body, rejection, companies=companies)
    services.metrics.count_rejected(rejected)
    head = await services.log.head(companies)
    receipt = Receipt(placed=(None,), rejected=(rejected,), position=head.told)
    return JsonResponse(receipt_content(receipt), status_code=400)


def receipt_content(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as senders are told it."""
    return {
        "appended": receipt.appended,
        "duplicates": receipt.duplicates,
        "rejected": [_rejected_content(rejected) for rejected in receipt.rejected],
        "position": receipt.position,
    }


def _rejected_content(rejected: Rejected) -> dict[str, Any]:
    return {
        "index": rejected.index,
        "code": rejected.code,
        "message": rejected.message,
        "quarantineId": rejected.quarantine_id,
    }
