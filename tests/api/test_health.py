"""Whether the server lives, can work, and what it has done."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from factories import a_campaign_event
from serving import RunningServer, a_server

from store.collections import Limits
from store.embedded import embedded_mongo


async def test_a_server_is_alive_and_ready(server: RunningServer) -> None:
    alive = await server.client.get("/healthz")
    ready = await server.client.get("/readyz")

    assert (alive.status_code, alive.json()) == (httpx.codes.OK, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (httpx.codes.OK, {"status": "ready"})


async def test_the_metrics_count_what_became_of_the_bodies(server: RunningServer) -> None:
    event = a_campaign_event()
    await server.post(event)
    await server.post(event)
    await server.post(b"[1]")
    await server.post(b"{")

    metrics = (await server.client.get("/metrics")).text.splitlines()

    assert "dialgraph_events_appended_total 1.0" in metrics
    assert "dialgraph_events_duplicate_total 1.0" in metrics
    assert 'dialgraph_events_rejected_total{code="NOT_AN_OBJECT"} 1.0' in metrics
    assert 'dialgraph_events_rejected_total{code="INVALID_JSON"} 1.0' in metrics
    assert "dialgraph_append_seconds_count 4.0" in metrics
    assert "dialgraph_append_queue_events 0.0" in metrics


async def test_the_metrics_count_answers_by_route_and_status(server: RunningServer) -> None:
    await server.post(b"[]", path="/events/secret-token")
    await server.client.get("/a/path/that/is/nowhere")

    metrics = (await server.client.get("/metrics")).text

    assert 'requests_total{route="/events/{token}",status="200"} 1.0' in metrics
    assert 'requests_total{route="none",status="404"} 1.0' in metrics
    assert "secret-token" not in metrics


async def test_the_metrics_count_failures_of_following(server: RunningServer) -> None:
    server.services.follower.on_failure()

    metrics = (await server.client.get("/metrics")).text.splitlines()

    assert "dialgraph_follower_failures_total 1.0" in metrics


async def test_the_metrics_count_faults(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.log, "deliver", None)
    await server.post(a_campaign_event())

    metrics = (await server.client.get("/metrics")).text

    assert 'requests_total{route="/events",status="500"} 1.0' in metrics


@pytest.fixture
async def orphaned_server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """A server whose MongoDB is gone."""
    mongo = embedded_mongo(tmp_path)
    limits = Limits(server_selection_seconds=1, write_seconds=1)
    async with a_server(await mongo.__aenter__(), limits) as server:
        await mongo.__aexit__(None, None, None)
        yield server


async def test_without_its_store_a_server_is_alive_but_not_ready(
    orphaned_server: RunningServer,
) -> None:
    alive = await orphaned_server.client.get("/healthz")
    ready = await orphaned_server.client.get("/readyz", timeout=10)
    posted = await orphaned_server.client.post("/events", content=a_campaign_event(), timeout=30)

    assert alive.status_code == httpx.codes.OK
    assert ready.status_code == posted.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert ready.headers["Retry-After"] == posted.headers["Retry-After"] == "1"
    assert posted.json()["error"]["code"] == "UNAVAILABLE"
    assert "mongo" not in posted.text.lower()
