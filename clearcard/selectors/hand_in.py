"""Reads about handing in by itself."""

from __future__ import annotations

from collections.abc import Mapping

from clearcard.choices import HandInState
from clearcard.models import ClearCardCase, HandInOrder

# The check of the preparation that news from the treasury settles without a person.
WAITED_FOR = "tax_paid"


def find_hand_in(case: ClearCardCase) -> HandInOrder | None:
    """Return the order of a case that waits for the treasury."""
    return case.hand_in_orders.filter(state=HandInState.WAITING).select_related("ordered_by").first()


def only_waits_for_payment(missing: Mapping[str, object]) -> bool:
    """Say whether nothing but the treasury's word keeps a case from being handed in."""
    return set(missing) == {WAITED_FOR}
