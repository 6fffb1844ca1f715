"""Which application a call belongs to (D17)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import (
    ABSENT,
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from views import a_view

from store.fold import State
from store.ids import id_key, id_of
from store.links import Match, best, callbacks_of, calls_of, campaign_of, matches
from store.log import EventLog
from store.view import View

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)


def at(minute: int) -> dict[str, str]:
    return {"eventCreationDate": (_START + timedelta(minutes=minute)).isoformat()}


class Scene:
    """One company's events, and how its calls are linked by them."""

    def __init__(self, log: EventLog, company: str) -> None:
        self.log = log
        self.company = company

    async def an_application(self, id: object, *, minute: int = 0, **fields: object) -> None:  # noqa: A002 - the domain's word
        application = an_application(**{"id": id, "telemarketCampaignId": "c1", **fields})
        carried = {name: value for name, value in application.items() if value is not ABSENT}
        await self.append(a_tac_event(carried, companyId=self.company, **at(minute)))

    async def a_call(self, id: object = "s1", *, minute: int = 0, **fields: object) -> None:  # noqa: A002 - the domain's word
        told = {"statisticId": id, "campaignId": "c1", **at(minute), **fields}
        await self.append(a_call_event(companyId=self.company, **told))

    async def a_callback(self, id: object = "b1", *, minute: int = 0, **fields: object) -> None:  # noqa: A002 - the domain's word
        told = {"id": id, **at(minute), **fields}
        await self.append(a_callback_event(companyId=self.company, **told))

    async def append(self, *bodies: bytes) -> int:
        receipt = await self.log.append(bodies)
        assert not receipt.rejected
        return receipt.position

    async def view(self, *, at_position: int | None = None, as_of: datetime | None = None) -> View:
        return await a_view(self.log, self.company, at_position=at_position, as_of=as_of)

    async def match(
        self,
        call: str = "s1",
        *,
        at_position: int | None = None,
        as_of: datetime | None = None,
    ) -> tuple[str, str, int] | None:
        """Return the application, how it was found and among how many, for one call."""
        view = await self.view(at_position=at_position, as_of=as_of)
        calls = await view.states("call", [id_key(call)])
        found = (await matches(view, list(calls.values()))).get(id_key(call))
        if found is None:
            return None
        return id_of(found.application), found.matched_by, found.candidate_count

    async def calls(self, *applications: str) -> Mapping[str, list[str]]:
        """Return the ids of the calls of some applications."""
        view = await self.view()
        known = await view.known("application", [id_key(each) for each in applications])
        found = await calls_of(view, list(known.values()))
        return {id_of(key): sorted(call.id for call in calls) for key, calls in found.items()}

    async def callbacks(self, *applications: str) -> Mapping[str, list[str]]:
        """Return the ids of the callbacks of some applications."""
        found = await callbacks_of(await self.view(), [id_key(each) for each in applications])
        return {id_of(key): sorted(each.id for each in mine) for key, mine in found.items()}


@pytest.fixture
def scene(log: EventLog, company: str) -> Scene:
    return Scene(log, company)


def pairs(**given: str) -> dict[str, Any]:
    return {"clientSyncIdsToValues": given}


def test_the_application_that_shares_most_keys_is_the_best() -> None:
    candidates = {"k1": {"a1~", "a2~"}, "k2": {"a2~"}, "k3": {"a3~"}}

    assert best(["k1", "k2"], candidates, "CLIENT_SYNC_ID") == Match("a2~", "CLIENT_SYNC_ID", 2)


def test_of_applications_that_share_as_many_keys_the_smallest_id_is_the_best() -> None:
    candidates = {"k1": {id_key("10"), id_key("9"), id_key("x")}, "k2": {id_key("11")}}

    assert best(["k1", "k2"], candidates, "PHONE_NUMBER") == Match(id_key("9"), "PHONE_NUMBER", 4)


@pytest.mark.parametrize("keys", [[], ["k2"], ["k3"]])
def test_without_a_shared_key_there_is_no_best(keys: list[str]) -> None:
    assert best(keys, {"k1": {"a1~"}, "k3": set()}, "CLIENT_SYNC_ID") is None


def test_the_campaign_of_a_thing_that_names_none_is_none() -> None:
    assert campaign_of(State("call", "acme", "a1~", {"campaignId": None})) is None
    assert campaign_of(State("call", "acme", "a1~", {})) is None


async def test_a_shared_client_sync_pair_links(scene: Scene) -> None:
    await scene.an_application("a1", **pairs(crm="1"))
    await scene.an_application("a2", **pairs(crm="2"))
    await scene.a_call(**pairs(crm="2"))

    assert await scene.match() == ("a2", "CLIENT_SYNC_ID", 1)
    assert await scene.calls("a1", "a2") == {"a1": [], "a2": ["s1"]}


