"""Returns worked out by hand, one data file each: the engine must agree with every line of them."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from filing.rules import library
from filing.rules.computation import Entry, Inputs, Sheet, compute
from filing.rules.definition import CellKey, FormDefinition
from tests.filing.sheets import GENERAL_POLICIES, POLICIES, key

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.toml"))
KINDS = {"vat_small_scale": "small_scale", "vat_general": "general", "culture_fee": "general"}


def definition(code: str) -> FormDefinition:
    """Return the form of a sample as a return of October 2026 gets it."""
    found = library.find_definition(KINDS[code], date(2026, 10, 31), "culture_fee" if code == "culture_fee" else "vat")
    assert found is not None
    assert found.code == code
    return found


def decimals(texts: dict[str, str]) -> dict[CellKey, Decimal]:
    """Return cells by their short names."""
    return {key(name): Decimal(text) for name, text in texts.items()}


def computed(sample: dict[str, Any]) -> Sheet:
    """Compute what a sample was given."""
    form = definition(sample["form"])
    usual = {"vat_small_scale": POLICIES, "vat_general": GENERAL_POLICIES}.get(form.code, {})
    reasons = sample.get("reasons", {})
    before = decimals(sample.get("previous", {}))
    inputs = Inputs(
        facts={name: Decimal(text) for name, text in {"is_year_known": "1", **sample.get("facts", {})}.items()},
        policies={name: Decimal(text) for name, text in {**usual, **sample.get("policies", {})}.items()},
        previous=before,
        year_to_date=before,
        entries={
            key(name): Entry(Decimal(text), reasons.get(name, "")) for name, text in sample.get("entries", {}).items()
        },
    )
    return compute(form, inputs)


def test_there_are_enough_samples_for_every_form() -> None:
    forms = [tomllib.loads(path.read_text(encoding="utf-8"))["form"] for path in SAMPLES]
    assert len(forms) >= 30
    assert set(forms) == {each.code for each in library.all_definitions()}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_return_agrees_line_by_line_with_the_hand(path: Path) -> None:
    sample = tomllib.loads(path.read_text(encoding="utf-8"))
    sheet = computed(sample)
    found = {name: sheet.cells[key(name)].amount for name in sample["expected"]}
    assert found == {name: Decimal(text) for name, text in sample["expected"].items()}
    assert sheet.tax_due == Decimal(sample["tax_due"])
    assert {each.code for each in sheet.problems} == set(sample.get("problems", ()))
    assert sample["by_hand"].strip()
