"""Numbers that the hall gives out itself: gapless, from a locked row."""

from __future__ import annotations

from invoicing.models import NumberSeries


def next_count(key: str) -> int:
    """Return the next count of a series; a transaction that rolls back leaves no gap, for the row rolls back too."""
    series, _is_new = NumberSeries.objects.select_for_update().get_or_create(key=key)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last


def next_in_series(name: str, head: str, *, digits: int) -> str:
    """Return the next number that begins with the head."""
    return f"{head}{next_count(f'{name}:{head}'):0{digits}d}"
