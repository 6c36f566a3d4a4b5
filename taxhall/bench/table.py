"""The bench as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from taxhall.bench.rounds import Result

HEADING = ("measure", "unit", "floor", "product", "ratio", "spread", "target", "")


def table(results: Iterable[Result]) -> str:
    """Return the results as lines of aligned columns, figures to the right."""
    rows = [HEADING, *(_row(each) for each in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADING))]
    return "\n".join(_line(row, widths) for row in rows)


def _row(result: Result) -> tuple[str, ...]:
    low, high = result.spread
    return (
        result.name,
        result.unit,
        figure(result.floor),
        figure(result.product),
        f"{result.ratio:.2f}",
        f"{low:.2f}-{high:.2f}",
        f"{'>=' if result.better == 'higher' else '<='} {result.target:g}",
        verdict(result),
    )


def figure(value: float) -> str:
    """Write a figure with three digits that count; more would be noise."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def verdict(result: Result) -> str:
    """Say whether the target is met, or by how much it is missed."""
    if result.is_met:
        return "met"
    return f"missed by {abs(result.ratio - result.target):.2f}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    texts = (text.ljust(width) for text, width in zip(row[:2], widths[:2], strict=True))
    figures = (text.rjust(width) for text, width in zip(row[2:7], widths[2:7], strict=True))
    return "  ".join([*texts, *figures, row[7]]).rstrip()
