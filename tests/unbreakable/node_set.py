"""A replica set of real mongods on loopback that can be killed, frozen and cut off."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from store import die_with_parent
from store.driver import run_command
from store.errors import LogUnavailableError
from store.mongod import find_mongod
from unbreakable.waiting import until_told

ELECTION_SECONDS = 2.0
"""After how long without a primary another one is elected; MongoDB's own default is 10 s."""

_NAME = "unbreakable"


class Node:
    """One mongod of the set."""

    def __init__(self, folder: Path, oplog_mib: int) -> None:
        self.folder = folder
        self._oplog_mib = oplog_mib
        self.port = _free_port()
        self._process: Process | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def uri(self) -> str:
        """The address of this server alone."""
        return f"mongodb://{self.host}/"

    async def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "mongod.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())),
                *(find_mongod(), *self._options()),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _options(self) -> list[str]:
        parameters = ("enableTestCommands=1", "diagnosticDataCollectionEnabled=false")
        return [
            *("--dbpath", str(self.folder), "--port", str(self.port), "--bind_ip", "127.0.0.1"),
            *("--nounixsocket", "--replSet", _NAME, "--oplogSize", str(self._oplog_mib)),
            *("--syncdelay", "1"),  # what a checkpoint has may leave the oplog
            *("--wiredTigerCacheSizeGB", "0.25", "--quiet"),
            *(part for each in parameters for part in ("--setParameter", each)),
        ]

    async def kill(self) -> None:
        """SIGKILL, frozen or not."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def freeze(self) -> None:
        """SIGSTOP: connections stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)

    async def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    async def step_down(self) -> None:
        """Be no primary for the next 5 s."""
        command = {"replSetStepDown": 5, "secondaryCatchUpPeriodSecs": 2, "force": True}
        await self.takes(command)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def takes(self, command: Mapping[str, object]) -> bool:
        """Say whether it carried out an admin command."""
        with suppress(LogUnavailableError):
            await run_command(self.uri, command)
            return True
        return False

    async def state(self) -> str:
        """Return `PRIMARY`, `SECONDARY`, something in between, or `` where it does not answer."""
        try:
            hello = await run_command(self.uri, {"hello": 1}, timeout_seconds=1)
        except LogUnavailableError:
            return ""
        if hello["isWritablePrimary"]:
            return "PRIMARY"
        return "SECONDARY" if hello.get("secondary") else "OTHER"


class NodeSet:
    """The nodes."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes

    @property
    def uri(self) -> str:
        hosts = ",".join(node.host for node in self.nodes)
        return f"mongodb://{hosts}/?replicaSet={_NAME}"

    async def primary(self) -> Node:
        """Return the primary, as soon as there is one."""
        await until_told(self._has_primary)
        return self.nodes[(await self.states()).index("PRIMARY")]

    async def states(self) -> list[str]:
        return list(await asyncio.gather(*(node.state() for node in self.nodes)))

    async def _has_primary(self) -> bool:
        return "PRIMARY" in await self.states()

    async def _is_healthy(self) -> bool:
        first, *others = sorted(await self.states())
        return first == "PRIMARY" and all(other == "SECONDARY" for other in others)

    async def healthy(self) -> Node:
        """Return the primary when all others follow it."""
        await until_told(self._is_healthy)
        return await self.primary()

    async def initiate(self) -> None:
        members = [{"_id": place, "host": node.host} for place, node in enumerate(self.nodes)]
        settings = {
            "electionTimeoutMillis": int(ELECTION_SECONDS * 1000),
            "heartbeatIntervalMillis": 500,
        }
        config = {"_id": _NAME, "members": members, "settings": settings}
        await until_told(lambda: self.nodes[0].takes({"replSetInitiate": config}))
        await self.healthy()


@asynccontextmanager
async def a_node_set(
    folder: Path, *, size: int = 3, oplog_mib: int = 1024
) -> AsyncIterator[NodeSet]:
    nodes = [Node(folder / f"node{place}", oplog_mib) for place in range(size)]
    async with AsyncExitStack() as stack:
        for node in nodes:
            await node.start()
            stack.push_async_callback(node.kill)
        replica_set = NodeSet(nodes)
        await replica_set.initiate()
        yield replica_set


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
