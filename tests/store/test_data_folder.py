"""The folder of an embedded MongoDB may be anywhere: its socket finds a place."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import a_campaign_event

from store.data_folder import locked_folder
from store.driver import connect
from store.embedded import embedded_mongo
from store.errors import EmbeddedMongoError
from store.log import open_log


@pytest.fixture(autouse=True)
def no_databases_are_left(tmp_path: Path) -> Iterator[None]:
    # pytest keeps the last runs' folders; these are 300 MB each.
    yield
    shutil.rmtree(tmp_path)


@pytest.fixture
def odd_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "Temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


async def appended(folder: Path) -> int:
    """Serve the folder, and return how many events one append makes of one."""
    async with (
        embedded_mongo(folder) as uri,
        connect(uri, f"test-{uuid.uuid4().hex[:8]}") as database,
        open_log(database) as log,
    ):
        return (await log.append([a_campaign_event()])).appended


@pytest.mark.parametrize("name", ["Alice", "a:b", "a,b", "Ä"])
async def test_a_folder_that_no_socket_may_be_named_after_is_served(
    tmp_path: Path, name: str
) -> None:
    assert await appended(tmp_path / name) == 1


@pytest.mark.usefixtures("odd_temporary_folder")
async def test_so_is_it_where_the_temporary_folder_has_such_a_name_too(tmp_path: Path) -> None:
    assert await appended(tmp_path / "Alice") == 1


async def test_where_a_link_leads_counts_and_not_its_name(tmp_path: Path) -> None:
    (tmp_path / "Alice").mkdir()
    (tmp_path / "alice").symlink_to(tmp_path / "Alice")

    async with locked_folder(tmp_path / "alice") as data:
        assert str(data.socket) == str(data.socket).lower()


async def test_no_place_for_a_socket_is_an_error_that_says_what_to_set(
    tmp_path: Path, odd_temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = (str(odd_temporary_folder),)
    monkeypatch.setattr("store.data_folder._temporary_folders", lambda: places)

    with pytest.raises(EmbeddedMongoError, match="set TMPDIR"):
        async with locked_folder(tmp_path / "Alice"):
            pytest.fail("served without a socket")
