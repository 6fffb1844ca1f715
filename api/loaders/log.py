"""What the log's figures are read from."""

from collections.abc import Sequence

from api.lookahead import Ask, batch
from api.masking import MASK
from api.types.log import Deliveries, Drift, Log, Percentiles
from api.types.scalars import Position
from store import deliveries as found_in
from store.statistics import count_quarantined, count_redeliveries


@batch("Log", "duplicates")
async def duplicates(logs: Sequence[Log], ask: Ask) -> list[float]:  # noqa: ARG001
    """Return how many deliveries repeated an event."""
    return [await count_redeliveries(log.database, log.companies) for log in logs]


@batch("Log", "quarantined")
async def quarantined(logs: Sequence[Log], ask: Ask) -> list[float]:  # noqa: ARG001
    """Return how many deliveries were rejected and kept."""
    return [await count_quarantined(log.database, log.companies) for log in logs]


@batch("Log", "deliveries")
async def deliveries(logs: Sequence[Log], ask: Ask) -> list[Deliveries]:  # noqa: ARG001
    """Return how the feed behaves."""
    return [
        _deliveries(
            await found_in.forensics(log.database, log.companies, log.position),
            shown=log.is_open,
        )
        for log in logs
    ]


def _deliveries(found: found_in.Forensics, *, shown: bool) -> Deliveries:
    drifts = sorted(found.drifts.values(), key=lambda drift: (-drift.count, drift.first_position))
    return Deliveries(
        unknown_event_names=[_drift(each, shown=shown) for each in drifts if each.field is None],
        unknown_fields=[
            _drift(each, shown=shown) for each in drifts if each.field and each.value is None
        ],
        unknown_values=[
            _drift(each, shown=shown) for each in drifts if each.field and each.value is not None
        ],
        out_of_order=found.out_of_order,
        late_seconds=Percentiles(
            p50=found.percentile(0.5),
            p90=found.percentile(0.9),
            p99=found.percentile(0.99),
            max=found.percentile(1),
        ),
    )


def _drift(drift: found_in.Drift, *, shown: bool) -> Drift:
    return Drift(
        event_name=drift.event_name,
        field=drift.field,
        value=drift.value if shown or drift.value is None else MASK,
        count=drift.count,
        first_position=Position(drift.first_position),
        last_position=Position(drift.last_position),
    )
