"""Two logs that differ in what a company must not learn, and in nothing else.

In both, `mine` has the same events at the same positions. Between them and behind them stand the
events of another company: of `theirs` in one world, of `others`, with other words, and some more of
them, in the other. Whatever a caller of `mine` is told differently has leaked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)

from store.log import EventLog

MINE, SECRET = "mine", "SECRET"
PHONE, CRM = "+380501112233", {"crm": "77"}


@dataclass(frozen=True)
class World:
    """One of the two.

    Attributes:
        company: Whose the foreign events are.
        word: Is in every text of them.
        behind: How many foreign events stand behind the last one of `mine`.
    """

    company: str
    word: str
    behind: int

    async def fill(self, log: EventLog) -> None:
        """Append the events of both companies, one of each in turn, some of them again."""
        foreign = _day(self.company, self.word)
        for own, other in zip(_day(MINE, "own"), foreign, strict=True):
            await log.append([other])
            await log.append([own])
        await log.append([*foreign[: self.behind], b'{"companyId": "%b"}' % self.company.encode()])
        await log.append([b"{%b" % self.word.encode()])
        await log.append([_day(MINE, "own")[0], b'{"companyId": "mine"}'])
        await self.go_on(log, range(self.behind))

    async def go_on(self, log: EventLog, numbers: Sequence[int]) -> None:
        """Append more foreign events."""
        for number in numbers:
            event = a_campaign_event(
                companyId=self.company, campaignId="c1", status=self.word, number=number
            )
            await log.append([event])


A = World("theirs", SECRET, behind=3)
B = World("others", "other", behind=5)


def _day(company: str, word: str) -> list[bytes]:
    """Return the events of a company: the same ids, phones and pairs in each."""
    dates = {"eventCreationDate": "2026-01-05T09:00:00Z", "companyId": company}
    called = {"campaignId": "c1", "phoneNumber": PHONE, "clientSyncIdsToValues": CRM}
    card = an_application(
        telemarketCampaignId="c1",
        status=word,
        nextPhoneNumber=PHONE,
        clientSyncIdsToValues=CRM,
        surprise=word,
    )
    leg = {**called, "redirectionId": 9, "updatedDate": "2026-01-05T09:30:00Z", "status": word}
    return [
        a_campaign_event(status="NEW", description=word, **dates),
        a_campaign_event(campaignId=f"{word}-c2", status="PAUSED", **dates),
        a_tac_event(card, an_application(id=f"{word}-a2", telemarketCampaignId="c1"), **dates),
        a_call_event(operatorId=word, recallDescription=1, **leg, **dates),
        a_call_event(statisticId=f"{word}-s2", recallDescription="COMPLETED", **leg, **dates),
        a_callback_event(applicationId="a1", recallAt="2026-01-05T10:00:00Z", name=word, **dates),
        a_callback_event(id=f"{word}-b2", applicationId="a1", operatorId=word, **dates),
        a_campaign_event(status="IN_PROCESS", **dates),
    ]
