"""How many reads a query makes: by its shape alone, whatever the sizes of its pages.

A list that is read along an index takes a second round where things have many facts or a filter
drops many: two reads more.
"""

from collections.abc import AsyncIterator

import pytest
from graph import Graph, a_day, a_graph


@pytest.fixture(scope="module")
async def busy(mongo_uri: str) -> AsyncIterator[Graph]:
    """A day with some 20 applications in each of four campaigns; only to be read."""
    async with a_graph(mongo_uri, *a_day(applications=20)) as graph:
        yield graph


# The bound is what was measured when the query was written.
QUERIES = {
    "from campaigns down to callbacks, counted": (
        10,
        """query ($n: Int) { campaigns(first: $n) { totalCount nodes {
            applications(first: $n) { totalCount nodes {
                calls(first: $n) { totalCount nodes { callbacks { callbackId } } }
            } }
        } } }""",
    ),
    "from calls up, and beside": (
        12,
        """query ($n: Int) { campaigns(first: $n) { nodes { calls(first: $n) { nodes {
            campaign { status } application { status } applicationMatch { matchedBy }
            redirections { id } completedCallback { id }
        } } } } }""",
    ),
    "callbacks and what became of them": (
        11,
        """query ($n: Int) { callbacks(first: $n) { totalCount nodes {
            state application { status } campaign { status }
            createdDuring { status } completedBy { status }
        } } }""",
    ),
    "filters that look at applications": (
        21,
        """query ($n: Int) { campaigns(first: $n) { nodes {
            callbacks(first: $n, filter: {state: [DUE, COMPLETED]}) { totalCount nodes { id } }
            calls(first: $n, filter: {linked: true}) { totalCount nodes { id } }
        } } }""",
    ),
    "counts, and an order without an index": (
        5,
        """query ($n: Int) { campaigns(first: $n) { nodes {
            applicationStatusCounts { count }
            applications(first: $n, orderBy: {field: NEXT_CALL}) { totalCount nodes {
                callbacks(first: $n) { totalCount nodes { id } }
            } }
        } } }""",
    ),
    "the events of things": (
        12,
        """query ($n: Int) { campaigns(first: $n) { nodes {
            events(first: $n) { totalCount nodes { body } }
            applications(first: $n) { nodes { events(first: $n) { totalCount nodes { body } } } }
        } } }""",
    ),
    "the events of the company": (
        4,
        "query ($n: Int) { events(first: $n) { totalCount nodes { body } } }",
    ),
    "histories, and up again": (
        5,
        """query ($n: Int) { campaigns(first: $n) { nodes { statusHistory { campaign {
            applications(first: $n) { nodes { statusHistory { application { campaign { id } } } } }
        } } } } }""",
    ),
    "revisions and provenance": (
        7,
        """query ($n: Int) { campaigns(first: $n) { nodes {
            revisions(first: $n) { totalCount nodes { event { position } } }
            provenance { event { position } }
        } } }""",
    ),
    "a page without what hangs below": (
        3,
        "query ($n: Int) { callbacks(first: $n) { nodes { callbackId } } }",
    ),
}


THE_PAGE = """query ($id: ID!, $n: Int) { campaign(campaignId: $id) {
    status applications(first: $n) { pageInfo { endCursor } edges { cursor node {
        applicationId status clientSyncIds { value }
        calls { nodes { statisticId status callbacks { callbackId } } }
        callbacks { nodes { callbackId state } }
    } } }
} }"""


async def a_campaign(graph: Graph) -> str:
    [campaign] = (await graph.get("{ campaigns(first: 1) { nodes { campaignId } } }"))["nodes"]
    return str(campaign["campaignId"])


@pytest.mark.parametrize("page", [1, 5, 20, 100])
async def test_a_page_down_to_callbacks_takes_six_reads(busy: Graph, page: int) -> None:
    assert await busy.reads(THE_PAGE, id=await a_campaign(busy), n=page) <= 6


async def test_a_page_that_was_read_before_takes_the_read_of_the_head(busy: Graph) -> None:
    asked = {"id": await a_campaign(busy), "n": 20}
    await busy.ask(THE_PAGE, **asked)

    assert await busy.reads_again(THE_PAGE, **asked) == 1


@pytest.mark.parametrize("page", [1, 2, 4, 20, 100])
@pytest.mark.parametrize(("bound", "query"), QUERIES.values(), ids=QUERIES)
async def test_the_reads_do_not_grow_with_the_page(
    busy: Graph, bound: int, query: str, page: int
) -> None:
    assert await busy.reads(query, n=page) <= bound


@pytest.mark.parametrize(
    ("bound", "field"),
    [
        (2, "log { position eventCount lastReceivedAt }"),
        (3, 'campaign(campaignId: "unknown") { id }'),
        (2, "quarantine { nodes { id } }"),
        (4, "log { position duplicates quarantined }"),
    ],
)
async def test_a_root_field_makes_few_reads(busy: Graph, bound: int, field: str) -> None:
    assert await busy.reads(f"{{ {field} }}") <= bound


async def test_many_global_ids_are_looked_up_in_one_read_for_each_kind(busy: Graph) -> None:
    listed = await busy.ask(
        "{ campaigns { nodes { id applications(first: 5) { nodes { id } } } } }"
    )
    campaigns = listed["data"]["campaigns"]["nodes"]
    ids = [one["id"] for each in campaigns for one in (each, *each["applications"]["nodes"])]

    reads = await busy.reads("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)

    assert len(ids) == 24
    assert reads == 3


async def test_a_moment_of_the_past_is_read_as_fast(busy: Graph) -> None:
    bound, query = QUERIES["from campaigns down to callbacks, counted"]
    past = query.replace("campaigns(", 'campaigns(asOf: "2026-01-05T15:00:00Z", atPosition: 900, ')

    reads = [await busy.reads(past, n=page) for page in (1, 4, 100)]

    assert max(reads) <= bound + 1  # whether a campaign exists is looked up by itself
