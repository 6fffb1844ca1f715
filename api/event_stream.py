"""Subscriptions as server-sent events."""

import re
from collections.abc import Callable

from strawberry.http import GraphQLHTTPResponse
from strawberry.http.streaming import SSETransport

from api.execution import SharedData

_LINE_END = re.compile(r"\r\n?|\n")


HEARTBEAT_SECONDS = 15.0
"""How often a comment is sent while nothing changes; who hears nothing for longer reconnects."""


class EventStream(SSETransport):
    """Events that a client resumes from: each has its change's cursor as `id`."""

    def __init__(self) -> None:
        super().__init__(HEARTBEAT_SECONDS)

    def encode_next(
        self, response: GraphQLHTTPResponse, encode_json: Callable[[object], str]
    ) -> str:
        """Write one result as an event; a body that came in several lines stays so."""
        cursor = (response.get("extensions") or {}).get("cursor")
        lines = [] if cursor is None else [f"id: {cursor}"]
        data = response.get("data")
        if isinstance(data, SharedData):
            text = data.payload(response.get("extensions")).decode()
        else:
            text = encode_json(response)
        lines += ["event: next", *map("data: {}".format, _LINE_END.split(text))]
        return "\r\n".join(lines) + "\r\n\r\n"
