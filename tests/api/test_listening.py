"""Where the server listens: on this machine alone, unless others are asked for a token."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from keyring import Keyring

from api.cli import main
from api.environ import StartError
from api.listening import bind

SECRET = {"DIALGRAPH_JWT_SECRET": "s" * 32}
ISSUER = {"DIALGRAPH_JWT_ISSUER": "https://provider.example/", "DIALGRAPH_JWT_AUDIENCE": "us"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_other_machines_are_not_let_in_unasked(host: str) -> None:
    with pytest.raises(StartError, match="DIALGRAPH_TOKENS"):
        bind(host, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_let_in(host: str) -> None:
    for bound in bind(host, 0):
        with bound:
            assert bound.getsockname()[1] > 0


@pytest.mark.parametrize(
    ("environ", "arguments", "is_guarded"),
    [
        ({}, [], False),
        ({}, ["--insecure"], True),
        ({"DIALGRAPH_TOKENS": "file"}, [], True),
        ({**SECRET, **ISSUER}, [], True),
    ],
    ids=["nothing", "insecure", "tokens", "provider"],
)
def test_tokens_or_a_word_let_others_in(
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    arguments: list[str],
    is_guarded: bool,  # noqa: FBT001 - as pytest passes it
) -> None:
    said: list[bool] = []

    def noted(host: str, port: int, *, is_guarded: bool) -> list[socket.socket]:
        said.append(is_guarded)
        raise StartError(f"{host} {port}")

    monkeypatch.setattr("api.cli.bind", noted)

    CliRunner().invoke(main, ["serve", "--host", "192.0.2.1", *arguments], env=environ)

    assert said == [is_guarded]


@pytest.mark.parametrize("content", ["", "{}", '{"tokens": 1}'])
def test_a_server_without_readable_tokens_does_not_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(content)
    environ = {"DIALGRAPH_TOKENS": str(file), "DIALGRAPH_DATA": str(tmp_path / "data")}

    result = CliRunner().invoke(main, ["serve", "--port", "0"], env=environ)

    assert result.exit_code == 1
    assert "does not hold tokens" in result.output


def test_a_file_that_is_empty_of_tokens_lets_nobody_in(tmp_path: Path) -> None:
    assert Keyring(tmp_path / "tokens.json").path.read_text().startswith('{\n  "tokens": []')
