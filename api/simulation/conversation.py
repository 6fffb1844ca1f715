"""Conversations: an operator talks to a client and fills in the form."""

from api.simulation.application import CALLBACK, SUCCESSFUL
from api.simulation.attempt import Attempt
from api.simulation.callback import personal_callback
from api.simulation.odds import ANSWERED, CALLED_BACK, FIRST_TALK, HUNG_UP_BY, Result
from api.simulation.roster import Operator
from api.simulation.timeline import SECOND, Process

_WRAP_UP_MS = (3 * SECOND, 60 * SECOND)
_HANG_UP_IS_TOLD = 0.8
_FORM_IS_SAVED = 0.95


def conversation(attempt: Attempt, operator: Operator, redirection_id: str | None) -> Process:
    """Connect, talk, hang up, close the form: one event creates the statistic, others update it."""
    dice = attempt.centre.dice
    record = attempt.record(
        operator,
        clientCallStatus=ANSWERED,
        operatorCallStatus=ANSWERED,
        redirectionId=redirection_id,
    )
    result = dice.weighted(CALLED_BACK if attempt.application.callback else FIRST_TALK)
    talk_ms = dice.mostly_low(*result.talk_ms)
    yield talk_ms
    news = _hung_up(attempt, talk_ms)
    if dice.chance(_HANG_UP_IS_TOLD):
        record.update(news)
        news = {}
    yield dice.mostly_low(*_WRAP_UP_MS)
    record.update(news | _form(attempt, result) | _recall(attempt, operator, result))
    attempt.centre.roster.release(operator)
    attempt.end()


def _hung_up(attempt: Attempt, talk_ms: int) -> dict[str, object]:
    return {
        "operatorCallDuration": talk_ms // SECOND,
        "generalCallDuration": attempt.general_seconds,
        "hungupSide": attempt.centre.dice.weighted(HUNG_UP_BY),
    }


def _form(attempt: Attempt, result: Result) -> dict[str, object]:
    saved = attempt.centre.dice.chance(_FORM_IS_SAVED)
    attempt.application.form_status = result.form_status if saved else None
    return {
        "status": "successful" if result.status == SUCCESSFUL else "not successful",
        "closeFormStatus": "SAVED" if saved else "TIMEOUT",
    }


def _recall(attempt: Attempt, operator: Operator, result: Result) -> dict[str, object]:
    """Make the callback that was asked for, or complete the one that this call was."""
    application, done = attempt.application, attempt.application.callback
    if result.status == CALLBACK:
        recall_at = attempt.campaign.recall_at()
        callback = personal_callback(
            attempt.centre, application.client, recall_at=recall_at, operator_id=operator.id
        )
        attempt.promise(callback)
        return {"recallDescription": callback.recall_status}
    application.close(result.status)
    application.callback = None
    if done is None:
        return {}
    return {"recallDescription": "COMPLETED", "recallType": done.recall_type}
