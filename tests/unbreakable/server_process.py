"""`dialgraph serve` as a process of its own, which can be killed."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress

_START_SECONDS = 60


class ServerProcess:
    """A server that is started again where it listened before.

    Args:
        environ: What it is told by the environment, such as `MONGODB_URI`.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {**os.environ, **environ}
        self.database = environ.get("DIALGRAPH_DATABASE", "dialgraph")
        self._process: Process | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from api.cli import main; main()"),
            *("serve", "--port", str(self._port)),
            stdout=PIPE,
            stderr=PIPE,
            env=self._environ,
        )
        async with asyncio.timeout(_START_SECONDS):
            said = await self._listening(self._process)
        self._port = int(said[1])

    async def _listening(self, process: Process) -> "re.Match[bytes]":
        assert process.stdout is not None
        async for line in process.stdout:
            if said := re.search(rb"listens on http://127\.0\.0\.1:(\d+)", line):
                return said
        raise AssertionError(await self.said())

    async def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.kill()
        await self.ended()

    async def ended(self) -> int:
        """Wait for its end and return its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def said(self) -> str:
        """Return what it complained of until its end."""
        assert self._process is not None
        assert self._process.stderr is not None
        return (await self._process.stderr.read()).decode()
