import hashlib
import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from api.simulation import Delivery, campaign_day, demo_feed, play, play_on_time

DAY = date(2026, 3, 2)
CAMPAIGN = "TelemarketCampaignStatusChangedEvent"
APPLICATION = "TACStatusUpdatedEvent"
CALL = "TelemarketStatisticsUpdatedEvent"
CALLBACK = "TelemarketCallbackCreatedEvent"

# The parameters of the source's four events.
HEADER = "eventName companyId eventCreationDate "
PARAMETERS = {
    CAMPAIGN: HEADER + "campaignId status",
    APPLICATION: HEADER + "tac orderIndex maxCallCount calledCount callPriorityIndex "
    "telemarketClientParentId status lastCall nextCall nextPhoneNumber smsStatus smsMessage "
    "errorMessage ccprojectCallStatus telemarketCampaignId ccprojectStatusCalledCount "
    "agiProcessing hasRecall processable id clientSyncIdsToValues",
    CALL: HEADER + "statisticId updatedDate campaignId operatorId phoneNumber "
    "operatorCallDuration generalCallDuration status clientCallStatus operatorCallStatus "
    "closeFormStatus callType recallDescription recallType redirectionId hungupSide externalId "
    "errorMessage calledCount clientSyncIdsToValues",
    CALLBACK: HEADER + "id createdAt autorecall description name phoneNumber recallAt "
    "recallStatus operatorId applicationId clientSyncIdsToValues",
}

Event = dict[str, Any]


class Told:
    """A day's events by name, in order of creation."""

    def __init__(self, deliveries: Iterable[Delivery]) -> None:
        events = [json.loads(delivery.body) for delivery in deliveries]
        events.sort(key=lambda event: str(event["eventCreationDate"]))
        self.events: list[Event] = events
        self.campaigns = self._named(CAMPAIGN)
        self.calls = self._named(CALL)
        self.callbacks = self._named(CALLBACK)
        self.elements: list[Event] = [
            element for event in self._named(APPLICATION) for element in event["tac"]
        ]

    def _named(self, name: str) -> list[Event]:
        return [event for event in self.events if event["eventName"] == name]

    def calls_by_id(self) -> dict[int, list[Event]]:
        """The events of each call."""
        calls: dict[int, list[Event]] = {}
        for event in self.calls:
            calls.setdefault(event["statisticId"], []).append(event)
        return calls

    def folded_calls(self) -> list[Event]:
        """Each call's fields, the later event winning."""
        return [dict(itertools.chain(*map(dict.items, one))) for one in self.calls_by_id().values()]


@pytest.fixture(scope="module")
def told() -> Told:
    return Told(campaign_day(day=DAY, applications_per_campaign=200, redelivery_rate=0))


def digest(deliveries: Iterable[Delivery]) -> str:
    lines = (f"{one.at.isoformat()} ".encode() + one.body for one in deliveries)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def test_the_same_arguments_give_the_same_bytes() -> None:
    first, again = campaign_day(day=DAY, seed=7), campaign_day(day=DAY, seed=7)

    assert digest(first) == digest(again)


def test_a_day_has_the_same_bytes_on_every_machine_and_python() -> None:
    # Whoever changes the simulation on purpose changes this too.
    assert digest(campaign_day(day=DAY))[:16] == "d4ede619b4148765"


def test_days_and_seeds_share_no_ids() -> None:
    days = [
        Told(campaign_day(day=DAY + timedelta(days=later), seed=seed))
        for later in (0, 1)
        for seed in (1, 2)
    ]

    ids = [set(day.calls_by_id()) | {one["id"] for one in day.elements} for day in days]

    assert len(set().union(*ids)) == sum(map(len, ids))


def test_deliveries_come_in_order_of_sending() -> None:
    sent_at = [delivery.at for delivery in campaign_day(day=DAY)]

    assert sent_at == sorted(sent_at)


def test_no_event_is_sent_before_its_creation() -> None:
    assert all(lateness(delivery) > timedelta(0) for delivery in campaign_day(day=DAY))


def lateness(delivery: Delivery) -> timedelta:
    created_at = json.loads(delivery.body)["eventCreationDate"]
    return delivery.at - datetime.fromisoformat(created_at)


