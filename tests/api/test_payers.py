"""Who is charged where nobody needs a token: the network that one client has to itself."""

from collections.abc import AsyncIterator

import pytest
from serving import RunningServer, a_server

from api.callers import network_of
from api.limits import OperationLimits
from api.web_settings import WebSettings

QUERY = {"query": "{ campaigns { nodes { id } } }"}
COST = 20


@pytest.fixture
async def server(mongo_uri: str) -> AsyncIterator[RunningServer]:
    """Lets each payer ask once; behind a proxy of this machine, which says who asks."""
    limits = OperationLimits(cost_bucket=COST, cost_per_second=1)
    async with a_server(mongo_uri, web=WebSettings(limits=limits)) as server:
        yield server


async def is_refused(server: RunningServer, address: str) -> bool:
    """Ask from an address, and say whether its bucket was full."""
    answer = await server.client.post("/graphql", json=QUERY, headers={"X-Forwarded-For": address})
    errors = answer.json().get("errors", [])
    return [error["extensions"]["code"] for error in errors] == ["RATE_LIMITED"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002:0000:0000:0000:0001"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"),
    ],
)
async def test_all_addresses_of_one_client_pay_from_one_bucket(
    server: RunningServer, one: str, other: str
) -> None:
    refused = [await is_refused(server, address) for address in (one, other)]

    assert refused == [False, True]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("192.0.2.1", "192.0.2.2"),
    ],
)
async def test_clients_of_other_networks_pay_for_themselves(
    server: RunningServer, one: str, other: str
) -> None:
    refused = [await is_refused(server, address) for address in (one, other)]

    assert refused == [False, False]


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_a_network_is_named_by_what_its_addresses_have_in_common(host: str, network: str) -> None:
    assert network_of(host) == network
