"""The form definitions on the shelf, found by code and by the period they are valid for."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from filing.rules.definition import DefinitionError, FormDefinition, load

_SHELF = Path(__file__).resolve().parent.parent / "form_definitions"


@cache
def all_definitions() -> tuple[FormDefinition, ...]:
    """Return every definition, read and checked once per process. Raises: DefinitionError."""
    found = tuple(load(path.read_text(encoding="utf-8")) for path in sorted(_SHELF.glob("*.toml")))
    if len({(each.code, each.version) for each in found}) != len(found):
        raise DefinitionError("two form definitions share a code and version")
    return found


def get_definition(code: str, version: str) -> FormDefinition:
    """Return the version a return was made with. Raises: DefinitionError."""
    for each in all_definitions():
        if (each.code, each.version) == (code, version):
            return each
    raise DefinitionError(f"no form {code} {version}")


def find_definition(taxpayer_kind: str, day: date, tax: str = "vat") -> FormDefinition | None:
    """Return the form of a tax for taxpayers of a kind and a period that ends on a day."""
    for each in all_definitions():
        if each.tax == tax and each.taxpayer_kind in ("", taxpayer_kind) and each.is_valid_on(day):
            return each
    return None


def title_of(code: str, version: str) -> str:
    """Return a form's title as it is printed. Raises: DefinitionError."""
    return get_definition(code, version).title


def codes_of(tax: str) -> tuple[str, ...]:
    """Return the codes of the forms that declare a tax."""
    return tuple(sorted({each.code for each in all_definitions() if each.tax == tax}))


def other_taxes(taxpayer_kind: str, day: date) -> tuple[FormDefinition, ...]:
    """Return the forms beside VAT that a taxpayer of a kind may file for a period."""
    found = (find_definition(taxpayer_kind, day, tax) for tax in dict.fromkeys(each.tax for each in all_definitions()))
    return tuple(each for each in found if each is not None and each.tax != "vat")
