"""Who lacks the scope `personal-data` is shown no person, through any door."""

from dataclasses import replace

import pytest
from factories import a_call_event, a_callback_event, a_tac_event, an_application
from graph import Graph
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
)

from api import masking
from api.encoding import encode
from api.schema import schema
from store.personal import parts_of

PHONE, NAME, ABOUT = "+380501234567", "Olena Petrenko", "asked for Olena after six"
SMS, WRONG, CLIENT, LINE = "Dear Olena", "no answer from Olena", "client-4711", "line-3"
SECRETS = (PHONE, "501234567", "Olena", CLIENT, "Petrenko")

PAIRS = {"externalId": CLIENT}
EVENTS = (
    a_tac_event(
        an_application(
            telemarketCampaignId="c1",
            status="NEW",
            nextPhoneNumber=PHONE,
            smsMessage=SMS,
            errorMessage=WRONG,
            smsStatus={"text": SMS},
            clientSyncIdsToValues=[PAIRS],
            clientName=NAME,
        )
    ),
    a_call_event(
        campaignId="c1",
        phoneNumber=PHONE,
        errorMessage=WRONG,
        externalId=LINE,
        clientSyncIdsToValues=PAIRS,
        hungupSide=NAME.split(),
        callType=f"to {NAME}",
    ),
    a_callback_event(
        applicationId="a1",
        phoneNumber=PHONE,
        name=NAME,
        description=ABOUT,
        clientSyncIdsToValues=[{"field": "externalId", "value": CLIENT}],
    ),
    a_call_event(eventName="SmsSent", to=PHONE, text=SMS),
    b'{"eventName": "TACStatusUpdatedEvent", "companyId": "acme", "tac": [{"smsMessage": "'
    + SMS.encode()
    + b'"}]}',
)
PERSON = "nextPhoneNumber smsStatus smsMessage errorMessage clientSyncIds { field value }"
CALL = "phoneNumber errorMessage externalId hungupSide clientSyncIds { field value }"
CALLBACK = "phoneNumber name description clientSyncIds { field value }"
HISTORY = """
    revisions(first: 2) { nodes { changes { field before after } event { body rawBody digest } } }
    provenance { field event { body rawBody digest } }
    events(first: 3) { nodes { body rawBody digest } }
"""
EVERYTHING = f"""{{
    campaigns(first: 5) {{ nodes {{
        applications(first: 5) {{ nodes {{ {PERSON} {HISTORY} }} }}
        calls(first: 5) {{ nodes {{ {CALL} application {{ {PERSON} }} {HISTORY} }} }}
        callbacks(first: 5) {{ nodes {{ {CALLBACK} {HISTORY} }} }}
        events(first: 5) {{ nodes {{ body rawBody }} }}
    }} }}
    application(applicationId: "a1") {{ {PERSON} calls(first: 2) {{ nodes {{ {CALL} }} }} }}
    call(statisticId: "s1") {{ {CALL} application {{ {PERSON} }} }}
    callback(callbackId: "b1") {{ {CALLBACK} application {{ {PERSON} }} }}
    callbacks(first: 5) {{ nodes {{ {CALLBACK} }} }}
    events(first: 5) {{ nodes {{ body rawBody digest }} }}
    quarantine {{ nodes {{ raw message }} }}
    log {{ deliveries {{ unknownValues {{ field value }} unknownFields {{ field value }} }} }}
}}"""


@pytest.fixture
async def told(graph: Graph) -> Graph:
    await graph.log.append(EVENTS)
    return graph


def masked(graph: Graph) -> Graph:
    scopes = frozenset({"read", "ingest", "operate"})
    return replace(graph, caller=replace(graph.caller, scopes=scopes))


def found_in(answer: bytes) -> list[str]:
    text = answer.decode()
    return [secret for secret in SECRETS if secret in text]


async def test_who_may_see_persons_sees_them(told: Graph) -> None:
    assert found_in(await told.spelled(EVERYTHING)) == list(SECRETS)


async def test_who_may_not_see_persons_finds_nothing_of_them_anywhere(told: Graph) -> None:
    await told.spelled(EVERYTHING)  # what is shared between operations is there already

    answer = await masked(told).spelled(EVERYTHING)

    assert b"errors" not in answer
    assert found_in(answer) == []
    assert "+38050•••4567" in answer.decode()


