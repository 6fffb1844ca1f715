"""What it costs to know who asks: microseconds for each credential, and the head beside the whole.

PYTHONPATH=.:tests python tests/bench/gate.py
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import jwts
from factories import a_campaign_event
from graph import a_graph
from jwts import EC_KEY, RSA_KEY, a_jwt, ec_jwk, key_set, oct_jwk, rsa_jwk
from keyring import Keyring

from api.gate import Gate
from api.key_set import FixedKeys, read_keys
from api.provider import Provider
from api.tokens import TokenFile
from store.embedded import embedded_mongo

_ROUNDS = 15
_CALLS = 200
_COMPANIES = 200


async def medians(
    calls: dict[str, Callable[[], Awaitable[object]]], times: int = _CALLS
) -> dict[str, float]:
    """Return the median microseconds of each call; the rounds of all are interleaved."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_ROUNDS):
        for name, call in calls.items():
            began = time.perf_counter()
            for _ in range(times):
                await call()
            took[name].append((time.perf_counter() - began) / times * 1e6)
    return {name: statistics.median(each) for name, each in took.items()}


async def credentials(folder: Path) -> None:
    few, many = Keyring(folder / "few.json"), Keyring(folder / "many.json")
    token = few.add("acme")
    for _ in range(99):
        last = many.add("acme")
    keys = FixedKeys(read_keys(key_set(rsa_jwk(), ec_jwk(), oct_jwk()), "", with_secrets=True))
    provider = Gate(provider=Provider(jwts.settings(secret=None), keys))
    gates = {"few": Gate(TokenFile(few.path)), "many": Gate(TokenFile(many.path))}
    signed = {
        "HS256": a_jwt(kid="oct"),
        "RS256": a_jwt(RSA_KEY, "RS256", "rsa"),
        "ES256": a_jwt(EC_KEY, "ES256", "ec"),
    }
    found = await medians(
        {
            "no credentials configured": lambda: Gate().admit(None),
            "a token, the only one": lambda: gates["few"].admit(token),
            "a token, the last of 99": lambda: gates["many"].admit(last),
            **{
                f"a provider's token, {name}": lambda each=each: provider.admit(each)  # type: ignore[misc]
                for name, each in signed.items()
            },
        }
    )
    for name, microseconds in found.items():
        print(f"{name:32} {microseconds:8.1f} us")


async def heads(folder: Path) -> None:
    async with embedded_mongo(folder) as uri:
        events = [a_campaign_event(companyId=f"company {n}") for n in range(_COMPANIES)]
        async with a_graph(uri, *events) as graph:
            log = graph.log
            ten = [f"company {n}" for n in range(10)]
            found = await medians(
                {
                    "the head of all companies": log.head,
                    "of one company": lambda: log.head(["company 7"]),
                    "of ten companies": lambda: log.head(ten),
                },
                times=50,
            )
    whole = found["the head of all companies"]
    for name, microseconds in found.items():
        print(f"{name:32} {microseconds:8.1f} us   x {microseconds / whole:.2f}")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await credentials(Path(folder))
        await heads(Path(folder) / "mongo")


if __name__ == "__main__":
    asyncio.run(main())
