"""The command line, in processes of its own."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from factories import a_campaign_event
from following import until
from serving import RunningServer

from api.schema import schema

COMMAND = (sys.executable, "-c", "from api.cli import main; main(prog_name='dialgraph')")
SETTINGS = ("MONGODB_", "DIALGRAPH_")
NOTHING_SET: Mapping[str, str] = {}
NESTED = """{
  campaigns(first: 5) { totalCount nodes {
    applications(first: 3) { totalCount nodes { calls(first: 3) { nodes { statisticId } } } }
  } }
}"""


@dataclass(frozen=True)
class Ended:
    code: int | None
    output: str
    errors: str


async def start(*arguments: str, environ: Mapping[str, str]) -> Process:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    variables = {**ours, "PYTHONPATH": os.pathsep.join(sys.path), **environ}
    return await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=variables
    )


async def dialgraph(
    *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] = NOTHING_SET
) -> Ended:
    """Run a command to its end."""
    process = await start(*arguments, environ=environ)
    try:
        async with asyncio.timeout(60):
            output, errors = await process.communicate(stdin)
    finally:
        if process.returncode is None:
            process.kill()
    return Ended(process.returncode, output.decode(), errors.decode())


@dataclass(frozen=True)
class Serving:
    """`dialgraph serve`, which has said where it listens."""

    process: Process
    url: str
    client: httpx.AsyncClient

    async def end(self, number: signal.Signals) -> Ended:
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> Ended:
        async with asyncio.timeout(30):
            output, errors = await self.process.communicate()
        return Ended(self.process.returncode, output.decode(), errors.decode())


@asynccontextmanager
async def serving(folder: Path, *options: str) -> AsyncIterator[Serving]:
    environ = {"DIALGRAPH_DATA": str(folder)}
    process = await start("serve", "--port", "0", *options, environ=environ)
    try:
        async with asyncio.timeout(60):
            url = await address(process)
            async with httpx.AsyncClient(base_url=url, timeout=30) as client:
                yield Serving(process, url, client)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def address(process: Process) -> str:
    assert process.stdout is not None
    said = ""
    while line := (await process.stdout.readline()).decode():
        said += line
        if found := re.search(r"listens on (\S+)", line):
            return found[1]
    pytest.fail(f"it does not listen: {said}")


def mongod_of(folder: Path) -> int:
    return int((folder / "db" / "mongod.lock").read_text())


async def existence(file: Path) -> None:
    while not file.exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
        await asyncio.sleep(0.01)


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_serve_answers_on_an_embedded_mongodb_and_takes_it_along(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with serving(tmp_path) as server:
        posted = await server.client.post("/events", content=a_campaign_event())
        ready = await server.client.get("/readyz")
        mongod = mongod_of(tmp_path)

        ended = await server.end(number)

    assert (posted.json()["appended"], ready.status_code) == (1, httpx.codes.OK)
    assert (ended.code, ended.errors) == (0, "")
    assert not is_running(mongod)


async def test_serve_keeps_what_was_posted(tmp_path: Path) -> None:
    event = a_campaign_event()
    async with serving(tmp_path) as server:
        await server.client.post("/events", content=event)
        await server.end(signal.SIGTERM)

    async with serving(tmp_path) as server:
        again = await server.client.post("/events", content=event)

    assert again.json()["duplicates"] == 1


async def test_serve_says_where_everything_is(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        ended = await server.end(signal.SIGTERM)

    assert f"{server.url}/events" in ended.output
    assert f"{server.url}/graphql" in ended.output
    assert str(tmp_path) in ended.output


async def test_a_subscription_does_not_hold_the_server_up(tmp_path: Path) -> None:
    headers = {"Accept": "text/event-stream"}
    question = {"query": 'subscription { callUpdated(companyId: "1") { cursor } }'}
    async with (
        serving(tmp_path) as server,
        server.client.stream("POST", "/graphql", json=question, headers=headers) as stream,
    ):
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(httpx.RemoteProtocolError):  # no proper end: it is to come again
            await stream.aread()

        ended = await server.ended()

    assert (ended.code, ended.errors) == (0, "")


async def test_serve_ends_with_an_error_when_its_mongodb_is_lost(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        os.kill(mongod_of(tmp_path), signal.SIGKILL)

        ended = await server.ended()

    assert ended.code == 1
    assert "Error: the embedded MongoDB was lost" in ended.errors


async def test_serve_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    process = await start("serve", "--port", "0", environ={"DIALGRAPH_DATA": str(tmp_path)})
    async with asyncio.timeout(30):
        await existence(tmp_path / "mongod.log")
        process.terminate()
        output, errors = await process.communicate()

    assert (process.returncode, output) == (0, b"")
    assert errors == b"stopped before it was ready\n"


async def test_the_demo_has_data_at_every_level_from_the_first_screen(tmp_path: Path) -> None:
    async with serving(tmp_path, "--demo") as server:
        answer = await server.client.post("/graphql", json={"query": NESTED})
        await server.end(signal.SIGTERM)

    campaigns = answer.json()["data"]["campaigns"]
    applications = campaigns["nodes"][0]["applications"]
    assert campaigns["totalCount"] == 5
    assert applications["totalCount"] > 100
    assert any(each["calls"]["nodes"] for each in applications["nodes"])


async def test_serve_lets_only_this_machine_in(tmp_path: Path) -> None:
    ended = await dialgraph("serve", "--host", "0.0.0.0", environ={"DIALGRAPH_DATA": str(tmp_path)})

    assert ended.code == 1
    assert "--insecure" in ended.errors
    assert is_empty(tmp_path)


async def test_serve_says_that_a_host_is_unknown() -> None:
    ended = await dialgraph("serve", "--host", "nowhere.invalid")

    assert (ended.code, ended.errors) == (
        1,
        "Error: cannot listen on nowhere.invalid: no such address\n",
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
async def test_serve_listens_on_each_name_of_this_machine(tmp_path: Path, host: str) -> None:
    async with serving(tmp_path, "--host", host) as server:
        assert (await server.client.get("/healthz")).status_code == httpx.codes.OK


async def test_a_port_in_use_is_said_before_anything_starts(
    tmp_path: Path, server: RunningServer
) -> None:
    port = str(httpx.URL(server.url).port)

    ended = await dialgraph("serve", "--port", port, environ={"DIALGRAPH_DATA": str(tmp_path)})

    assert ended.code == 1
    assert "Address already in use" in ended.errors
    assert is_empty(tmp_path)


async def test_a_setting_that_cannot_be_used_is_said() -> None:
    ended = await dialgraph("serve", environ={"MONGODB_URI": "localhost"})

    assert (ended.code, ended.errors) == (
        1,
        "Error: MONGODB_URI must begin with mongodb:// or mongodb+srv://\n",
    )


@pytest.fixture
def here(mongo_uri: str, server: RunningServer) -> dict[str, str]:
    """Variables that lead to the log of `server` without it."""
    name = server.services.settings.database
    return {"MONGODB_URI": mongo_uri, "DIALGRAPH_DATABASE": name}


def lines(*ids: str) -> bytes:
    return b"\n".join(a_campaign_event(campaignId=each) for each in ids)


async def test_import_appends_each_line_once(
    server: RunningServer, here: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "day.ndjson"
    file.write_bytes(lines("import 1", "import 2", "import 1"))
    position = (await server.log.head()).position

    ended = await dialgraph("import", str(file), environ=here)
    again = await dialgraph("import", str(file), environ=here)

    assert (ended.code, again.code) == (0, 0)
    assert ended.output.startswith("2 appended, 1 duplicates, 0 rejected")
    assert again.output.startswith("0 appended, 3 duplicates, 0 rejected")
    assert len(await server.events(position)) == 2


async def test_import_reads_the_standard_input_through_a_running_server(
    server: RunningServer,
) -> None:
    ended = await dialgraph("import", "-", "--url", server.url, stdin=lines("url 1", "url 2"))

    assert (ended.code, ended.errors) == (0, "")
    assert ended.output.startswith("2 appended")


async def test_import_names_the_lines_that_are_rejected(here: dict[str, str]) -> None:
    content = b"\n%b\n\n{oops\n%b\n[]\n" % (lines("good 1"), lines("good 2"))

    ended = await dialgraph("import", "-", stdin=content, environ=here)

    assert ended.code == 1
    assert ended.output.startswith("2 appended, 0 duplicates, 2 rejected")
    assert re.findall(r"line (\d+): (\w+)", ended.errors) == [
        ("4", "INVALID_JSON"),
        ("6", "NOT_AN_OBJECT"),
    ]


async def test_import_keeps_many_batches_in_order_of_no_importance(
    server: RunningServer, here: dict[str, str]
) -> None:
    content = lines(*(f"many {number}" for number in range(2_600)))

    ended = await dialgraph("import", "-", stdin=content, environ=here)

    positions = [event["_id"] for event in await server.events()]
    assert ended.output.startswith("2,600 appended")
    assert positions == list(range(1, len(positions) + 1))


def children_of(process: Process) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(child) for child in listed.split()]


def is_alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


async def a_reading_process(importing: Process) -> int:
    """Wait for the process that reads for an import."""
    await until(lambda: children_of(importing))
    return children_of(importing)[0]


async def test_import_says_when_its_reading_process_is_killed(here: dict[str, str]) -> None:
    importing = await start("import", "-", environ=here)

    os.kill(await a_reading_process(importing), signal.SIGKILL)
    async with asyncio.timeout(60):
        _, errors = await importing.communicate(lines("never read"))

    assert importing.returncode == 1
    assert "import the same again" in errors.decode()


async def test_no_reading_process_outlives_an_import_that_is_killed(here: dict[str, str]) -> None:
    importing = await start("import", "-", environ=here)
    reading = await a_reading_process(importing)

    importing.kill()
    await importing.communicate()

    await until(lambda: not is_alive(reading))


async def test_import_into_a_folder_that_is_served_says_how_to_go_through_its_server(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path):
        ended = await dialgraph("import", "-", environ={"DIALGRAPH_DATA": str(tmp_path)})

    assert ended.code == 1
    assert "--url" in ended.errors


async def test_import_says_when_there_is_no_server() -> None:
    ended = await dialgraph("import", "-", "--url", "http://127.0.0.1:9", stdin=lines("1"))

    assert ended.code == 1
    assert "http://127.0.0.1:9 does not answer" in ended.errors


async def test_simulate_posts_the_same_day_again(server: RunningServer) -> None:
    options = ("--url", server.url, "--rate", "0", "--events", "300", "--day", "2026-01-30")

    ended = await dialgraph("simulate", *options)
    again = await dialgraph("simulate", *options)

    assert (ended.code, again.code) == (0, 0)
    assert re.match(r"29\d appended, \d duplicates, 0 rejected", ended.output)
    assert again.output.startswith("0 appended, 300 duplicates")


async def test_simulate_keeps_its_rate(server: RunningServer) -> None:
    ended = await dialgraph("simulate", "--url", server.url, "--rate", "20", "--events", "30")

    seconds = re.search(r"in (\d+\.\d) s", ended.output)
    assert seconds is not None
    assert float(seconds[1]) == pytest.approx(1.5, abs=0.4)


async def test_schema_prints_the_schema() -> None:
    ended = await dialgraph("schema")

    assert ended.output == schema.as_str() + "\n"
