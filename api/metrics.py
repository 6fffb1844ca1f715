"""What `GET /metrics` shows: counters and timings of this process."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import MAX_SUBSCRIPTIONS
from api.throttle import Throttle
from store.follow import Follower
from store.log import EventLog, Receipt, Rejected

_APPEND_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """The metrics of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.appended = Counter(
            "dialgraph_events_appended", "Events new in the log.", registry=self.registry
        )
        self.duplicates = Counter(
            "dialgraph_events_duplicate", "Events that the log held.", registry=self.registry
        )
        self.rejected = Counter(
            "dialgraph_events_rejected", "Bodies not appended.", ["code"], registry=self.registry
        )
        self.append_seconds = Histogram(
            "dialgraph_append_seconds",
            "From the whole body to its durable outcome.",
            buckets=_APPEND_SECONDS,
            registry=self.registry,
        )
        self.queued = Gauge(
            "dialgraph_append_queue_events",
            "Events waiting for their commit.",
            registry=self.registry,
        )
        self.subscriptions = Gauge(
            "dialgraph_subscriptions", "Subscriptions that are open.", registry=self.registry
        )
        self.waiting = Gauge(
            "dialgraph_subscription_waiting_changes",
            "Changes waiting for subscribers.",
            registry=self.registry,
        )
        self.overflowed = Counter(
            "dialgraph_subscription_overflows",
            "Buffers that were too full; their subscribers read on from the log.",
            registry=self.registry,
        )
        self.append_refused = Counter(
            "dialgraph_append_refused",
            "Requests refused because the queue was full.",
            registry=self.registry,
        )
        self.limit = Gauge(
            "dialgraph_limit", "How much there may be of it.", ["of"], registry=self.registry
        )
        self.follower_failures = Counter(
            "dialgraph_follower_failures", "Failures of following.", registry=self.registry
        )
        self.running = Gauge(
            "dialgraph_operations_running", "Queries that run now.", registry=self.registry
        )
        self.operation_seconds = Histogram(
            "dialgraph_operation_seconds", "How long queries ran.", registry=self.registry
        )
        self.refused = Counter(
            "dialgraph_operations_refused",
            "Operations over a limit.",
            ["code"],
            registry=self.registry,
        )
        self.requests = Counter(
            "dialgraph_http_requests",
            "Requests answered.",
            ["route", "status"],
            registry=self.registry,
        )

    def watch_throttle(self, throttle: Throttle) -> None:
        """Count the operations that are refused, and show how many run."""
        throttle.on_refused = lambda code: self.refused.labels(code).inc()
        throttle.on_ended = self.operation_seconds.observe
        self.running.set_function(lambda: throttle.running)
        self.limit.labels("operations_running").set(throttle.limits.concurrent_operations)
        self.limit.labels("operation_seconds").set(throttle.limits.operation_seconds)

    def watch(self, log: EventLog, follower: Follower, queue_events: int) -> None:
        """Count the follower's failures; read the other figures whenever they are asked for."""
        follower.on_failure = self.follower_failures.inc
        follower.broadcaster.on_overflow = self.overflowed.inc
        self.queued.set_function(lambda: log.queued)
        self.subscriptions.set_function(lambda: follower.subscribers)
        self.waiting.set_function(lambda: follower.broadcaster.waiting)
        self.limit.labels("append_queue_events").set(queue_events)
        self.limit.labels("subscriptions").set(MAX_SUBSCRIPTIONS)
        self.limit.labels("changes_waiting_for_one_subscriber").set(follower.buffer_changes)

    def count_receipt(self, receipt: Receipt) -> None:
        """Count what became of the bodies of one request."""
        self.appended.inc(receipt.appended)
        self.duplicates.inc(receipt.duplicates)
        for rejected in receipt.rejected:
            self.count_rejected(rejected)

    def count_rejected(self, rejected: Rejected) -> None:
        """Count one rejected body."""
        self.rejected.labels(rejected.code).inc()

    def expose(self) -> Response:
        """Build the answer of `GET /metrics`."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class CountRequests:
    """Middleware that counts the answers by route and status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._requests = metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count the status of its answer; a fault becomes a 500 outside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            self._requests.labels(getattr(scope.get("route"), "path", "none"), status).inc()
