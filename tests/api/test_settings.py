"""What the environment sets."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.environ import SettingsError
from api.settings import Settings


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


PROVIDER = {
    "DIALGRAPH_JWT_KEYS": "https://provider.example/keys",
    "DIALGRAPH_JWT_ISSUER": "https://provider.example/",
    "DIALGRAPH_JWT_AUDIENCE": "dialgraph",
}


def test_nobody_is_asked_for_a_token_by_default() -> None:
    assert not Settings.from_environ({}).asks_for_tokens


@pytest.mark.parametrize(
    "environ", [{"DIALGRAPH_TOKENS": "tokens.json"}, PROVIDER], ids=["", "jwt"]
)
def test_tokens_are_asked_for_where_they_are_set(environ: dict[str, str]) -> None:
    assert Settings.from_environ(environ).asks_for_tokens


def test_a_provider_is_read() -> None:
    provider = Settings.from_environ(
        {
            **PROVIDER,
            "DIALGRAPH_JWT_ALGORITHMS": "ES256, RS256",
            "DIALGRAPH_JWT_COMPANIES_CLAIM": "realm.companies",
            "DIALGRAPH_JWT_SCOPES_CLAIM": "scp",
            "DIALGRAPH_JWT_LEEWAY_SECONDS": "5",
        }
    ).jwt

    assert provider is not None
    assert (provider.keys, provider.secret) == ("https://provider.example/keys", None)
    assert (provider.issuer, provider.audience) == ("https://provider.example/", "dialgraph")
    assert provider.algorithms == {"ES256", "RS256"}
    assert (provider.companies_claim, provider.scopes_claim) == ("realm.companies", "scp")
    assert provider.leeway_seconds == 5


def test_a_secret_allows_but_its_own_algorithm() -> None:
    given = {**PROVIDER, "DIALGRAPH_JWT_KEYS": "", "DIALGRAPH_JWT_SECRET": "s" * 32}

    provider = Settings.from_environ(given).jwt

    assert provider is not None
    assert provider.algorithms == {"HS256"}
    assert "s" * 32 not in repr(provider)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIALGRAPH_JWT_ISSUER", ""),
        ("DIALGRAPH_JWT_AUDIENCE", ""),
        ("DIALGRAPH_JWT_KEYS", ""),
        ("DIALGRAPH_JWT_KEYS", "http://provider.example/keys"),
        ("DIALGRAPH_JWT_KEYS", "http://["),
        ("DIALGRAPH_JWT_SECRET", "s" * 32),
        ("DIALGRAPH_JWT_ALGORITHMS", "none"),
        ("DIALGRAPH_JWT_ALGORITHMS", ","),
        ("DIALGRAPH_JWT_LEEWAY_SECONDS", "601"),
    ],
)
def test_half_a_provider_is_an_error_that_names_what_is_wrong(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match="DIALGRAPH_JWT_"):
        Settings.from_environ({**PROVIDER, name: value})


def test_a_short_secret_is_an_error() -> None:
    given = {**PROVIDER, "DIALGRAPH_JWT_KEYS": "", "DIALGRAPH_JWT_SECRET": "s" * 31}

    with pytest.raises(SettingsError, match="DIALGRAPH_JWT_SECRET"):
        Settings.from_environ(given)


def test_keys_may_come_from_this_machine_without_tls() -> None:
    given = {**PROVIDER, "DIALGRAPH_JWT_KEYS": "http://127.0.0.1:8080/keys"}

    assert Settings.from_environ(given).jwt is not None
