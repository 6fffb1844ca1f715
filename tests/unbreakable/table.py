"""The table of faults: what each test tried and counted."""

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Row:
    """What was counted under one kind of fault; recoveries in seconds."""

    fault: str
    rounds: int = 0
    acknowledged: int = 0
    refused: int = 0
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    longest_answer_seconds: float = 0.0
    recoveries: list[float] = field(default_factory=list)

    @property
    def faultless(self) -> bool:
        """Whether nothing was lost, duplicated or out of order."""
        return (self.lost, self.duplicated, self.out_of_order) == (0, 0, 0)

    def cells(self) -> list[str]:
        """Spell the row."""
        times = self.recoveries
        return [
            self.fault,
            *(f"{each:,}" for each in (self.rounds, self.acknowledged, self.refused)),
            *(f"{each:,}" for each in (self.lost, self.duplicated, self.out_of_order)),
            f"{median(times):.1f} / {max(times):.1f} s" if times else "-",
            f"{self.longest_answer_seconds:.1f} s" if self.longest_answer_seconds else "-",
        ]


_TITLES = [
    *("fault", "rounds", "acknowledged", "answered 503", "lost", "duplicated", "out of order"),
    *("recovery p50 / max", "longest answer"),
]
_rows: list[Row] = []


def new_row(fault: str) -> Row:
    """Begin a row of the table that is printed in the end."""
    row = Row(fault)
    _rows.append(row)
    return row


def table() -> list[str]:
    """Return the lines of the table; none where nothing was tried."""
    if not _rows:
        return []
    rows = [_TITLES, *(row.cells() for row in _rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
