"""How commands tell what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from api.settings import StartError
from store.errors import StoreError


@contextmanager
def explained() -> Iterator[None]:
    """Say what went wrong in a sentence, and exit with status 1."""
    try:
        yield
    except (StartError, StoreError) as error:
        raise click.ClickException(str(error)) from error
