"""The parameters of a GraphQL request, each of the type that it must have."""

from collections.abc import Mapping
from typing import Any, cast

from cross_web import AsyncHTTPRequestAdapter, HTTPException, StarletteRequestAdapter
from starlette.requests import HTTPConnection
from strawberry.http import GraphQLRequestData, GraphQLRequestProtocol

from api.encoding import decode
from api.graphql_answer import JSON
from api.persisted_documents import PersistedDocuments, name_of
from api.request_body import BodyTimeoutError, BodyTooLargeError, read_body
from api.services import services_of

MAX_REQUEST_BYTES = 2**20
"""The longest GraphQL request, as a body or as a frame."""

_TYPES = {
    "query": (str, "a string"),
    "documentId": (str, "a string"),
    "operationName": (str, "a string or null"),
    "variables": (dict, "an object or null"),
    "extensions": (dict, "an object or null"),
}


class LimitedRequest(StarletteRequestAdapter):
    """A request whose body is read up to the limit."""

    async def get_body(self) -> bytes:
        """Return the body; 413 if it is too large, 408 if it does not come."""
        try:
            return await read_body(self._request, MAX_REQUEST_BYTES)
        except BodyTooLargeError as error:
            raise HTTPException(413, str(error)) from error
        except BodyTimeoutError as error:
            raise HTTPException(408, str(error)) from error


def documents_of(request: AsyncHTTPRequestAdapter) -> PersistedDocuments:
    """Return the documents that the server of a request knows."""
    connection: HTTPConnection = cast("Any", request)._request  # noqa: SLF001 - starlette's own
    return services_of(connection).documents


async def read_request(
    request: AsyncHTTPRequestAdapter, protocol: GraphQLRequestProtocol
) -> GraphQLRequestData:
    """Read the one operation of a request.

    Raises:
        HTTPException: 400, 413 or 415, with a sentence.
        ClientError: The document is not known or not trusted.
    """
    if request.method == "GET":
        parameters = _query_parameters(request.query_params)
    else:
        parameters = await _body_parameters(request)
    _check(parameters)
    return GraphQLRequestData(
        query=documents_of(request).text(parameters.get("query"), _name(parameters)),
        variables=parameters.get("variables"),
        operation_name=parameters.get("operationName"),
        extensions=parameters.get("extensions"),
        protocol=protocol,
    )


def _query_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {name: value for name, value in given.items() if value}
    for name in ("variables", "extensions"):
        if name in parameters:
            parameters[name] = _decoded(parameters[name], f"`{name}`")
    return parameters


async def _body_parameters(request: AsyncHTTPRequestAdapter) -> dict[str, Any]:
    content_type = (request.content_type or "").partition(";")[0].strip().lower()
    if content_type != JSON:
        raise HTTPException(415, f"Send the request as {JSON}.")
    parameters = _decoded(await request.get_body(), "the body")
    if not isinstance(parameters, dict):
        raise HTTPException(400, "Send one JSON object with a `query` in it.")
    return parameters


def _decoded(data: str | bytes, name: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return decode(data)
    except ValueError as error:
        raise HTTPException(400, f"Send {name} as JSON: it could not be read.") from error


def _check(parameters: Mapping[str, Any]) -> None:
    for name, (expected, meaning) in _TYPES.items():
        if not isinstance(parameters.get(name), expected | None):
            raise HTTPException(400, f"Send `{name}` as {meaning}.")
    if not parameters.get("query") and _name(parameters) is None:
        raise HTTPException(400, "Send the GraphQL document as `query`, or name it.")


def _name(parameters: Mapping[str, Any]) -> str | None:
    return name_of(parameters.get("documentId"), parameters.get("extensions"))
