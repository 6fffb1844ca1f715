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
from starlette.types import ASGIApp, Receive, Scope, Send

from api.answered import Answered, route_of
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
        self.appended = self._counter("events_appended", "Events new in the log.")
        self.duplicates = self._counter("events_duplicate", "Events that the log held.")
        self.rejected = self._counter("events_rejected", "Bodies not appended.", "code")
        self.append_seconds = Histogram(
            "dialgraph_append_seconds",
            "From the whole body to its durable outcome.",
            buckets=_APPEND_SECONDS,
            registry=self.registry,
        )
        self.queued = self._gauge("append_queue_events", "Events waiting for their commit.")
        self.append_refused = self._counter("append_refused", "Requests that met a full queue.")
        self.subscriptions = self._gauge("subscriptions", "Subscriptions that are open.")
        self.waiting = self._gauge(
            "subscription_waiting_changes", "Changes waiting for subscribers."
        )
        self.overflowed = self._counter(
            "subscription_overflows",
            "Buffers that were too full; their subscribers read on from the log.",
        )
        self.follower_failures = self._counter("follower_failures", "Failures of following.")
        self.running = self._gauge("operations_running", "Queries that run now.")
        self.operation_seconds = Histogram(
            "dialgraph_operation_seconds", "How long queries ran.", registry=self.registry
        )
        self.refused = self._counter("operations_refused", "Operations over a limit.", "code")
        self.limit = self._gauge("limit", "How much there may be of it.", "of")
        self.requests = self._counter("http_requests", "Requests answered.", "route", "status")

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"dialgraph_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"dialgraph_{name}", meaning, labels, registry=self.registry)

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
        answered = Answered(send)
        try:
            await self._app(scope, receive, answered)
        finally:
            self._requests.labels(route_of(scope), answered.status).inc()
