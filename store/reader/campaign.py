"""`TelemarketCampaignStatusChangedEvent`: what it says of its campaign (D11)."""

from store.facts import Fact
from store.names import CAMPAIGN_STATUSES
from store.reader.element import Element, enum

ID = "campaignId"
FIELDS = (*enum("status", CAMPAIGN_STATUSES),)


def read_campaign(event: Element) -> list[Fact]:
    """Read the campaign that the event is about.

    Raises:
        MissingIdError: There is no `campaignId` (D6).
    """
    return [Fact("campaign", event.require_id(ID), event.read(FIELDS))]
