"""Make one server a replica set of its own: transactions and change streams need one."""

import asyncio
from contextlib import suppress
from typing import Any

from store.driver import run_command
from store.errors import LogUnavailableError

_POLL_SECONDS = 0.02


async def become_primary(uri: str, name: str, host: str) -> None:
    """Return when the server at `uri` is the writable primary of set `name` under address `host`.

    The set is initiated on the first start. A server whose address has changed finds itself
    in no configuration and would wait for ever, so its configuration is forced to the new address.
    """
    while True:
        # A server that is still loading its configuration refuses to be given one.
        with suppress(LogUnavailableError):
            if await _is_primary(uri, host):
                return
            await _configure(uri, name, host)
        await asyncio.sleep(_POLL_SECONDS)


async def _is_primary(uri: str, host: str) -> bool:
    state = await run_command(uri, {"hello": 1})
    return bool(state["isWritablePrimary"]) and state.get("me") == host


async def _configure(uri: str, name: str, host: str) -> None:
    member = {"_id": 0, "host": host}
    config = await _current_config(uri)
    if config is None:
        await run_command(uri, {"replSetInitiate": {"_id": name, "members": [member]}})
    elif [found["host"] for found in config["members"]] != [host]:
        changed = {**config, "version": config["version"] + 1, "members": [member]}
        await run_command(uri, {"replSetReconfig": changed, "force": True})


async def _current_config(uri: str) -> dict[str, Any] | None:
    try:
        answer = await run_command(uri, {"replSetGetConfig": 1})
    except LogUnavailableError:
        return None
    config: dict[str, Any] = answer["config"]
    return config
