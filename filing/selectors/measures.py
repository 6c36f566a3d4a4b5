"""Reads of the whitelist and of the measures about rules: in force on a day, and all of them as history."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.models import User
from filing.choices import MeasureKind, MeasureState
from filing.models import RuleMeasure, WhitelistEntry
from taxhall.common.errors import NotFoundError
from taxhall.common.parts import Part, Row, Rows

_PEOPLE = ("asked_by", "decided_by", "lifted_by")

# What is in force: a company's entries by the period's last day, the measures about rules by the day of comparing. Of
# several the one that began last holds.
WHITELISTED = Part(
    "whitelisted",
    """SELECT DISTINCT ON (rule_code) rule_code, id, reason FROM filing_whitelistentry
    WHERE taxpayer_id = %(taxpayer)s AND state = 'agreed'
    AND valid_from <= %(end)s AND (valid_to IS NULL OR valid_to >= %(end)s)
    ORDER BY rule_code, valid_from DESC, id DESC""",
)
MEASURES = Part(
    "measures",
    """SELECT DISTINCT ON (kind, rule_code) kind, rule_code, id, amount, reason FROM filing_rulemeasure
    WHERE state = 'agreed' AND valid_from <= %(today)s AND valid_to >= %(today)s
    ORDER BY kind, rule_code, valid_from DESC, id DESC""",
)


def measures_of(found: Rows, kind: MeasureKind) -> dict[str, Row]:
    """Return the measures of a kind by rule, from what the part MEASURES found."""
    return {row["rule_code"]: row for row in found["measures"] if row["kind"] == kind}


def list_whitelist(*, visible_to: User, text: str = "") -> QuerySet[WhitelistEntry]:
    """Return the entries of the officer's taxpayers, those that wait first, then the newest."""
    found = WhitelistEntry.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if text:
        found = found.filter(Q(taxpayer__name__icontains=text) | Q(taxpayer__number__istartswith=text))
    return _waiting_first(found.select_related("taxpayer__bureau", *_PEOPLE))


def get_whitelist_entry(*, visible_to: User, pk: int) -> WhitelistEntry:
    """Return one entry; absent and not visible are the same. Raises: NotFoundError."""
    row: WhitelistEntry = _one(list_whitelist(visible_to=visible_to), pk)
    return row


def list_rule_measures() -> QuerySet[RuleMeasure]:
    """Return the measures about rules; they concern everybody, so every officer may read them."""
    return _waiting_first(RuleMeasure.objects.select_related(*_PEOPLE))


def get_rule_measure(*, pk: int) -> RuleMeasure:
    """Return one measure. Raises: NotFoundError."""
    row: RuleMeasure = _one(list_rule_measures(), pk)
    return row


def _waiting_first(found: QuerySet[Any]) -> QuerySet[Any]:
    # "asked" sorts before the other states only by chance of spelling; say it instead.
    sorted_rows: QuerySet[Any] = found.annotate(is_waiting=Q(state=MeasureState.ASKED))
    return sorted_rows.order_by("-is_waiting", "-pk")


def _one(found: QuerySet[Any], pk: int) -> Any:
    row = found.filter(pk=pk).first()
    if row is None:
        raise NotFoundError(_("没有找到这条登记。"), code="filing.measure_not_found")
    return row
