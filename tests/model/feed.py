"""A seeded feed of hostile deliveries: collisions, disorder, odd spellings, garbage."""

import json
from collections.abc import Callable
from random import Random

from model.body import CALL_EVENT, CALLBACK_EVENT, STATUS_EVENT, TAC_EVENT
from model.dates import rfc3339
from model.json_text import MAX_DEPTH, deep, parse
from model.spelling import COMPANIES, IDS, Speller, respelled

Members = list[tuple[str, str]]


class Feed:
    """Deliveries, each the bytes of one body."""

    def __init__(self, seed: int, *, is_garbled: bool = True) -> None:
        """Make a feed; without garbling every body is new, and has a date of its own."""
        self.random = Random(seed)
        self.spell = Speller(self.random)
        self._is_garbled = is_garbled
        self._count = 0
        self._sent: list[bytes] = []

    def take(self, count: int) -> list[bytes]:
        """Return the next deliveries."""
        return [self.delivery() for _ in range(count)]

    def delivery(self) -> bytes:
        """Return the next delivery: new, garbage, or one seen before in some spelling."""
        self._count += 1
        dice = self.random.random() if self._is_garbled else 1
        if dice < 0.08:
            return self._garbage()
        if dice < 0.22 and self._sent:
            return self._redelivery()
        self._sent.append(self._event())
        return self._sent[-1]

    def _event(self) -> bytes:
        dice = self.random.random()
        kinds: tuple[tuple[float, Callable[[], tuple[str, Members]]], ...] = (
            (0.14, self._status),
            (0.42, self._tac),
            (0.74, self._call),
            (0.97, self._callback),
            (1.0, self._unknown),
        )
        name, members = next(kind for limit, kind in kinds if dice <= limit)()
        return self._text([*self._envelope(name), *members]).encode()

    def _envelope(self, name: str) -> Members:
        members = [("eventName", json.dumps(name)), ("companyId", self.spell.id(COMPANIES))]
        if not self._is_garbled:
            at = self.spell.soon() // 1000 * 1000 + self._count
            return [*members, ("eventCreationDate", json.dumps(rfc3339(at)))]
        return members + self._some(eventCreationDate=self.spell.date)

    def _status(self) -> tuple[str, Members]:
        given = self._some(status=self.spell.campaign_status, unknownField=self.spell.text)
        return STATUS_EVENT, [("campaignId", self._campaign_id()), *given]

    def _tac(self) -> tuple[str, Members]:
        shape = self.random.random()
        if shape < 0.12:
            null = [("tac", "null")] if self.random.random() < 0.5 else []
            return TAC_EVENT, [*self._application(), *null]
        if shape < 0.24:
            return TAC_EVENT, [("tac", self._text(self._application()))]
        several = [
            self._text(self._application()) for _ in range(self.random.choice((0, 1, 2, 3, 5)))
        ]
        beside = self._some(telemarketCampaignId=self._campaign_id, status=self.spell.text)
        return TAC_EVENT, [("tac", f"[{', '.join(several)}]"), *beside]

    def _application(self) -> Members:
        spell = self.spell
        return [
            ("id", spell.id()),
            *self._some(
                telemarketCampaignId=self._maybe_campaign_id,
                status=spell.application_status,
                nextPhoneNumber=spell.phone,
                clientSyncIdsToValues=self.pairs,
                nextCall=spell.date,
            ),
            *self._few(
                maxCallCount=spell.integer,
                calledCount=spell.integer,
                lastCall=spell.date,
                smsStatus=spell.text,
                smsMessage=spell.text,
                errorMessage=spell.text,
                ccprojectCallStatus=spell.text,
                hasRecall=spell.boolean,
                processable=spell.boolean,
                telemarketClientParentId=spell.maybe_id,
                orderIndex=spell.text,
                callPriorityIndex=spell.integer,
                ccprojectStatusCalledCount=spell.text,
                agiProcessing=spell.boolean,
            ),
        ]

    def _call(self) -> tuple[str, Members]:
        spell = self.spell
        return CALL_EVENT, [
            ("statisticId", spell.id()),
            *self._some(
                campaignId=self._maybe_campaign_id,
                updatedDate=spell.date,
                phoneNumber=spell.phone,
                clientSyncIdsToValues=self.pairs,
                recallDescription=spell.recall,
                status=spell.result,
            ),
            *self._few(
                operatorId=spell.maybe_id,
                operatorCallDuration=spell.duration,
                generalCallDuration=spell.duration,
                clientCallStatus=spell.text,
                operatorCallStatus=spell.text,
                closeFormStatus=spell.text,
                callType=spell.call_type,
                recallType=spell.recall_type,
                redirectionId=spell.maybe_id,
                hungupSide=spell.text,
                externalId=spell.text,
                errorMessage=spell.text,
                calledCount=spell.integer,
            ),
        ]

    def _callback(self) -> tuple[str, Members]:
        spell = self.spell
        return CALLBACK_EVENT, [
            ("id", spell.id()),
            *self._some(
                applicationId=spell.maybe_id,
                createdAt=spell.date,
                recallAt=spell.date,
                phoneNumber=spell.phone,
            ),
            *self._few(
                autorecall=spell.boolean,
                description=spell.text,
                name=spell.text,
                recallStatus=spell.recall,
                operatorId=spell.maybe_id,
                clientSyncIdsToValues=self.pairs,
            ),
        ]

    def _unknown(self) -> tuple[str, Members]:
        """Return an event of no known name: what it carries says nothing."""
        name = self.random.choice(("SomethingElse", TAC_EVENT.lower(), f"{CALL_EVENT} ", "\u0000é"))
        depth = self.random.choice((1, 60, MAX_DEPTH - 1))
        return name, [
            ("id", self.spell.id()),
            ("statisticId", self.spell.id()),
            ("campaignId", self._campaign_id()),
            ("deep", "[" * depth + "]" * depth),
            ("\u0000$n.", "-1.5e-999999"),
        ]

    def _campaign_id(self) -> str:
        return self.spell.id(IDS[:3])

    def _maybe_campaign_id(self) -> str:
        return self.spell.maybe_id(IDS[:3])

    def pairs(self) -> str:
        """Return client sync pairs in one of their shapes (D16)."""
        spell = self.spell
        field, value = json.dumps(spell.one_of(("externalId", "crm"))), spell.id(IDS[:4])
        named = spell.one_of(("id", "name", "field"))
        shapes = (
            f"{{{field}: {value}}}",
            f"[{{{field}: {value}}}, {{}}]",
            f'[{{"{named}": {field}, "value": {value}}}]',
            f'[{{"value": [{value}, {spell.id(IDS[:4])}, null, ""], "{named}": {field}}}, 5]',
            f'{{{field}: [{value}, {value}], "crm": null, "other": {{"a": 1}}}}',
            f'{{{field}: "", "crm": {value}}}',
            f'{{"{named}": {field}, "value": {value}}}',
            f'{{"{named}": {field}, "value": {value}, "more": true}}',
            f'[{{"id": {value}, "name": "x", "value": 1.50}}, {{"value": {value}}}]',
        )
        return spell.mostly(shapes, ("null", "[]", "{}", '"x"', "5"))

    def _some(self, **spelled: Callable[[], str]) -> Members:
        return [(key, spell()) for key, spell in spelled.items() if self.random.random() < 0.7]

    def _few(self, **spelled: Callable[[], str]) -> Members:
        return [(key, spell()) for key, spell in spelled.items() if self.random.random() < 0.25]

    def _text(self, members: Members) -> str:
        """Return an object; sometimes a field is repeated: the last one is read."""
        if members and self.random.random() < 0.05:
            key, _ = self.random.choice(members)
            members = [(key, self.spell.text()), *members]
        pairs = [f"{json.dumps(key)}: {value}" for key, value in members]
        return "{" + ", ".join(pairs) + "}"

    def _redelivery(self) -> bytes:
        raw = self.random.choice(self._sent)
        if self.random.random() < 0.5:
            return raw
        with deep():
            return respelled(parse(raw), self.random).encode()

    def _garbage(self) -> bytes:
        company = self.spell.id(COMPANIES)
        known = f'"eventName": "{CALL_EVENT}", "companyId": {company}'
        tac = f'"eventName": "{TAC_EVENT}", "companyId": {company}, "id": 7'
        return self.random.choice(
            (
                b'{"eventName": ',
                b"nonsense",
                b'{"eventName": "\xff"}',
                b'"text"',
                b"7",
                f'{{"companyId": {company}}}'.encode(),
                f'{{"companyId": {company}, "eventName": 5}}'.encode(),
                f'{{"companyId": {company}, "eventName": " "}}'.encode(),
                f'{{"companyId": {company}, "eventName": null}}'.encode(),
                f'{{"eventName": "{CALL_EVENT}"}}'.encode(),
                f'{{"eventName": "X", "companyId": {self.spell.one_of(_NO_COMPANIES)}}}'.encode(),
                f"{{{known}}}".encode(),
                f'{{{known}, "statisticId": 1.5}}'.encode(),
                f'{{{tac}, "tac": [{{"id": 7}}, 7]}}'.encode(),
                f'{{{tac}, "tac": [{{"id": 7}}, {{"status": "x"}}]}}'.encode(),
                f'{{{tac}, "tac": "x"}}'.encode(),
                f'{{{known}, "statisticId": NaN}}'.encode(),
                f'{{{known}, "statisticId": 7, "deep": {"[" * 500}{"]" * 500}}}'.encode(),
            )
        )


_NO_COMPANIES = ("null", "1.5", '" "', "true", "{}")
