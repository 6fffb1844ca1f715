"""Limits for tests: none to speak of, or one that is easily exceeded."""

from dataclasses import fields, replace

from api.limits import OperationLimits
from api.throttle import Throttle
from api.web_settings import WebSettings


def unlimited() -> Throttle:
    """Return a throttle that lets everything pass."""
    limits = OperationLimits(**{each.name: 10**9 for each in fields(OperationLimits)})
    return Throttle(WebSettings(limits=replace(limits, max_cost=10**12, cost_bucket=10**15)))


def limited(*, production: bool = False, **limits: int) -> Throttle:
    """Return a throttle with some limits of the test's own."""
    return Throttle(WebSettings(production=production, limits=OperationLimits(**limits)))
