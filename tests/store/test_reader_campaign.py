"""What a campaign event says (D11)."""

import pytest
from factories import ABSENT, a_campaign_event

from store.body import parse_body
from store.facts import Fact
from store.reader import read_event


def read(**fields: object) -> list[Fact]:
    return read_event(parse_body(a_campaign_event(**fields)).value)


def test_d11_a_campaign_event_gives_the_status_and_its_spelling() -> None:
    assert read(campaignId="c7", status="inProcess") == [
        Fact("campaign", "c7", {"status": "IN_PROCESS", "statusRaw": "inProcess"}),
    ]


@pytest.mark.parametrize(
    ("status", "raw"),
    [("ARCHIVED", "ARCHIVED"), (3, "3"), (True, "true"), (["NEW"], '["NEW"]'), ("", "")],
)
def test_d11_an_unknown_status_is_null_with_its_text(status: object, raw: str) -> None:
    (campaign,) = read(status=status)

    assert campaign.data == {"status": None, "statusRaw": raw}


def test_d10_a_null_status_is_a_value() -> None:
    (campaign,) = read(status=None)

    assert campaign.data == {"status": None, "statusRaw": None}


def test_d10_an_absent_status_is_no_field() -> None:
    assert read(status=ABSENT) == [Fact("campaign", "c1", {})]


def test_d1_a_numeric_campaign_id_is_text() -> None:
    (campaign,) = read(campaignId=7.0)

    assert campaign.id == "7"


def test_d17_a_campaign_has_no_keys() -> None:
    (campaign,) = read(clientSyncIdsToValues={"externalId": "x"}, phoneNumber="123")

    assert (campaign.keys, campaign.data) == ((), {})