def test_a_late_event_arrives_minutes_after_its_creation() -> None:
    deliveries = campaign_day(day=DAY, late_rate=1, redelivery_rate=0)

    assert all(timedelta(minutes=2) <= lateness(one) for one in deliveries)


def test_the_share_of_late_and_repeated_deliveries_does_not_change_the_story() -> None:
    smooth = campaign_day(day=DAY, late_rate=0, redelivery_rate=0)
    rough = campaign_day(day=DAY, late_rate=0.2, redelivery_rate=0.2)

    assert {one.body for one in smooth} == {one.body for one in rough}


def test_a_redelivery_has_the_bytes_of_the_first_delivery() -> None:
    deliveries = campaign_day(day=DAY, redelivery_rate=1)

    assert set(Counter(one.body for one in deliveries).values()) == {2}


@pytest.mark.parametrize("event_name", PARAMETERS)
def test_every_parameter_of_the_source_is_told_and_no_other(told: Told, event_name: str) -> None:
    events = [event for event in told.events if event["eventName"] == event_name]

    seen = {key for event in events for one in (event, *event.get("tac", [])) for key in one}

    assert seen == set(PARAMETERS[event_name].split())


def test_a_campaign_goes_from_new_by_in_process_to_its_end(told: Told) -> None:
    courses: dict[int, list[str]] = {}
    for event in told.campaigns:
        courses.setdefault(event["campaignId"], []).append(event["status"])

    legal = re.compile(r"NEW IN_PROCESS( PAUSED IN_PROCESS)*( FINISHED| STOPPED)")
    assert all(legal.fullmatch(" ".join(course)) for course in courses.values())
    assert {course[-1] for course in courses.values()} == {"FINISHED", "STOPPED"}


def test_a_finished_campaign_has_no_application_left_to_process(told: Told) -> None:
    finished = {one["campaignId"] for one in told.campaigns if one["status"] == "FINISHED"}

    last = {one["id"]: one for one in told.elements if one["telemarketCampaignId"] in finished}

    assert {one["processable"] for one in last.values()} == {False}


def test_applications_are_imported_many_at_a_time() -> None:
    deliveries = campaign_day(day=DAY, applications_per_campaign=1000)

    sizes = [len(json.loads(one.body).get("tac", [])) for one in deliveries]

    assert max(sizes) == 100


def test_an_application_is_never_dialled_more_often_than_allowed(told: Told) -> None:
    assert all(one["calledCount"] <= one["maxCallCount"] for one in told.elements)


def test_the_first_event_of_a_call_carries_every_parameter(told: Told) -> None:
    firsts = [events[0] for events in told.calls_by_id().values()]

    assert {frozenset(one) for one in firsts} == {frozenset(PARAMETERS[CALL].split())}


def test_a_later_event_of_a_call_carries_only_what_changed(told: Told) -> None:
    later = [event for events in told.calls_by_id().values() for event in events[1:]]

    assert later
    assert not any("phoneNumber" in event for event in later)


def test_every_call_shares_a_sync_pair_or_else_a_number_with_an_application(told: Told) -> None:
    keys: dict[int, set[str]] = {}
    for one in told.elements:
        keys.setdefault(one["telemarketCampaignId"], set()).update(
            pairs(one), {one["nextPhoneNumber"]}
        )

    calls = told.folded_calls()

    assert all(keys[call["campaignId"]] & (pairs(call) or {call["phoneNumber"]}) for call in calls)


def pairs(thing: Event) -> set[str]:
    """The client sync pairs, as one object or an array of them."""
    values = thing["clientSyncIdsToValues"]
    objects = values if isinstance(values, list) else [values]
    return {f"{field}={value}" for one in objects for field, value in one.items()}


def test_some_clients_have_no_sync_ids_and_some_have_two(told: Told) -> None:
    assert {len(pairs(call)) for call in told.folded_calls()} == {0, 1, 2}


def test_a_completing_call_follows_a_callback_of_its_client(told: Told) -> None:
    made_at = {pair: one["createdAt"] for one in told.callbacks for pair in pairs(one)}

    completing = [one for one in told.folded_calls() if one.get("recallDescription") == "COMPLETED"]

    assert {one["recallType"] for one in completing} == {"AUTO", "PERSONAL"}
    assert all(made_at[pair] < one["updatedDate"] for one in completing for pair in pairs(one))


