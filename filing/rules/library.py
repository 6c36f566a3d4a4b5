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


def find_definition(taxpayer_kind: str, day: date) -> FormDefinition | None:
    """Return the form for taxpayers of a kind and a period that ends on a day."""
    for each in all_definitions():
        if each.taxpayer_kind == taxpayer_kind and each.is_valid_on(day):
            return each
    return None
