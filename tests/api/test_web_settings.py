"""What the environment sets about the doors."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from api.environ import SettingsError
from api.limits import OperationLimits
from api.web_settings import WebSettings


def test_an_option_rules_over_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALGRAPH_TRUSTED_DOCUMENTS", "/of-the-variable.json")

    ended = CliRunner().invoke(main, ["serve", "--trusted-documents", "/of-the-option.json"])

    assert ended.exit_code == 1
    assert "DIALGRAPH_TRUSTED_DOCUMENTS is '/of-the-option.json'" in ended.output


def test_a_developer_has_all_that_helps_and_runs_into_no_rate() -> None:
    web = WebSettings.from_environ({})

    assert (web.production, web.access_log) == (False, False)
    assert web.limits.cost_bucket >= 1_000 * web.limits.max_cost


def test_in_production_callers_have_a_rate_and_answers_are_logged() -> None:
    web = WebSettings.from_environ({"DIALGRAPH_PRODUCTION": "1"})

    assert (web.production, web.access_log) == (True, True)
    assert web.limits == OperationLimits()


def test_every_variable_is_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    web = WebSettings.from_environ(
        {
            "DIALGRAPH_PRODUCTION": "1",
            "DIALGRAPH_ALLOWED_HOSTS": "Graph.example.com, desk",
            "DIALGRAPH_ALLOWED_ORIGINS": "https://desk.example.com:8443",
            "DIALGRAPH_TRUSTED_DOCUMENTS": str(file),
            "DIALGRAPH_TLS_CERT": str(file),
            "DIALGRAPH_TLS_KEY": str(file),
            "DIALGRAPH_ACCESS_LOG": "0",
            "DIALGRAPH_MAX_DEPTH": "7",
            "DIALGRAPH_CONCURRENT_OPERATIONS": "3",
        }
    )

    assert web.allowed_hosts == ("graph.example.com", "desk")
    assert web.allowed_origins == ("https://desk.example.com:8443",)
    assert (web.trusted_documents, web.tls_cert, web.tls_key) == (file, file, file)
    assert (web.access_log, web.limits.max_depth) == (False, 7)
    assert web.limits.concurrent_operations == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIALGRAPH_PRODUCTION", "yes"),
        ("DIALGRAPH_ALLOWED_ORIGINS", "*"),
        ("DIALGRAPH_ALLOWED_ORIGINS", "https://desk.example.com/"),
        ("DIALGRAPH_ALLOWED_ORIGINS", "ftp://desk"),
        ("DIALGRAPH_TRUSTED_DOCUMENTS", "/nowhere.json"),
        ("DIALGRAPH_TLS_CERT", "/nowhere.pem"),
        ("DIALGRAPH_MAX_COST", "0"),
        ("DIALGRAPH_MAX_COST", "many"),
        ("DIALGRAPH_OPERATION_SECONDS", "1.5"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        WebSettings.from_environ({name: value})
