"""The GraphiQL page in a real browser that can reach nothing but this machine."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    WebSocket,
    async_playwright,
    expect,
)

pytestmark = pytest.mark.browser

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


class Server(Protocol):
    """A running dialgraph: the fixture `server`."""

    url: str

    async def post_events(self, *events: Mapping[str, Any]) -> None: ...


@dataclass
class GraphiQL:
    """The open page, and what it asked for, sent and complained about."""

    page: Page
    addresses: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    frames: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.addresses.append(request.url))
        self.page.on("requestfailed", lambda request: self.errors.append(failure(request)))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self.record_console)
        self.page.on("websocket", self.record_frames)

    def record_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def record_frames(self, socket: WebSocket) -> None:
        self.addresses.append(socket.url)
        socket.on("framesent", lambda frame: self.frames.put_nowait(str(frame)))

    async def choose_tab(self, name: str) -> None:
        await self.page.get_by_role("tab", name=name).click()
        # GraphiQL reads the tab's query a moment later; until then it would run the last one.
        chosen = "() => localStorage.getItem('graphiql:operationName')"
        async with asyncio.timeout(30):
            # Older versions of playwright wait with an eval, which our CSP forbids.
            while await self.page.evaluate(chosen) != name:  # noqa: ASYNC110 - a test may look
                await asyncio.sleep(0.05)

    async def run(self) -> None:
        await self.page.locator(".graphiql-query-editor .CodeMirror").click()
        await self.page.keyboard.press("Control+Enter")

    async def write(self, editor: str, text: str) -> None:
        """Put `text` into the editor below the query: Variables or Headers."""
        await self.page.get_by_role("button", name=editor).click()
        shown = self.page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)")
        await shown.locator(".CodeMirror").click()
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.insert_text(text)

    async def shows(self, text: str | re.Pattern[str]) -> None:
        await expect(self.page.locator(".result-window")).to_contain_text(text)


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("These tests drive the Debian package chromium, which is not installed.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def graphiql(chromium: Browser, server: Server) -> AsyncIterator[GraphiQL]:
    page = await chromium.new_page(viewport={"width": 1400, "height": 900})
    opened = GraphiQL(page)
    await page.goto(f"{server.url}/graphql")
    await expect(page.get_by_role("tab")).to_have_count(3)
    yield opened
    await page.close()


async def test_everything_is_loaded_from_this_server(graphiql: GraphiQL, server: Server) -> None:
    await graphiql.page.wait_for_load_state("networkidle")

    assert {urlsplit(address).netloc for address in graphiql.addresses} == {
        urlsplit(server.url).netloc
    }
    assert graphiql.errors == []


async def test_the_first_tab_shows_the_graph(graphiql: GraphiQL, server: Server) -> None:
    await server.post_events(an_application(status="NEW"))

    await graphiql.run()

    await graphiql.shows('"campaignId": "1"')
    await take_screenshot(graphiql.page, "graph")
    assert graphiql.errors == []


async def test_the_second_tab_shows_a_page_of_calls(graphiql: GraphiQL, server: Server) -> None:
    await server.post_events(a_call("call-1"))

    await graphiql.choose_tab("NewestCalls")
    await graphiql.run()

    await graphiql.shows('"statisticId": "call-1"')
    await take_screenshot(graphiql.page, "calls")
    assert graphiql.errors == []


async def test_the_third_tab_shows_a_change_when_it_happens(
    graphiql: GraphiQL, server: Server
) -> None:
    await server.post_events(an_application(status="NEW"))
    await graphiql.choose_tab("StatusChanges")
    await graphiql.write("Variables", '{"after": 0}')
    await graphiql.run()
    await graphiql.shows('"status": "NEW"')

    await server.post_events(an_application(status="RINGING"))

    await graphiql.shows('"status": "RINGING"')
    await graphiql.shows(re.compile('"cursor": "[^"]+"'))
    await take_screenshot(graphiql.page, "live")
    assert graphiql.errors == []


async def test_the_token_in_the_headers_goes_with_the_subscription(graphiql: GraphiQL) -> None:
    await graphiql.choose_tab("StatusChanges")
    await graphiql.write("Headers", '{"authorization": "Bearer secret"}')

    await graphiql.run()
    async with asyncio.timeout(10):
        first = await graphiql.frames.get()

    assert '"payload":{"Authorization":"Bearer secret"}' in first


async def test_the_documentation_and_the_settings_open(graphiql: GraphiQL) -> None:
    await graphiql.page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(graphiql.page.get_by_role("link", name="Subscription", exact=True)).to_be_visible()
    await take_screenshot(graphiql.page, "documentation")
    await graphiql.page.get_by_role("button", name="Open settings dialog").click()
    await expect(graphiql.page.get_by_role("dialog")).to_be_visible()

    assert graphiql.errors == []


def an_application(*, status: str) -> dict[str, Any]:
    return {
        "eventName": "TACStatusUpdatedEvent",
        "companyId": "1",
        "eventCreationDate": "2024-05-01T10:00:00Z",
        "tac": [{"id": "card-1", "telemarketCampaignId": "1", "status": status}],
    }


def a_call(statistic_id: str) -> dict[str, Any]:
    return {
        "eventName": "TelemarketStatisticsUpdatedEvent",
        "companyId": "1",
        "eventCreationDate": "2024-05-01T10:00:00Z",
        "statisticId": statistic_id,
        "campaignId": "1",
        "updatedDate": "2024-05-01T09:59:00Z",
        "status": "successful",
    }


def failure(request: Request) -> str:
    return f"{request.url}: {request.failure}"


async def take_screenshot(page: Page, name: str) -> None:
    """Write `name`.png into the folder that DIALGRAPH_SCREENSHOTS names, if it names one."""
    if folder := os.environ.get("DIALGRAPH_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")
