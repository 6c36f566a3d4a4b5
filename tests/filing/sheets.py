"""Builds small-scale sheets without a database, for tests of the rules."""

from __future__ import annotations

from decimal import Decimal

from filing.rules import library
from filing.rules.computation import Entry, Inputs, Sheet, compute
from filing.rules.definition import CellKey, FormDefinition

POLICIES = {
    "levy_3": "0.03", "levy_5": "0", "reduced_3": "0.01", "used_asset": "0.02", "threshold": "300000", "city": "0.07",
    "education": "0.03", "local_education": "0.02", "education_exemption": "300000", "halving": "0.5",
}  # fmt: skip

GENERAL_POLICIES = {
    "rate_13": "0.13", "rate_9": "0.09", "rate_6": "0.06", "levy_6": "0", "levy_5": "0", "levy_4": "0",
    "levy_3": "0.03", "used_asset": "0.02", "city": "0.07", "education": "0.03", "local_education": "0.02",
    "education_exemption": "100000", "halving": "0.5", "extra_credit": "0.05",
}  # fmt: skip


def small_scale() -> FormDefinition:
    """Return the small-scale form."""
    return library.get_definition("vat_small_scale", "2021-20")


def key(text: str) -> CellKey:
    """Return a cell by its name; `main.1.goods` for short."""
    return CellKey(*text.split("."))


def sheet(
    facts: dict[str, str],
    entries: dict[str, str | tuple[str, str]] | None = None,
    previous: dict[str, str] | None = None,
    **policies: str,
) -> Sheet:
    """Compute the form from texts; policy values of a quarter in 2026 unless told otherwise."""
    given = {}
    for name, text in (entries or {}).items():
        value, reason = text if isinstance(text, tuple) else (text, "")
        given[key(name)] = Entry(Decimal(value), reason)
    before = {key(name): Decimal(text) for name, text in (previous or {}).items()}
    known = {"is_year_known": "1", **facts}
    inputs = Inputs(
        facts={name: Decimal(text) for name, text in known.items()},
        policies={name: Decimal(text) for name, text in {**POLICIES, **policies}.items()},
        previous=before,
        year_to_date=before,
        entries=given,
    )
    return compute(small_scale(), inputs)


def values(found: Sheet, *names: str) -> dict[str, Decimal]:
    """Return the named cells' amounts."""
    return {name: found.cells[key(name)].amount for name in names}
