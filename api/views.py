"""Views of callers who may see personal data; through any other view they are masked."""

from store.boards import BoardedView
from store.view import View


class OpenView(View):
    """A view of a caller with the scope `personal-data`."""


class OpenBoardedView(BoardedView, OpenView):
    """The same, answered by boards and the cache where they can."""


def is_open(view: View) -> bool:
    """Say whether personal data are shown as they are."""
    return isinstance(view, OpenView)