async def test_a_value_under_another_field_does_not_link(scene: Scene) -> None:
    await scene.an_application("a1", **pairs(crm="1"))
    await scene.a_call(**pairs(erp="1"))

    assert await scene.match() is None


async def test_a_field_and_a_value_that_join_to_the_same_text_do_not_link(scene: Scene) -> None:
    await scene.an_application("a1", **pairs(crm="11"))
    await scene.a_call(**pairs(crm1="1"))

    assert await scene.match() is None


async def test_a_number_and_its_text_are_one_value(scene: Scene) -> None:
    await scene.an_application("a1", clientSyncIdsToValues={"crm": 7.0})
    await scene.a_call(clientSyncIdsToValues=[{"id": "crm", "value": ["6", "7"]}])

    assert await scene.match() == ("a1", "CLIENT_SYNC_ID", 1)


async def test_more_shared_pairs_win_over_a_smaller_id(scene: Scene) -> None:
    await scene.an_application("a1", **pairs(crm="1"))
    await scene.an_application("a2", **pairs(crm="1", erp="2"))
    await scene.a_call(**pairs(crm="1", erp="2", other="3"))

    assert await scene.match() == ("a2", "CLIENT_SYNC_ID", 2)


async def test_ids_are_compared_as_people_sort_them(scene: Scene) -> None:
    for application in ("x", 10, 9):
        await scene.an_application(application, **pairs(crm="1"))
    await scene.a_call(**pairs(crm="1"))

    assert await scene.match() == ("9", "CLIENT_SYNC_ID", 3)


async def test_a_pair_wins_over_a_phone_number(scene: Scene) -> None:
    await scene.an_application("a1", nextPhoneNumber="050")
    await scene.an_application("a2", **pairs(crm="1"))
    await scene.a_call(phoneNumber="050", **pairs(crm="1"))

    assert await scene.match() == ("a2", "CLIENT_SYNC_ID", 1)


async def test_without_a_shared_pair_a_phone_number_links_by_its_digits(scene: Scene) -> None:
    await scene.an_application("a1", nextPhoneNumber="+38 (050) 1", **pairs(crm="1"))
    await scene.a_call(phoneNumber="380-50-1", **pairs(crm="2"))

    assert await scene.match() == ("a1", "PHONE_NUMBER", 1)


async def test_a_phone_number_without_digits_links_nothing(scene: Scene) -> None:
    await scene.an_application("a1", nextPhoneNumber="unknown")
    await scene.a_call(phoneNumber="unknown")

    assert await scene.match() is None


async def test_the_phone_number_of_a_callback_counts_for_its_application(scene: Scene) -> None:
    await scene.an_application("a1")
    await scene.a_callback(applicationId="a1", phoneNumber="050")
    await scene.a_call(phoneNumber="0 50")

    assert await scene.match() == ("a1", "PHONE_NUMBER", 1)


async def test_a_callbacks_phone_number_counts_where_another_event_named_the_application_d17(
    scene: Scene,
) -> None:
    await scene.an_application("a1")
    await scene.a_callback(minute=1, phoneNumber="050")
    await scene.a_callback(minute=2, applicationId="a1")
    await scene.a_call(phoneNumber="050")

    assert await scene.match() == ("a1", "PHONE_NUMBER", 1)
    assert await scene.match(as_of=_START + timedelta(minutes=1)) is None
    assert await scene.calls("a1") == {"a1": ["s1"]}


async def test_a_callback_takes_all_its_phone_numbers_to_its_folded_application_d17(
    scene: Scene,
) -> None:
    await scene.an_application("a1")
    await scene.an_application("a2")
    await scene.a_callback(minute=1, applicationId="a1", phoneNumber="050")
    await scene.a_callback(minute=2, applicationId="a1", phoneNumber="067")
    await scene.a_call(phoneNumber="050")
    before = (await scene.log.head()).position
    await scene.a_callback(minute=3, applicationId="a2")

    assert await scene.match() == ("a2", "PHONE_NUMBER", 1)
    assert await scene.match(at_position=before) == ("a1", "PHONE_NUMBER", 1)
    assert await scene.match(as_of=_START + timedelta(minutes=2)) == ("a1", "PHONE_NUMBER", 1)
    assert await scene.calls("a1", "a2") == {"a1": [], "a2": ["s1"]}


