"""Redirections: the legs of one client call (D20)."""

import pytest
from factories import a_call_event
from graph import Graph


def leg(call: str, redirection: object, minute: int | None = None, **fields: object) -> bytes:
    date = None if minute is None else f"2026-01-31T10:{minute:02}:00Z"
    return a_call_event(statisticId=call, redirectionId=redirection, updatedDate=date, **fields)


async def legs_of(graph: Graph, call: str, arguments: str = "") -> list[str]:
    asked = f'call(statisticId: "{call}", companyId: "acme" {arguments})'
    found = await graph.get(f"{{ {asked} {{ redirections {{ statisticId }} }} }}")
    return [each["statisticId"] for each in found["redirections"]]


async def test_d20_the_other_legs_come_by_date_then_by_id_with_null_last(graph: Graph) -> None:
    await graph.append(
        leg("10", "r", 5), leg("9", "r", 5), leg("3", "r"), leg("7", "r", 1), leg("1", "r", 9)
    )

    assert await legs_of(graph, "1") == ["7", "9", "10", "3"]


async def test_d20_a_text_and_a_number_are_the_same_redirection(graph: Graph) -> None:
    await graph.append(leg("1", 7, 1), leg("2", "7", 2), leg("3", 7.0, 3))

    assert await legs_of(graph, "2") == ["1", "3"]


@pytest.mark.parametrize("nothing", [None, "", " ", 0, "0", 0.0, False], ids=repr)
async def test_d20_null_empty_and_zero_are_no_redirection(graph: Graph, nothing: object) -> None:
    await graph.append(leg("1", nothing, 1), leg("2", nothing, 2))

    assert await legs_of(graph, "1") == []


async def test_d20_legs_belong_to_one_company(graph: Graph) -> None:
    await graph.append(leg("1", "r", 1), leg("2", "r", 2), leg("3", "r", 3, companyId="other"))

    assert await legs_of(graph, "1") == ["2"]


async def test_d20_legs_may_be_of_other_campaigns(graph: Graph) -> None:
    await graph.append(leg("1", "r", 1, campaignId="a"), leg("2", "r", 2, campaignId="b"))

    assert await legs_of(graph, "1") == ["2"]


async def test_d20_the_last_redirection_of_a_call_counts(graph: Graph) -> None:
    later = "2026-01-31T11:00:00Z"
    await graph.append(
        leg("1", "r", 1), leg("2", "r", 2), leg("2", "s", 2, eventCreationDate=later)
    )

    assert await legs_of(graph, "1") == []
    assert await legs_of(graph, "1", 'asOf: "2026-01-31T10:30:00Z"') == ["2"]
