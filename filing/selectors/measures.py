"""Reads of the whitelist and of the measures about rules: in force on a day, and all of them as history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from filing.choices import MeasureKind, MeasureState
from filing.models import RuleMeasure, WhitelistEntry
from taxhall.common.errors import NotFoundError

_PEOPLE = ("asked_by", "decided_by", "lifted_by")


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


def whitelist_on(*, taxpayer: Taxpayer, day: date) -> dict[str, WhitelistEntry]:
    """Return the entry in force for each rule of a taxpayer on a day."""
    return {row.rule_code: row for row in _in_force(WhitelistEntry.objects.filter(taxpayer=taxpayer), day)}


def rule_measures_on(day: date, kind: str) -> dict[str, RuleMeasure]:
    """Return the measure of a kind in force for each rule when comparing on a day."""
    return {row.rule_code: row for row in _in_force(RuleMeasure.objects.filter(kind=kind), day)}


def suspended_on(day: date) -> dict[str, RuleMeasure]:
    """Return the rules that are put off when comparing on a day."""
    return rule_measures_on(day, MeasureKind.SUSPEND)


def _in_force(found: QuerySet[Any], day: date) -> Iterable[Any]:
    valid = Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    return found.filter(valid, state=MeasureState.AGREED, valid_from__lte=day).order_by("valid_from", "pk")


def _waiting_first(found: QuerySet[Any]) -> QuerySet[Any]:
    # "asked" sorts before the other states only by chance of spelling; say it instead.
    sorted_rows: QuerySet[Any] = found.annotate(is_waiting=Q(state=MeasureState.ASKED))
    return sorted_rows.order_by("-is_waiting", "-pk")


def _one(found: QuerySet[Any], pk: int) -> Any:
    row = found.filter(pk=pk).first()
    if row is None:
        raise NotFoundError(_("没有找到这条登记。"), code="filing.measure_not_found")
    return row
