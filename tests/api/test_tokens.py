"""The tokens of machines: made, kept as hashes, found, revoked."""

import hashlib
import json
import logging
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from api.environ import SettingsError
from api.identity import Identity
from api.tokens import TokenFile, Tokens, digest_of, new_token, open_tokens, read_tokens


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that does not exist yet, named by the environment."""
    path = tmp_path / "tokens.json"
    monkeypatch.setenv("DIALGRAPH_TOKENS", str(path))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["token", *arguments])


def create(*arguments: str, name: str = "dialer") -> str:
    """Make a token as the command does, and return it."""
    given = arguments or ("--company", "acme", "--scope", "ingest")
    result = run("create", "--name", name, *given)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def a_row(**changed: object) -> dict[str, object]:
    row = {"name": "a", "sha256": digest_of("a"), "companies": None, "scopes": ["read"]}
    return {**row, **changed}


def spelled(*rows: object) -> str:
    return json.dumps({"tokens": rows})


def test_a_token_is_found_and_says_what_it_may(file: Path) -> None:
    token = create(
        "--company", "b", "--company", "a", "--company", "b", "--scope", "read", "--scope", "ingest"
    )

    found = TokenFile(file).find(token)

    assert found is not None
    assert found.name == "dialer"
    assert found.companies == ("a", "b")
    assert found.scopes == {"read", "ingest"}
    assert found.expires_at is None


def test_no_other_text_is_taken_for_a_token(file: Path) -> None:
    token = create()

    tokens = TokenFile(file)

    for other in ("", token[:-1], token + "0", token.swapcase(), digest_of(token), "\ud800"):
        assert tokens.find(other) is None


def test_a_token_is_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(len(token.removeprefix("dialgraph_")) == 43 for token in tokens)


def test_the_file_keeps_the_hash_and_is_for_its_owner_alone(file: Path) -> None:
    token = create()

    assert token not in file.read_text()
    assert hashlib.sha256(token.encode()).hexdigest() in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_others_could_read_is_closed_by_the_next_change(file: Path) -> None:
    create(name="first")
    file.chmod(0o644)

    create(name="second")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(read_tokens(file.read_text(), "")) == 2


def test_a_token_may_see_all_companies_when_that_is_said(file: Path) -> None:
    token = create("--all-companies", "--scope", "operate")

    found = TokenFile(file).find(token)

    assert found is not None
    assert found.companies is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("--scope", "read"),
        ("--scope", "read", "--company", "a", "--all-companies"),
        ("--scope", "read", "--company", "*"),
        ("--company", "a"),
        ("--company", "a", "--scope", "everything"),
        ("--company", "a", "--scope", "read", "--expires-in", "soon"),
    ],
    ids=["no company", "both", "a wildcard", "no scope", "unknown scope", "no span"],
)
def test_what_is_not_said_is_not_guessed(file: Path, arguments: tuple[str, ...]) -> None:
    assert run("create", "--name", "dialer", *arguments).exit_code == 2
    assert not file.exists()


@pytest.mark.parametrize(
    ("span", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("90d", timedelta(days=90)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_a_token_ends_when_it_was_told_to(file: Path, span: str, length: timedelta) -> None:
    token = create("--company", "a", "--scope", "read", "--expires-in", span)

    found = TokenFile(file).find(token)

    assert found is not None
    assert found.expires_at is not None
    assert abs(found.expires_at - datetime.now(UTC) - length) < timedelta(minutes=1)


def test_a_name_is_given_once(file: Path) -> None:
    create()
    before = file.read_text()

    again = run("create", "--name", "dialer", "--company", "a", "--scope", "read")

    assert again.exit_code == 1
    assert "revoke it first" in again.output
    assert file.read_text() == before


@pytest.mark.usefixtures("file")
def test_the_list_shows_no_token_and_no_hash() -> None:
    token = create("--company", "acme", "--scope", "read", "--expires-in", "0s")
    create("--all-companies", "--scope", "operate", name="metrics")

    shown = run("list").output

    assert token not in shown
    assert digest_of(token) not in shown
    assert shown.splitlines()[0].startswith("dialer  acme  read  EXPIRED ")
    assert shown.splitlines()[1] == "metrics  all companies  operate  expires never"


def test_a_revoked_token_is_found_no_more(file: Path) -> None:
    token, other = create(), create(name="other")
    tokens = TokenFile(file)
    identity = tokens.find(token)
    assert identity is not None

    run("revoke", "dialer")

    assert tokens.refresh()
    assert tokens.find(token) is None
    assert not tokens.holds(identity)
    assert tokens.find(other) is not None


@pytest.mark.usefixtures("file")
def test_a_token_that_is_not_there_cannot_be_revoked() -> None:
    create()

    result = run("revoke", "nobody")

    assert result.exit_code == 1
    assert "no token named nobody" in result.output


def test_a_token_that_was_made_again_is_another_one(file: Path) -> None:
    old, tokens = create(), TokenFile(file)
    identity = tokens.find(old)
    run("revoke", "dialer")

    create()

    assert tokens.refresh()
    assert identity is not None
    assert not tokens.holds(identity)


@pytest.mark.parametrize("given", ["", '{"tokens": []}'])
def test_the_commands_need_a_file(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("DIALGRAPH_TOKENS", given)

    result = run("list")

    assert result.exit_code == 1
    assert "set DIALGRAPH_TOKENS to the path" in result.output


def test_a_folder_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALGRAPH_TOKENS", str(tmp_path / "nowhere" / "tokens.json"))

    result = run("create", "--name", "a", "--company", "a", "--scope", "read")

    assert result.exit_code == 1
    assert "make it first" in result.output


def test_a_file_that_did_not_change_is_not_read_again(file: Path) -> None:
    create()

    assert not TokenFile(file).refresh()


@pytest.mark.parametrize("content", ["", "{", "null", '{"tokens": [{}]}'])
def test_a_file_that_broke_changes_nothing(
    file: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = create()
    tokens = TokenFile(file)

    file.write_text(content)

    with caplog.at_level(logging.CRITICAL):
        assert not tokens.refresh()
    assert tokens.find(token) is not None


def test_a_file_that_was_removed_changes_nothing(file: Path) -> None:
    token = create()
    tokens = TokenFile(file)

    file.unlink()

    assert not tokens.refresh()
    assert tokens.find(token) is not None


def test_a_file_that_is_not_there_is_an_error_at_first(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"tokens\.json"):
        open_tokens(str(file))


def test_the_environment_may_hold_the_tokens_themselves() -> None:
    tokens = open_tokens(spelled(a_row()))

    assert tokens.find("a") == Identity(
        name="a", companies=None, scopes=frozenset({"read"}), key=digest_of("a")
    )
    assert not tokens.refresh()


def test_no_tokens_let_nobody_in() -> None:
    assert Tokens(read_tokens(spelled(), "here")).find("a") is None


@pytest.mark.parametrize(
    "row",
    [
        a_row(name=""),
        a_row(name=7),
        a_row(sha256="abc"),
        a_row(sha256=None),
        a_row(companies="acme"),
        a_row(companies=[7]),
        a_row(companies=[""]),
        a_row(scopes="read"),
        a_row(scopes=["everything"]),
        a_row(scopes=[["read"]]),
        a_row(expiresAt="soon"),
        a_row(expiresAt=5),
        a_row(token="a"),
        {"name": "a"},
        [],
        None,
    ],
    ids=str,
)
def test_a_slip_in_the_file_never_lets_more_in(row: object) -> None:
    with pytest.raises(SettingsError, match="here does not hold tokens"):
        read_tokens(spelled(row), "here")


@pytest.mark.parametrize("other", [a_row(sha256=digest_of("b")), a_row(name="b")])
def test_two_tokens_have_two_names_and_two_hashes(other: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="remove one"):
        read_tokens(spelled(a_row(), other), "here")


def test_a_moment_without_a_zone_is_utc() -> None:
    [found] = read_tokens(spelled(a_row(expiresAt="2030-01-01T00:00:00")), "here")

    assert found.expires_at == datetime(2030, 1, 1, tzinfo=UTC)


def test_an_identity_does_not_show_its_hash() -> None:
    [found] = read_tokens(spelled(a_row()), "here")

    assert digest_of("a") not in repr(found)
