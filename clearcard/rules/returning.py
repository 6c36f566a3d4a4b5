"""What the taxpayer may change while preparing, and after an officer sent the application back (补正)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clearcard.choices import CaseStatus

# Figures that are to be confirmed anew may bring other amounts with them.
_FIGURES = ("invoiced_amount", "declared_amount")


def is_open(target: str, *, status: str, returned_items: Iterable[Mapping[str, str]]) -> bool:
    """Say whether a part of the content may be changed: all of a draft, after a return only what was marked.

    Words of explanation are always welcome.
    """
    if status != CaseStatus.RETURNED:
        return status == CaseStatus.DRAFT
    marked = {item["target"] for item in returned_items}
    return target == "explanation" or target in marked or (target in _FIGURES and "invoices" in marked)
