"""One company's things at one moment: what exists (D15), what is known of it (D21, D22)."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from views import a_view

from store import view as view_module
from store.errors import LogUnavailableError
from store.facts import Kind
from store.ids import id_key, id_of
from store.log import EventLog
from store.view import View

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)


def at(minute: int) -> dict[str, str]:
    return {"eventCreationDate": (_START + timedelta(minutes=minute)).isoformat()}


async def append(log: EventLog, *bodies: bytes) -> int:
    receipt = await log.append(bodies)
    assert not receipt.rejected
    return receipt.position


async def existing(view: View, kind: Kind, *ids: str) -> list[str]:
    found = await view.existing(kind, [id_key(each) for each in ids])
    return sorted(state.id for state in found.values())


async def status(view: View) -> object:
    [state] = (await view.states("campaign", [id_key("c1")])).values()
    return state.data["status"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("campaign", a_campaign_event(campaignId=7)),
        ("campaign", a_tac_event(an_application(telemarketCampaignId=7))),
        ("campaign", a_call_event(campaignId=7)),
        ("application", a_tac_event(an_application(id=7))),
        ("application", a_callback_event(applicationId=7)),
        ("call", a_call_event(statisticId=7)),
        ("callback", a_callback_event(id=7)),
    ],
    ids=[
        "its own event",
        "its application's",
        "its call's",
        "its own TAC event",
        "its callback's",
        "its own statistics",
        "its own creation",
    ],
)
async def test_d15_a_thing_exists_once_an_event_names_it(
    new_log: EventLog, kind: Kind, body: bytes
) -> None:
    before = await a_view(new_log, "acme")
    await append(new_log, body)
    after = await a_view(new_log, "acme")

    assert await existing(before, kind, "7") == []
    assert await existing(after, kind, "7") == ["7"]


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param(
            [
                a_tac_event(an_application(telemarketCampaignId="old"), **at(1)),
                a_tac_event(an_application(telemarketCampaignId="new"), **at(2)),
            ],
            id="another campaign of an application",
        ),
        pytest.param(
            [
                a_tac_event(
                    an_application(telemarketCampaignId="old"),
                    an_application(telemarketCampaignId="new"),
                )
            ],
            id="another campaign of an application in one event",
        ),
        pytest.param(
            [a_call_event(campaignId="old", **at(1)), a_call_event(campaignId="new", **at(2))],
            id="another campaign of a call",
        ),
        pytest.param(
            [a_call_event(campaignId="new", **at(2)), a_call_event(campaignId="old", **at(1))],
            id="a late event",
        ),
    ],
)
async def test_d15_a_campaign_exists_also_if_the_naming_field_is_replaced(
    new_log: EventLog, bodies: list[bytes]
) -> None:
    await append(new_log, *bodies)

    view = await a_view(new_log, "acme")
    assert await existing(view, "campaign", "old", "new", "other") == ["new", "old"]
    assert [id_of(key) for key in await view.campaign_keys()] == ["new", "old"]


async def test_d15_an_application_exists_also_if_its_callback_names_another(
    log: EventLog, company: str
) -> None:
    shared = {"companyId": company}
    await append(
        log,
        a_callback_event(applicationId="old", **at(1), **shared),
        a_callback_event(applicationId="new", **at(2), **shared),
    )

    view = await a_view(log, company)
    assert await existing(view, "application", "old", "new") == ["new", "old"]


async def test_d15_what_was_not_said_of_a_named_thing_is_not_known(
    log: EventLog, company: str
) -> None:
    await append(log, a_call_event(campaignId="c1", companyId=company))

    found = await (await a_view(log, company)).existing("campaign", [id_key("c1")])

    assert found[id_key("c1")].data == {}


async def test_campaigns_are_listed_by_id_each_once(log: EventLog, company: str) -> None:
    shared = {"companyId": company}
    await append(
        log,
        a_campaign_event(campaignId="x", **shared),
        a_campaign_event(campaignId="x", status="NEW", **shared),
        a_tac_event(an_application(telemarketCampaignId=10), **shared),
        a_tac_event(an_application(id="a2", telemarketCampaignId=None), **shared),
        a_call_event(campaignId=9, **shared),
        a_call_event(statisticId="s2", **shared),
    )

    view = await a_view(log, company)
    assert [id_of(key) for key in await view.campaign_keys()] == ["9", "10", "x"]


async def test_an_empty_id_list_finds_nothing(log: EventLog, company: str) -> None:
    view = await a_view(log, company)

    assert await view.existing("campaign", []) == {}
    assert await view.states("call", []) == {}
    assert await view.campaigns_of([]) == {}
    assert await view.holders([], "call") == {}
    assert await view.union([]) == []


async def test_what_is_known_to_exist_has_a_state_without_a_read_fact(
    log: EventLog, company: str
) -> None:
    view = await a_view(log, company)

    found = await view.known("campaign", [id_key("7")])

    assert [(state.id, state.data) for state in found.values()] == [("7", {})]


async def test_d22_a_view_sees_its_own_company_only(log: EventLog, company: str) -> None:
    body = a_tac_event(an_application(telemarketCampaignId="c1"), companyId=f"{company}-2")
    await append(log, body, a_call_event(campaignId="c9", companyId=company))

    view = await a_view(log, company)
    assert await existing(view, "campaign", "c1") == []
    assert await existing(view, "application", "a1") == []
    assert [id_of(key) for key in await view.campaign_keys()] == ["c9"]


async def test_d21_at_a_position_only_what_was_known_then_counts(
    log: EventLog, company: str
) -> None:
    shared = {"companyId": company}
    first = await append(log, a_campaign_event(status="NEW", **at(1), **shared))
    second = await append(log, a_campaign_event(status="PAUSED", **at(2), **shared))
    await append(log, a_tac_event(an_application(telemarketCampaignId="c2"), **shared))

    assert await status(await a_view(log, company, at_position=first)) == "NEW"
    assert await status(await a_view(log, company, at_position=second)) == "PAUSED"
    before = await a_view(log, company, at_position=second)
    assert await existing(before, "campaign", "c2") == []
    assert await before.campaign_keys() == [id_key("c1")]


async def test_d21_as_of_a_moment_only_what_had_happened_counts(
    log: EventLog, company: str
) -> None:
    shared = {"companyId": company}
    await append(
        log,
        a_campaign_event(status="PAUSED", **at(2), **shared),
        a_campaign_event(status="NEW", **at(1), **shared),
        a_call_event(campaignId="c2", **at(3), **shared),
    )

    early = await a_view(log, company, as_of=_START + timedelta(minutes=1))
    later = await a_view(log, company, as_of=_START + timedelta(minutes=2))

    assert [await status(early), await status(later)] == ["NEW", "PAUSED"]
    assert await existing(later, "campaign", "c2") == []
    assert await existing(await a_view(log, company), "campaign", "c2") == ["c2"]


async def test_d21_both_bounds_hold_together(log: EventLog, company: str) -> None:
    shared = {"companyId": company}
    known = await append(
        log,
        a_campaign_event(status="NEW", **at(1), **shared),
        a_campaign_event(status="FINISHED", **at(3), **shared),
    )
    await append(log, a_campaign_event(status="PAUSED", **at(2), **shared))

    view = await a_view(log, company, at_position=known, as_of=_START + timedelta(minutes=2))

    assert await status(view) == "NEW"


async def test_what_is_appended_later_does_not_change_a_view(log: EventLog, company: str) -> None:
    await append(log, a_campaign_event(status="NEW", companyId=company))
    view = await a_view(log, company)
    await append(log, a_campaign_event(status="PAUSED", campaignId="c1", companyId=company))
    await append(log, a_campaign_event(campaignId="c2", companyId=company))

    assert await status(view) == "NEW"
    assert await view.campaign_keys() == [id_key("c1")]


async def test_the_campaign_of_an_application_is_the_last_one_that_was_said(
    log: EventLog, company: str
) -> None:
    def said(minute: int, *elements: dict[str, object]) -> bytes:
        return a_tac_event(*elements, **at(minute), companyId=company)

    await append(
        log,
        said(2, an_application(id="late", telemarketCampaignId="new")),
        said(1, an_application(id="late", telemarketCampaignId="old")),
        said(1, an_application(id="silent", telemarketCampaignId="c1")),
        said(2, an_application(id="silent")),
        said(1, an_application(id="left", telemarketCampaignId="c1")),
        said(2, an_application(id="left", telemarketCampaignId=None)),
        said(1, an_application(id="tie", telemarketCampaignId="first")),
        said(1, an_application(id="tie", telemarketCampaignId="second")),
        said(1, an_application(id="none")),
    )
    ids = ["late", "silent", "left", "tie", "none", "unknown"]

    found = await (await a_view(log, company)).campaigns_of([id_key(each) for each in ids])

    assert {id_of(key): campaign and id_of(campaign) for key, campaign in found.items()} == {
        "late": "new",
        "silent": "c1",
        "left": None,
        "tie": "second",
        "none": None,
        "unknown": None,
    }


async def test_a_thing_is_read_once_for_a_view(log: EventLog, company: str) -> None:
    await append(log, a_campaign_event(companyId=company))
    view = await a_view(log, company)
    first = await view.states("campaign", [id_key("c1"), id_key("c2")])
    before = log.database.reads

    again = await view.states("campaign", [id_key("c2"), id_key("c1"), id_key("c1")])

    assert again == first
    assert log.database.reads == before


async def test_now_is_the_moment_asked_about_else_the_one_of_asking(
    log: EventLog, company: str
) -> None:
    before = datetime.now(UTC)

    asked = (await a_view(log, company, as_of=_START), await a_view(log, company, now=_START))
    for view in asked:
        assert view.has_come(_START)
        assert not view.has_come(_START + timedelta(milliseconds=1))
    asking = await a_view(log, company)
    assert asking.has_come(before)
    assert not asking.has_come(datetime.now(UTC) + timedelta(milliseconds=1))


async def test_a_view_is_not_read_through_longer_than_its_facts_are_sure_to_stay(
    log: EventLog, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(log, a_campaign_event(companyId=company))
    monkeypatch.setattr(view_module, "MAX_AGE_SECONDS", -1)
    view = await a_view(log, company)

    with pytest.raises(LogUnavailableError, match="ask for less"):
        await view.states("campaign", [id_key("c1")])
    with pytest.raises(LogUnavailableError, match="ask for less"):
        await view.holders(["p5550100"], "call")


_LARGE = 6_000_000
"""Three of them are over 16 MiB, the most that one document of MongoDB holds."""


async def test_a_thing_whose_history_is_too_large_for_one_document_hides_nothing(
    log: EventLog, company: str
) -> None:
    large = [
        a_tac_event(an_application(status=letter * _LARGE, calledCount=count), companyId=company)
        for count, letter in enumerate("abc")
    ]
    await append(log, *large, a_tac_event(an_application(id="a2"), companyId=company))
    view = await a_view(log, company)

    found = await view.states("application", [id_key("a1"), id_key("a2"), id_key("none")])

    assert sorted(found) == [id_key("a1"), id_key("a2")]
    assert [each.status[:1] for each in found[id_key("a1")].statuses if each.status] == list("abc")
    assert found[id_key("a1")].data["calledCount"] == 2


async def test_a_callback_that_is_too_large_for_one_document_is_found_by_its_application(
    log: EventLog, company: str
) -> None:
    texts = ({"name": "n"}, {"description": "d"}, {"phoneNumber": "p"})
    for each in texts:
        fields = {name: letter * _LARGE for name, letter in each.items()}
        await append(log, a_callback_event(companyId=company, applicationId="a1", **fields))
    view = await a_view(log, company)

    naming = await view.callbacks_naming([id_key("a1")])
    states = await view.states("callback", naming[id_key("a1")])

    assert list(states[id_key("b1")].data["name"][:2]) == ["n", "n"]
