"""What the environment sets."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.settings import Settings, SettingsError


def test_an_empty_environment_serves_an_embedded_mongodb() -> None:
    settings = Settings.from_environ({})

    assert settings.mongodb_uri is None
    assert settings.database == "dialgraph"
    assert settings.data_folder == Path.home() / ".local/share/dialgraph"
    assert settings.max_body_bytes == 8 * 1024 * 1024


def test_every_variable_is_read() -> None:
    settings = Settings.from_environ(
        {
            "MONGODB_URI": "mongodb://mongo/?replicaSet=rs0",
            "DIALGRAPH_DATABASE": "calls",
            "DIALGRAPH_DATA": "/srv/dialgraph",
            "DIALGRAPH_MONGOD": "/opt/mongod",
            "DIALGRAPH_TIME_ZONE": "Asia/Tokyo",
            "DIALGRAPH_MAX_BODY_BYTES": "1000",
            "DIALGRAPH_QUEUE_EVENTS": "50",
        }
    )

    assert settings.mongodb_uri == "mongodb://mongo/?replicaSet=rs0"
    assert (settings.database, settings.mongod) == ("calls", "/opt/mongod")
    assert settings.data_folder == Path("/srv/dialgraph")
    assert settings.time_zone.utcoffset(datetime.now(UTC)) == timedelta(hours=9)
    assert (settings.max_body_bytes, settings.queue_events) == (1000, 50)


def test_an_empty_variable_is_not_set() -> None:
    assert Settings.from_environ({"MONGODB_URI": ""}).mongodb_uri is None


def test_the_data_folder_follows_the_desktop_standard() -> None:
    settings = Settings.from_environ({"XDG_DATA_HOME": "/home/ada/data"})

    assert settings.data_folder == Path("/home/ada/data/dialgraph")


def test_the_demo_has_a_database_of_its_own() -> None:
    settings = Settings.from_environ({"DIALGRAPH_DATABASE": "calls"})

    assert settings.for_demo().database == "calls_demo"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONGODB_URI", "localhost:27017"),
        ("DIALGRAPH_DATABASE", "a.b"),
        ("DIALGRAPH_DATABASE", "a" * 49),
        ("DIALGRAPH_TIME_ZONE", "Mars/Olympus"),
        ("DIALGRAPH_TIME_ZONE", "../etc/passwd"),
        ("DIALGRAPH_MAX_BODY_BYTES", "8 MiB"),
        ("DIALGRAPH_MAX_BODY_BYTES", "0"),
        ("DIALGRAPH_MAX_BODY_BYTES", "99999999999999999999999999"),
        ("DIALGRAPH_QUEUE_EVENTS", "-1"),
        ("DIALGRAPH_QUEUE_EVENTS", "²"),
    ],
)
def test_a_value_that_cannot_be_used_is_an_error_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environ({name: value})
