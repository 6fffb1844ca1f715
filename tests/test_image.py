"""The container image, as far as reading its file tells."""

import re
from pathlib import Path

DOCKERFILE = (Path(__file__).parents[1] / "Dockerfile").read_text(encoding="utf-8")
RUN_STAGE = DOCKERFILE.rpartition("FROM ")[2]


def test_it_runs_as_nobody_known_and_owns_nothing_that_it_runs() -> None:
    assert re.findall(r"^USER (.+)$", RUN_STAGE, re.MULTILINE) == ["65532:65532"]
    assert "--chown" not in DOCKERFILE
    assert "chmod" not in DOCKERFILE


def test_it_writes_nothing_that_a_read_only_file_system_would_miss() -> None:
    assert "PYTHONDONTWRITEBYTECODE=1" in RUN_STAGE
    assert "HOME=/tmp" in RUN_STAGE
    assert not re.findall(r"^(?:VOLUME|RUN|ADD) ", RUN_STAGE, re.MULTILINE)


def test_it_is_started_for_strangers_and_refuses_them_without_tokens() -> None:
    assert re.findall(r"^CMD (.+)$", RUN_STAGE, re.MULTILINE) == [
        '["serve", "--host", "0.0.0.0", "--production"]'
    ]


def test_its_bases_are_named_with_a_version() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert bases
    assert all(re.fullmatch(r"python:3\.\d+-slim", base) for base in bases)