async def test_a_masked_answer_does_not_stay_for_those_who_may_see(told: Graph) -> None:
    await masked(told).spelled(EVERYTHING)

    assert found_in(await told.spelled(EVERYTHING)) == list(SECRETS)


async def test_edges_are_found_by_what_is_masked(told: Graph) -> None:
    call = await masked(told).get(
        '{ call(statisticId: "s1") {'
        " application { applicationId } applicationMatch { matchedBy } } }"
    )

    assert call == {
        "application": {"applicationId": "a1"},
        "applicationMatch": {"matchedBy": "CLIENT_SYNC_ID"},
    }


@pytest.mark.parametrize(
    ("field", "condition"),
    [
        ("applications", f'phoneNumber: "{PHONE}"'),
        ("applications", f'clientSyncId: {{field: "externalId", value: "{CLIENT}"}}'),
        ("calls", f'phoneNumber: "{PHONE}"'),
    ],
)
async def test_a_filter_on_personal_data_is_refused(
    told: Graph, field: str, condition: str
) -> None:
    query = (
        f'{{ campaign(campaignId: "c1") {{ {field}(filter: {{{condition}}}) {{ totalCount }} }} }}'
    )

    assert await masked(told).code(query) == "PERSONAL_DATA"
    assert (await told.get(query))[field] == {"totalCount": 1}


async def test_a_subscription_is_not_shared_with_those_who_may_see(told: Graph) -> None:
    query = "subscription { eventAppended(after: 0) { body rawBody digest } }"

    shown, hidden = [await first_of(each, query) for each in (told, masked(told))]

    assert found_in(shown) == list(SECRETS)
    assert found_in(hidden) == []


async def test_what_a_subscription_shows_of_things_is_masked(told: Graph) -> None:
    call = f"call {{ {CALL} application {{ {PERSON} }} }}"
    query = f"subscription {{ callUpdated(after: 0) {{ {call} }} }}"

    assert found_in(await first_of(masked(told), query)) == []


async def first_of(graph: Graph, query: str) -> bytes:
    results = await schema.subscribe(query, context_value=graph.caller)
    async for result in results:
        assert not result.errors
        return encode(result.data)
    raise AssertionError


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+380501234567", "+38050•••4567"),
        ("380501234567", "38050•••4567"),
        ("+1 (555) 123-4567", "+1 (55•••4567"),
        ("5550100", "•••"),
        ("", "•••"),
        ("call Olena Petrenko", "•••"),
    ],
)
def test_a_phone_shows_its_country_and_end_and_a_short_one_nothing(number: str, shown: str) -> None:
    assert masking.phone(number) == shown


def test_a_masked_body_is_spelled_as_it_came_but_for_what_is_masked() -> None:
    raw = (
        b'{ "eventName":"TelemarketStatisticsUpdatedEvent", "calledCount": 1.50, "phoneNumber": 5 }'
    )

    assert masking.masked_body(raw) == raw.replace(b": 5", ': "•••"'.encode())


def test_a_repeated_key_and_what_lies_deep_are_masked_too() -> None:
    deep = '{"status":' * 60 + '"Olena"' + "}" * 60
    body = f'{{"eventName": "TACStatusUpdatedEvent", "name": "Olena", "name": 1, "status": {deep}}}'

    assert "Olena" not in masking.masked_body(body.encode()).decode()


def test_of_null_and_blank_texts_there_is_nothing_to_mask() -> None:
    assert parts_of('{"eventName": "x", "a": null, "b": "", "c": " "}') == []


def fields_of_schema() -> set[str]:
    """Name every field and input whose value is any text or any JSON."""
    types = build_schema(schema.as_str()).type_map.values()
    holders = [
        each for each in types if isinstance(each, GraphQLObjectType | GraphQLInputObjectType)
    ]
    return {
        f"{holder.name}.{name}"
        for holder in holders
        if not holder.name.startswith("__")
        for name, field in holder.fields.items()
        if get_named_type(field.type).name in {"String", "JSON", "ClientSyncIdInput"}
    }


def test_every_text_and_json_of_the_schema_is_said_to_be_personal_or_harmless() -> None:
    personal = masking.PERSONAL.keys() | masking.PERSONAL_BESIDE | masking.PERSONAL_INPUTS
    harmless = masking.HARMLESS | masking.HARMLESS_INPUTS

    assert personal & harmless == set()
    assert personal | harmless == fields_of_schema()
