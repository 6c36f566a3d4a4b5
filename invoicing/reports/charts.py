"""Charts as plain drawings: bars with their words, beside the table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, ROW_HEIGHT, BAR_HEIGHT = 400, 46, 14
_LONGEST_LABEL = 16


@dataclass(frozen=True)
class Bar:
    """One bar, words above it."""

    label: str
    value: str
    y: int
    width: int

    @property
    def text_y(self) -> int:
        """The line that the words stand on."""
        return self.y + 14

    @property
    def bar_y(self) -> int:
        """The upper edge of the bar."""
        return self.y + 20


@dataclass(frozen=True)
class Chart:
    """The bars, and the finding that a reader hears instead."""

    title: str
    finding: str
    bars: tuple[Bar, ...]
    width: int = WIDTH
    bar_height: int = BAR_HEIGHT

    @property
    def height(self) -> int:
        """How high the drawing is."""
        return len(self.bars) * ROW_HEIGHT


def bar_chart(*, title: str, finding: str, values: Sequence[tuple[str, Decimal]]) -> Chart:
    """Return a chart of the values in their order; what is not above zero has no bar, its figure says it."""
    highest = max((value for _, value in values), default=Decimal(0))
    bars = tuple(
        Bar(
            label=label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…",
            value=f"{value:,.2f}",
            y=index * ROW_HEIGHT,
            width=int(max(value, Decimal(0)) / highest * WIDTH) if highest > 0 else 0,
        )
        for index, (label, value) in enumerate(values)
    )
    return Chart(title=title, finding=finding, bars=bars)
