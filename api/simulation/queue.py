"""Who is to be dialled next in a campaign."""

from collections import deque
from heapq import heappop, heappush
from itertools import count

from api.simulation.application import CALLBACK, Application

_Heap = list[tuple[int, int, Application]]


class DialQueue:
    """Callbacks that are due first, then redials that are due, then clients never called."""

    def __init__(self) -> None:
        self._callbacks: _Heap = []
        self._redials: _Heap = []
        self._fresh: deque[Application] = deque()
        self._sequence = count()

    def add(self, application: Application) -> None:
        """Put an application in its place by its status and next call."""
        if application.next_call is None:
            self._fresh.append(application)
            return
        heap = self._callbacks if application.status == CALLBACK else self._redials
        heappush(heap, (application.next_call, next(self._sequence), application))

    def take(self, now: int) -> Application | None:
        """Remove and return the next application to be dialled at `now`, none if none is due."""
        for heap in (self._callbacks, self._redials):
            if heap and heap[0][0] <= now:
                return heappop(heap)[2]
        return self._fresh.popleft() if self._fresh else None
