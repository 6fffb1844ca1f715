"""Statistics: the dialer's record of one call, created by one event and updated by others."""

from typing import Final

from api.simulation.application import Application
from api.simulation.centre import Centre
from api.simulation.roster import Operator

_EVENT_NAME = "TelemarketStatisticsUpdatedEvent"
_LINES = 12
_NOTHING_YET: Final[dict[str, object]] = {
    "operatorCallDuration": 0,
    "generalCallDuration": 0,
    "status": None,
    "clientCallStatus": None,
    "operatorCallStatus": None,
    "closeFormStatus": None,
    "recallDescription": None,
    "recallType": None,
    "redirectionId": None,
    "hungupSide": None,
    "errorMessage": None,
}


class Statistic:
    """One call's record; creating it sends the event, with every parameter of the source."""

    def __init__(
        self,
        centre: Centre,
        application: Application,
        operator: Operator | None,
        **values: object,
    ) -> None:
        self._centre = centre
        self._about = {
            "statisticId": next(centre.ids),
            "updatedDate": centre.clock.text(centre.now),
            "campaignId": application.campaign_id,
        }
        record = self._about | {
            "operatorId": operator.id if operator else None,
            "phoneNumber": application.phone,
            "callType": "Callback" if application.callback else "Normal",
            "externalId": f"line-{centre.dice.between(1, _LINES)}",
            "calledCount": application.called_count,
            "clientSyncIdsToValues": application.client.sync_ids,
        }
        centre.tell(_EVENT_NAME, record | _NOTHING_YET | values)

    def update(self, values: dict[str, object]) -> None:
        """Send what has changed, and nothing else."""
        self._centre.tell(_EVENT_NAME, self._about | values)
