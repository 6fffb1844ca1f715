"""One reading of the log, handed to all who listen: a change meets only those who may want it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from store.changes import Change
from store.subscriber import EVERYWHERE, Route, Subscriber
from store.topics import Topic, Traits
from store.window import Asked

Channel = tuple[Topic[Any], str]  # the topic, and the company of which it tells
Subscribers = dict[Subscriber[Any], None]  # in the order in which they came


def asked_by(channels: Iterable[Channel]) -> Asked:
    """Return which facts form the changes of some channels."""
    topics, companies = zip(*channels, strict=True)
    kinds = {kind for topic in topics for kind in topic.kinds}
    return Asked(frozenset(companies), frozenset(kinds))


class _Listening:
    """Those who listen to one topic of one company, by where the changes pass that they want."""

    def __init__(self) -> None:
        self.subscribers: Subscribers = {}
        self._by_route: defaultdict[Route, Subscribers] = defaultdict(dict)

    def add(self, subscriber: Subscriber[Any]) -> None:
        self.subscribers[subscriber] = None
        for route in subscriber.routes:
            self._by_route[route][subscriber] = None

    def discard(self, subscriber: Subscriber[Any]) -> None:
        self.subscribers.pop(subscriber, None)
        for route in subscriber.routes:
            self._by_route[route].pop(subscriber, None)
            if not self._by_route[route]:
                del self._by_route[route]

    def along(self, traits: Traits) -> list[Subscriber[Any]]:
        """Return those who may want a change."""
        routes: Iterable[Route] = (EVERYWHERE, *traits.items())
        return [each for route in routes for each in self._by_route.get(route, ())]


class Broadcaster:
    """Who listens to what.

    Attributes:
        on_overflow: Called when more waits for a subscriber than may.
    """

    def __init__(self) -> None:
        self.on_overflow: Callable[[], None] = lambda: None
        self._channels: dict[Channel, _Listening] = {}

    @property
    def channels(self) -> list[Channel]:
        """The topics and companies that anybody listens to."""
        return list(self._channels)

    @property
    def waiting(self) -> int:
        """How many changes wait for all of them; one that waits for several is counted for each."""
        listening = self._channels.values()
        return sum(each.waiting for channel in listening for each in channel.subscribers)

    def __len__(self) -> int:
        return sum(len(channel.subscribers) for channel in self._channels.values())

    def __contains__(self, subscriber: Subscriber[Any]) -> bool:
        channel = self._channels.get((subscriber.topic, subscriber.company))
        return channel is not None and subscriber in channel.subscribers

    def add(self, subscriber: Subscriber[Any]) -> None:
        """Offer to a subscriber what is published from now on."""
        self._channels.setdefault((subscriber.topic, subscriber.company), _Listening()).add(
            subscriber
        )

    def discard(self, subscriber: Subscriber[Any]) -> None:
        """Offer nothing more to a subscriber, if it is one."""
        name = subscriber.topic, subscriber.company
        channel = self._channels.get(name)
        if channel is not None:
            channel.discard(subscriber)
            if not channel.subscribers:
                del self._channels[name]

    def publish(self, topic: Topic[Any], company: str, changes: Sequence[Change]) -> None:
        """Offer changes to all who listen; those whose buffers overflow are left out from then."""
        channel = self._channels.get((topic, company))
        if channel is None:
            return
        for change in changes:
            traits = topic.traits(change)
            for subscriber in channel.along(traits):
                subscriber.offer(change, traits)
                if subscriber.has_overflowed:
                    self.discard(subscriber)
                    self.on_overflow()

    def set_back(self, topic: Topic[Any], company: str, position: int) -> None:
        """Let all who listen read on from the log, behind a position, instead of listening."""
        channel = self._channels.get((topic, company))
        for subscriber in list(channel.subscribers) if channel is not None else ():
            subscriber.set_back(position)
            self.discard(subscriber)

    def wake(self) -> None:
        """Let everybody look around."""
        for channel in self._channels.values():
            for subscriber in channel.subscribers:
                subscriber.wake()