async def test_the_phone_number_of_a_callback_may_come_in_another_event_of_it(
    scene: Scene,
) -> None:
    await scene.an_application("a1")
    await scene.a_callback(applicationId="a1")
    await scene.a_callback(minute=1, phoneNumber="050")
    await scene.a_call(phoneNumber="050")

    assert await scene.match() == ("a1", "PHONE_NUMBER", 1)
    assert await scene.calls("a1") == {"a1": ["s1"]}


async def test_the_phone_number_of_a_callback_counts_for_its_folded_application(
    scene: Scene,
) -> None:
    await scene.an_application("a1")
    await scene.an_application("a2")
    await scene.a_callback(applicationId="a1", phoneNumber="050")
    await scene.a_callback(minute=1, applicationId="a2", phoneNumber=None)
    await scene.a_call(phoneNumber="050")

    assert await scene.match() == ("a2", "PHONE_NUMBER", 1)
    assert await scene.calls("a1", "a2") == {"a1": [], "a2": ["s1"]}


async def test_the_client_sync_pairs_of_a_callback_do_not_count(scene: Scene) -> None:
    await scene.an_application("a1")
    await scene.a_callback(applicationId="a1", **pairs(crm="1"))
    await scene.a_call(**pairs(crm="1"))

    assert await scene.match() is None


async def test_most_shared_phone_numbers_win(scene: Scene) -> None:
    await scene.an_application("a1", nextPhoneNumber="1")
    await scene.an_application("a2", nextPhoneNumber="1")
    await scene.a_callback(applicationId="a2", phoneNumber="2")
    await scene.a_call(phoneNumber="1")
    await scene.a_call(phoneNumber="2", minute=1)

    assert await scene.match() == ("a2", "PHONE_NUMBER", 2)


async def test_what_was_carried_once_counts_for_ever(scene: Scene) -> None:
    await scene.an_application("a1", **pairs(crm="1"))
    await scene.an_application("a1", minute=1, clientSyncIdsToValues=None)
    await scene.a_call(**pairs(crm="1"))
    await scene.a_call(minute=1, **pairs(crm="9"))

    assert await scene.match() == ("a1", "CLIENT_SYNC_ID", 1)


async def test_applications_of_other_campaigns_are_no_candidates(scene: Scene) -> None:
    await scene.an_application("a1", telemarketCampaignId="c2", **pairs(crm="1"))
    await scene.an_application("a2", telemarketCampaignId=None, **pairs(crm="1"))
    await scene.an_application("a3", telemarketCampaignId=ABSENT, **pairs(crm="1"))
    await scene.a_call(**pairs(crm="1"))

    assert await scene.match() is None


async def test_an_application_is_a_candidate_in_its_folded_campaign_only(scene: Scene) -> None:
    await scene.an_application("a1", minute=2, telemarketCampaignId="c2", **pairs(crm="1"))
    await scene.an_application("a1", minute=1, telemarketCampaignId="c1")
    await scene.a_call("old", campaignId="c1", **pairs(crm="1"))
    await scene.a_call("new", campaignId="c2", **pairs(crm="1"))

    assert await scene.match("old") is None
    assert await scene.match("new") == ("a1", "CLIENT_SYNC_ID", 1)
    assert await scene.calls("a1") == {"a1": ["new"]}


async def test_an_event_that_does_not_carry_the_campaign_does_not_change_it(scene: Scene) -> None:
    await scene.an_application("a1", minute=1, telemarketCampaignId="c1", **pairs(crm="1"))
    await scene.an_application("a1", minute=2, telemarketCampaignId=ABSENT, status="NEW")
    await scene.a_call(**pairs(crm="1"))

    assert await scene.match() == ("a1", "CLIENT_SYNC_ID", 1)
    assert await scene.match(as_of=_START + timedelta(minutes=2)) == ("a1", "CLIENT_SYNC_ID", 1)


async def test_a_call_is_linked_in_its_folded_campaign(scene: Scene) -> None:
    await scene.an_application("a1", **pairs(crm="1"))
    await scene.a_call(minute=2, campaignId="c2", **pairs(crm="1"))
    await scene.a_call(minute=1, campaignId="c1")

    assert await scene.match() is None
    assert await scene.calls("a1") == {"a1": []}


async def test_a_call_of_no_campaign_is_linked_to_nothing(scene: Scene) -> None:
    await scene.an_application("a1", telemarketCampaignId=None, **pairs(crm="1"))
    await scene.a_call(campaignId=None, **pairs(crm="1"))

    assert await scene.match() is None
    assert await scene.calls("a1") == {"a1": []}


async def test_applications_of_other_companies_are_no_candidates(
    scene: Scene, log: EventLog
) -> None:
    await Scene(log, f"{scene.company}-2").an_application("a1", **pairs(crm="1"))
    await scene.a_call(**pairs(crm="1"))

    assert await scene.match() is None


