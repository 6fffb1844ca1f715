"""Calls: the client's phone rings, and an operator is found or is not."""

from api.simulation.application import Application
from api.simulation.attempt import Attempt
from api.simulation.callback import automatic_callback
from api.simulation.campaign import Campaign
from api.simulation.centre import Centre
from api.simulation.conversation import conversation
from api.simulation.dice import Dice
from api.simulation.odds import (
    ANSWERED,
    BUSY,
    ERROR,
    OPERATOR_DOES_NOT_PICK_UP,
    OPERATOR_FAILS,
    PATIENCE_MS,
    RINGING_MS,
    answers,
)
from api.simulation.roster import Operator
from api.simulation.timeline import MINUTE, SECOND, Process

_SPREAD_MS = 5 * SECOND
_OPERATOR_RINGS_MS = (10 * SECOND, 15 * SECOND)
_NO_LINE = "SIP 503: no line is free"
_NOBODY_FREE = "NO_FREE_OPERATOR"
_REDIRECTION_IDS = 10**12


def call(centre: Centre, campaign: Campaign, application: Application) -> Process:
    """Dial, let it ring, and go on as the client answers or does not."""
    attempt = Attempt(centre, campaign, application)
    centre.ringing += 1
    yield centre.dice.between(0, _SPREAD_MS)
    attempt.begin()
    expected = application.callback is not None
    answer = centre.dice.weighted(answers(centre.clock.hour(centre.now), expected=expected))
    yield centre.dice.between(*RINGING_MS[answer])
    centre.ringing -= 1
    if answer == ANSWERED:
        yield from _answered(attempt)
    else:
        _not_answered(attempt, answer)


def _not_answered(attempt: Attempt, answer: str) -> None:
    error = _NO_LINE if answer == ERROR else None
    attempt.record(None, status="not successful", clientCallStatus=answer, errorMessage=error)
    attempt.fail(wait_share=0.3 if answer in (BUSY, ERROR) else 1.0, error=error)


def _answered(attempt: Attempt) -> Process:
    dice, roster = attempt.centre.dice, attempt.centre.roster
    attempt.picked_up_at = attempt.centre.now
    operator = roster.take()
    if operator is None:
        yield dice.between(*PATIENCE_MS)
        operator = roster.take()
    if operator is None:
        _lost(attempt, None, operatorCallStatus=_NOBODY_FREE)
    elif dice.chance(OPERATOR_FAILS):
        _lost(attempt, operator, operatorCallStatus="FAILED")
        roster.release(operator)
    elif dice.chance(OPERATOR_DOES_NOT_PICK_UP):
        yield from _redirected(attempt, operator)
    else:
        yield from conversation(attempt, operator, None)


def _redirected(attempt: Attempt, absent: Operator) -> Process:
    """Let the first operator's phone ring in vain, then pass the client on to a second one."""
    centre = attempt.centre
    yield centre.dice.between(*_OPERATOR_RINGS_MS)
    redirection_id = _redirection_id(centre.dice)
    attempt.record(
        absent,
        status="not successful",
        clientCallStatus=ANSWERED,
        operatorCallStatus="NO_ANSWER",
        generalCallDuration=attempt.general_seconds,
        redirectionId=redirection_id,
    )
    operator = centre.roster.take()
    centre.roster.release(absent)
    yield 1 * SECOND
    if operator is None:
        _lost(attempt, None, operatorCallStatus=_NOBODY_FREE, redirectionId=redirection_id)
    else:
        yield from conversation(attempt, operator, redirection_id)


def _lost(attempt: Attempt, operator: Operator | None, **values: object) -> None:
    """End a call that the client answered and no operator did: an automatic callback is made."""
    again = attempt.application.callback is not None
    attempt.record(
        operator,
        status="not successful",
        clientCallStatus=ANSWERED,
        generalCallDuration=attempt.general_seconds,
        hungupSide="CLIENT",
        recallDescription=None if again else "AUTO_CREATED",
        **values,
    )
    if again:
        attempt.fail()
        return
    _promise(attempt, operator_failed=operator is not None)
    attempt.end()


def _promise(attempt: Attempt, *, operator_failed: bool) -> None:
    centre = attempt.centre
    recall_at = centre.now + centre.dice.between(5 * MINUTE, 15 * MINUTE)
    callback = automatic_callback(
        centre, attempt.application.client, recall_at=recall_at, operator_failed=operator_failed
    )
    attempt.promise(callback)


def _redirection_id(dice: Dice) -> str:
    return str(dice.between(_REDIRECTION_IDS, 10 * _REDIRECTION_IDS - 1))
