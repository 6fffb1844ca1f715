"""Calls: one attempt to reach a client, and the conversation if it succeeds."""

from api.simulation.application import CALLBACK, NOT_REACHED, REDIAL, Application, tell_changed
from api.simulation.callback import automatic_callback, personal_callback, tell_callback
from api.simulation.campaign import Campaign
from api.simulation.centre import Centre
from api.simulation.odds import (
    ANSWERED,
    BUSY,
    CALLED_BACK,
    ERROR,
    FIRST_TALK,
    OPERATOR_DOES_NOT_PICK_UP,
    OPERATOR_FAILS,
    PATIENCE_MS,
    RINGING_MS,
    Result,
    answers,
)
from api.simulation.roster import Operator
from api.simulation.sms import message
from api.simulation.statistic import Statistic
from api.simulation.timeline import MINUTE, SECOND, Process

_NO_LINE = "SIP 503: no line is free"
_REDIRECTION_IDS = 10**12


class Call:
    """One attempt; `story` is what happens in it, event by event."""

    def __init__(self, centre: Centre, campaign: Campaign, application: Application) -> None:
        self._centre = centre
        self._campaign = campaign
        self._application = application
        self._picked_up_at = 0

    def story(self) -> Process:
        """Dial, let it ring, and go on as the client answers or does not."""
        centre, application = self._centre, self._application
        centre.ringing += 1
        yield centre.dice.between(0, 5 * SECOND)
        application.dialled(centre.now)
        tell_changed(centre, application)
        expected = application.callback is not None
        answer = centre.dice.weighted(answers(centre.clock.hour(centre.now), expected=expected))
        yield centre.dice.between(*RINGING_MS[answer])
        centre.ringing -= 1
        if answer == ANSWERED:
            yield from self._answered()
        else:
            self._not_answered(answer)

    def _not_answered(self, answer: str) -> None:
        error = _NO_LINE if answer == ERROR else None
        self._record(None, status="not successful", clientCallStatus=answer, errorMessage=error)
        self._try_again(wait_share=0.3 if answer in (BUSY, ERROR) else 1.0, error=error)

    def _answered(self) -> Process:
        self._picked_up_at = self._centre.now
        operator = self._centre.roster.take()
        if operator is None:
            yield self._centre.dice.between(*PATIENCE_MS)
            operator = self._centre.roster.take()
        if operator is None:
            self._lost(None, operatorCallStatus="NO_FREE_OPERATOR")
        elif self._centre.dice.chance(OPERATOR_FAILS):
            self._lost(operator, operatorCallStatus="FAILED")
            self._centre.roster.release(operator)
        elif self._centre.dice.chance(OPERATOR_DOES_NOT_PICK_UP):
            yield from self._redirected(operator)
        else:
            yield from self._conversation(operator, redirection_id=None)

    def _redirected(self, absent: Operator) -> Process:
        yield self._centre.dice.between(10 * SECOND, 15 * SECOND)
        redirection_id = str(self._centre.dice.between(_REDIRECTION_IDS, 10 * _REDIRECTION_IDS - 1))
        self._record(
            absent,
            status="not successful",
            clientCallStatus=ANSWERED,
            operatorCallStatus="NO_ANSWER",
            generalCallDuration=self._general_seconds(),
            redirectionId=redirection_id,
        )
        operator = self._centre.roster.take()
        self._centre.roster.release(absent)
        yield 1 * SECOND
        if operator is None:
            self._lost(None, operatorCallStatus="NO_FREE_OPERATOR", redirectionId=redirection_id)
        else:
            yield from self._conversation(operator, redirection_id=redirection_id)

    def _conversation(self, operator: Operator, *, redirection_id: str | None) -> Process:
        centre, dice = self._centre, self._centre.dice
        record = self._record(
            operator,
            clientCallStatus=ANSWERED,
            operatorCallStatus=ANSWERED,
            redirectionId=redirection_id,
        )
        result = dice.weighted(CALLED_BACK if self._application.callback else FIRST_TALK)
        talk_ms = dice.mostly_low(*result.talk_ms)
        yield talk_ms
        said: dict[str, object] = {
            "operatorCallDuration": talk_ms // SECOND,
            "generalCallDuration": self._general_seconds(),
            "hungupSide": dice.weighted((("CLIENT", 0.6), ("OPERATOR", 0.4))),
        }
        if dice.chance(0.8):
            record.update(said)
            said = {}
        yield dice.mostly_low(3 * SECOND, 60 * SECOND)
        record.update(said | self._close_form(operator, result))
        centre.roster.release(operator)
        tell_changed(centre, self._application)
        self._campaign.put_back(self._application)

    def _close_form(self, operator: Operator, result: Result) -> dict[str, object]:
        saved = self._centre.dice.chance(0.95)
        self._application.form_status = result.form_status if saved else None
        return {
            "status": "successful" if result.status == "SUCCESSFUL" else "not successful",
            "closeFormStatus": "SAVED" if saved else "TIMEOUT",
            **self._recall(operator, result),
        }

    def _recall(self, operator: Operator, result: Result) -> dict[str, object]:
        application, done = self._application, self._application.callback
        if result.status == CALLBACK:
            recall_at = self._campaign.recall_at()
            callback = personal_callback(
                self._centre, application.client, recall_at=recall_at, operator_id=operator.id
            )
            application.promise(callback)
            self._tell_callback()
            return {"recallDescription": callback.recall_status}
        application.close(result.status)
        application.callback = None
        if done is None:
            return {}
        return {"recallDescription": "COMPLETED", "recallType": done.recall_type}

    def _lost(self, operator: Operator | None, **values: object) -> None:
        """End a call that the client answered and no operator did."""
        again = self._application.callback is not None
        self._record(
            operator,
            status="not successful",
            clientCallStatus=ANSWERED,
            generalCallDuration=self._general_seconds(),
            hungupSide="CLIENT",
            recallDescription=None if again else "AUTO_CREATED",
            **values,
        )
        if again:
            self._try_again(wait_share=1.0, error=None)
            return
        recall_at = self._centre.now + self._centre.dice.between(5 * MINUTE, 15 * MINUTE)
        callback = automatic_callback(
            self._centre,
            self._application.client,
            recall_at=recall_at,
            operator_failed=operator is not None,
        )
        self._application.promise(callback)
        self._tell_callback()
        tell_changed(self._centre, self._application)
        self._campaign.put_back(self._application)

    def _try_again(self, *, wait_share: float, error: str | None) -> None:
        application = self._application
        if application.called_count >= application.max_call_count:
            application.close(NOT_REACHED)
            if self._centre.dice.chance(0.5):
                topic = self._campaign.plan.topic
                self._centre.timeline.start(message(self._centre, application, topic))
        elif application.callback:
            wait = self._centre.dice.between(8 * MINUTE, 15 * MINUTE)
            application.wait(CALLBACK, self._centre.now + wait)
        else:
            application.wait(REDIAL, self._campaign.redial_at(application, share=wait_share))
        more = {"errorMessage": error} if error else {}
        tell_changed(self._centre, application, **more)
        self._campaign.put_back(application)

    def _record(self, operator: Operator | None, **values: object) -> Statistic:
        return Statistic(self._centre, self._application, operator, **values)

    def _tell_callback(self) -> None:
        application = self._application
        if application.callback:
            tell_callback(
                self._centre,
                application.callback,
                application.client,
                application_id=application.id,
                phone=application.phone,
            )

    def _general_seconds(self) -> int:
        return (self._centre.now - self._picked_up_at) // SECOND