async def test_a_link_may_change_when_later_events_come(scene: Scene) -> None:
    await scene.an_application("a1", nextPhoneNumber="050")
    await scene.a_call(phoneNumber="050", **pairs(crm="1"))
    before = (await scene.log.head()).position
    await scene.an_application("a2", **pairs(crm="1"))

    assert await scene.match() == ("a2", "CLIENT_SYNC_ID", 1)
    assert await scene.match(at_position=before) == ("a1", "PHONE_NUMBER", 1)
    assert await scene.calls("a1", "a2") == {"a1": [], "a2": ["s1"]}


async def test_a_link_as_of_a_moment_knows_what_had_happened_by_then(scene: Scene) -> None:
    await scene.an_application("a2", minute=2, **pairs(crm="1"))
    await scene.an_application("a1", minute=1, nextPhoneNumber="050")
    await scene.a_call(phoneNumber="050", **pairs(crm="1"))

    assert await scene.match(as_of=_START) is None
    assert await scene.match(as_of=_START + timedelta(minutes=1)) == ("a1", "PHONE_NUMBER", 1)
    assert await scene.match(as_of=_START + timedelta(minutes=2)) == ("a2", "CLIENT_SYNC_ID", 1)


async def test_a_call_that_shares_keys_with_several_belongs_to_its_best_match_only(
    scene: Scene,
) -> None:
    await scene.an_application("a1", **pairs(crm="1"))
    await scene.an_application("a2", **pairs(crm="1"))
    await scene.a_call(**pairs(crm="1"))

    assert await scene.calls("a2") == {"a2": []}
    assert await scene.calls("a1", "a2") == {"a1": ["s1"], "a2": []}


async def test_an_application_that_only_a_callback_names_has_no_calls(scene: Scene) -> None:
    await scene.a_callback(applicationId="a1", phoneNumber="050")
    await scene.a_call(phoneNumber="050")

    assert await scene.calls("a1") == {"a1": []}


async def test_a_callback_belongs_to_its_folded_application(scene: Scene) -> None:
    await scene.a_callback("b1", minute=2, applicationId="a2")
    await scene.a_callback("b1", minute=1, applicationId="a1")
    await scene.a_callback("b2", minute=1, applicationId="a1")
    await scene.a_callback("b2", minute=2, applicationId=None)
    await scene.a_callback("b3", applicationId=7.0)

    assert await scene.callbacks("a1", "a2", "7") == {"a1": [], "a2": ["b1"], "7": ["b3"]}


async def test_a_key_shared_by_many_is_counted_exactly_in_as_many_reads(scene: Scene) -> None:
    elements = [
        an_application(id=place, telemarketCampaignId="c1", **pairs(country="UA"))
        for place in range(3_000)
    ]
    await scene.append(a_tac_event(*elements, companyId=scene.company))
    await scene.append(
        *(
            a_call_event(
                statisticId=place, campaignId="c1", companyId=scene.company, **pairs(country="UA")
            )
            for place in range(300)
        )
    )
    view = await scene.view()
    calls = await view.states("call", [id_key(str(place)) for place in range(300)])
    before = scene.log.database.reads

    found = await matches(view, list(calls.values()))

    assert set(found.values()) == {Match(id_key("0"), "CLIENT_SYNC_ID", 3_000)}
    assert scene.log.database.reads - before <= 4


async def test_the_links_of_many_calls_cost_as_many_reads_as_of_one(scene: Scene) -> None:
    await scene.append(a_campaign_event(companyId=scene.company))
    for place in range(30):
        await scene.an_application(place, nextPhoneNumber=f"1{place}", **pairs(crm=str(place)))
        await scene.a_call(place, phoneNumber=f"1{place}", **pairs(crm=str(place % 2 * place)))
    reads = set()
    for count in (2, 30):
        view = await scene.view()
        calls = await view.states("call", [id_key(str(place)) for place in range(count)])
        before = scene.log.database.reads
        await matches(view, list(calls.values()))
        reads.add(scene.log.database.reads - before)

    assert len(reads) == 1
    assert max(reads) <= 4


async def test_a_view_links_each_call_once(scene: Scene) -> None:
    await scene.an_application("a1", **pairs(crm="1"))
    await scene.a_call(**pairs(crm="1"))
    view = await scene.view()
    calls = list((await view.states("call", [id_key("s1")])).values())
    first = await matches(view, calls)
    before = scene.log.database.reads

    again = await matches(view, calls)

    assert again == first
    assert scene.log.database.reads == before