def test_a_call_that_made_a_callback_says_so(told: Told) -> None:
    says = Counter(one.get("recallDescription") for one in told.folded_calls())

    made = Counter(one["recallStatus"] for one in told.callbacks)

    assert {status: says[status] for status in made} == made
    assert set(made) == {"AUTO_CREATED", "PERSONAL_CREATED"}


def test_an_automatic_callback_names_no_operator(told: Told) -> None:
    assert all(one["autorecall"] == (one["operatorId"] is None) for one in told.callbacks)


def test_a_redirected_call_has_two_legs_with_different_operators(told: Told) -> None:
    redirected = [one for one in told.folded_calls() if one["redirectionId"]]

    legs = Counter(one["redirectionId"] for one in redirected)
    operators = {(one["redirectionId"], one["operatorId"]) for one in redirected}

    assert set(legs.values()) == {2}
    assert len(operators) == len(redirected)


def test_phone_numbers_are_fictional(told: Told) -> None:
    numbers = {one["nextPhoneNumber"] for one in told.elements} - {None}

    assert all(re.fullmatch(r"\+1[2-9]\d\d55501\d\d", number) for number in numbers)


def test_dates_are_spelled_with_the_offset_of_the_call_centre() -> None:
    zone = timezone(timedelta(hours=3))

    told = Told(campaign_day(day=DAY, zone=zone))

    assert {one["eventCreationDate"][-6:] for one in told.events} == {"+03:00"}
    assert told.events[0]["eventCreationDate"].startswith("2026-03-02T08:40:")


def test_the_smallest_day_has_one_campaign_with_one_application() -> None:
    told = Told(campaign_day(day=DAY, campaigns=1, applications_per_campaign=1, operators=1))

    assert len({one["id"] for one in told.elements}) == 1
    assert told.campaigns[-1]["status"] == "FINISHED"


NOW = datetime(2026, 3, 2, 22, 17, tzinfo=UTC)


def test_the_demo_has_a_morning_behind_it_and_goes_on_from_now() -> None:
    history, live = demo_feed(NOW)

    behind, ahead = list(history), list(itertools.islice(live, 100))

    assert behind[0].at < NOW - timedelta(hours=2)
    assert behind[-1].at <= NOW < ahead[0].at
    assert ahead[-1].at < NOW + timedelta(minutes=2)


def test_what_is_not_taken_of_the_demo_history_comes_first_in_what_follows() -> None:
    whole, _ = demo_feed(NOW)
    part, rest = demo_feed(NOW)

    bodies = [
        one.body for one in itertools.islice(itertools.chain(itertools.islice(part, 10), rest), 20)
    ]

    assert bodies == [one.body for one in itertools.islice(whole, 20)]


def test_the_demo_goes_on_in_another_zone_before_the_evening() -> None:
    _, live = demo_feed(NOW)

    until_evening = itertools.takewhile(lambda one: one.at < NOW + timedelta(hours=8), live)
    offsets = {json.loads(one.body)["eventCreationDate"][-6:] for one in until_evening}

    assert offsets == {"-11:00", "+03:00"}


def test_a_demo_started_again_in_the_same_hour_tells_the_same_day() -> None:
    first, _ = demo_feed(NOW)
    later, _ = demo_feed(NOW + timedelta(minutes=40))

    assert {one.body for one in first} < {one.body for one in later}


async def test_play_keeps_the_rate() -> None:
    started_at = time.monotonic()

    played = [one async for one in play(itertools.islice(campaign_day(day=DAY), 11), rate=100)]

    assert len(played) == 11
    assert 0.09 < time.monotonic() - started_at < 1


async def test_play_on_time_waits_for_the_moment_and_sends_the_overdue_at_once() -> None:
    overdue = Delivery(datetime.now(UTC) - timedelta(hours=1), b"{}")
    soon = Delivery(datetime.now(UTC) + timedelta(milliseconds=50), b"{}")

    sent_at = [(one, datetime.now(UTC)) async for one in play_on_time(iter([overdue, soon]))]

    assert sent_at[0][1] < soon.at <= sent_at[1][1]
