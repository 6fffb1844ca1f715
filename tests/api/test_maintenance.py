import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import orjson
import pytest
from factories import a_campaign_event, a_tac_event, an_application

from store.collections import EVENTS, QUARANTINE
from store.driver import connect
from store.log import EventLog, open_log

Command = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
async def filled(mongo_uri: str) -> AsyncIterator[EventLog]:
    name = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    async with connect(mongo_uri, name) as database, open_log(database) as log:
        await log.append([a_campaign_event(status="NEW"), a_tac_event(an_application(id=1)), b"[]"])
        yield log
        await database.drop()


@pytest.fixture
def dialgraph(filled: EventLog, mongo_uri: str) -> Command:
    def command(
        *arguments: str, database: str = filled.database.handle.name, given: bytes = b""
    ) -> "subprocess.CompletedProcess[bytes]":
        environ = {"MONGODB_URI": mongo_uri, "DIALGRAPH_DATABASE": database}
        return subprocess.run(
            [sys.executable, "-c", "from api.cli import main; main()", *arguments],
            env=os.environ | environ,
            input=given,
            capture_output=True,
            check=False,
            timeout=60,
        )

    return command


def test_verify_of_a_good_log_says_of_which(dialgraph: Command, filled: EventLog) -> None:
    ended = dialgraph("verify")

    said = f"2 events of {filled.database.handle.name}: all is well\n"
    assert (ended.returncode, ended.stdout.decode()) == (0, said)


async def test_verify_names_the_event_with_a_flipped_byte(
    dialgraph: Command, filled: EventLog
) -> None:
    raw = a_campaign_event(status="NEX")
    await filled.database.update(EVENTS, {"_id": 1}, {"$set": {"raw": raw}})

    ended = dialgraph("verify")

    assert ended.returncode == 1
    assert b"position 1: the bytes do not have the event's digest" in ended.stdout


async def test_an_export_can_be_imported_into_an_empty_store(
    dialgraph: Command, mongo_uri: str
) -> None:
    other = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    exported = dialgraph("export").stdout

    imported = dialgraph("import", "--log", "-", database=other, given=exported)
    again = dialgraph("export", database=other).stdout

    async with connect(mongo_uri, other) as database:
        await database.drop()
    assert imported.stdout == b"2 appended\n"
    assert again == exported
    assert [orjson.loads(line)["position"] for line in exported.splitlines()] == [1, 2]


def test_an_export_is_not_imported_through_a_server(dialgraph: Command) -> None:
    ended = dialgraph("import", "--log", "-", "--url", "http://127.0.0.1:9")

    assert ended.returncode == 2
    assert b"--url" in ended.stderr


async def test_a_broken_import_of_an_export_goes_on_where_it_ended(
    dialgraph: Command, mongo_uri: str, tmp_path: Path
) -> None:
    other = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    exported = dialgraph("export").stdout
    file = tmp_path / "log.ndjson"
    file.write_bytes(exported)

    first = dialgraph("import", "--log", "-", database=other, given=exported.splitlines()[0])
    rest = dialgraph("import", "--log", str(file), database=other)
    again = dialgraph("export", database=other).stdout

    async with connect(mongo_uri, other) as database:
        await database.drop()
    assert (first.stdout, rest.stdout) == (b"1 appended\n", b"1 appended\n")
    assert again == exported


def test_a_reindex_names_the_new_generation(dialgraph: Command) -> None:
    ended = dialgraph("reindex", "--grace", "0")

    assert ended.stdout == b"the facts are generation 2 now\n"


def test_the_quarantine_is_listed(dialgraph: Command) -> None:
    ended = dialgraph("quarantine", "list")

    assert b"NOT_AN_OBJECT  x1  '[]'" in ended.stdout


async def test_a_retried_body_that_is_an_event_by_now_leaves_the_quarantine(
    dialgraph: Command, filled: EventLog
) -> None:
    raw = a_campaign_event(status="PAUSED")
    await filled.database.update(QUARANTINE, {}, {"$set": {"raw": raw}})

    ended = dialgraph("quarantine", "retry")

    assert ended.stdout == b"1 appended, 0 rejected again\n"
    assert await filled.database.find(QUARANTINE, {}) == []
    assert (await filled.head()).position == 3


def test_a_retried_body_that_is_rejected_again_stays(dialgraph: Command) -> None:
    ended = dialgraph("quarantine", "retry")

    assert ended.stdout == b"0 appended, 1 rejected again\n"
    assert b"x1" in dialgraph("quarantine", "list").stdout


def test_what_is_no_export_is_refused_in_a_sentence(dialgraph: Command) -> None:
    ended = dialgraph("import", "--log", "-", given=b"{}\n")

    assert ended.returncode == 1
    assert ended.stderr == b"Error: no line of an export: b'{}\\n'\n"
