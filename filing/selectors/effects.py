"""What a change of policy does: the values that returns were filed by, and the drafts that get other figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet

from accounts.choices import PeriodKind, SurchargeArea, TaxpayerKind, TaxpayerStatus
from accounts.models import Taxpayer
from filing.choices import GONE_STATES, ReturnStatus
from filing.models import TaxReturn
from filing.rules import comparison, library
from filing.rules.bundle import PolicyRow
from filing.rules.computation import compute
from filing.rules.definition import PolicyReference
from filing.rules.late_fee import FEE_POLICIES
from filing.rules.reminders import STEP_POLICIES
from filing.selectors.policies import policy_values, tolerances_on
from filing.selectors.sheets import current_sheet, definition_of
from taxhall.common.errors import ConflictError
from taxhall.common.periods import TaxPeriod

Values = Mapping[str, Decimal] | None


class FormPeriod(NamedTuple):
    """Everything that policy values of a return depend on."""

    form_code: str
    form_version: str
    kind: str
    area: str
    start: date
    end: date


@dataclass(frozen=True)
class PolicySnapshot:
    """Which values hold now, for every form and period that was begun, and which tolerances."""

    values: Mapping[FormPeriod, Values]
    tolerances: Mapping[date, Mapping[str, Decimal]]

    def differences(self, other: PolicySnapshot) -> set[FormPeriod]:
        """Return the forms and periods that are computed with other values there."""
        return {each for each, values in self.values.items() if other.values.get(each) != values}

    def compared_otherwise(self, other: PolicySnapshot) -> set[date]:
        """Return the period ends that are compared with other tolerances there."""
        return {day for day, found in self.tolerances.items() if other.tolerances.get(day) != found}


_GROUP = ("form_code", "form_version", "taxpayer__kind", "taxpayer__surcharge_area", "period_start", "period_end")


def policy_snapshot() -> PolicySnapshot:
    """Return what holds for every return that stands or is begun."""
    groups = {FormPeriod(*row) for row in _standing().values_list(*_GROUP).distinct().order_by()}
    ends = {each.end for each in groups}
    return PolicySnapshot(
        values={each: _values(each) for each in groups},
        tolerances={day: dict(tolerances_on(day)) for day in ends},
    )


def count_filed(groups: Collection[FormPeriod], ends: Collection[date] = ()) -> int:
    """Return how many filed returns stand on the values of these forms and periods, or on these tolerances."""
    filed = _standing().exclude(status=ReturnStatus.DRAFT)
    return filed.filter(_of(groups) | Q(period_end__in=ends)).count()


def count_changed_drafts(before: PolicySnapshot, groups: Collection[FormPeriod]) -> int:
    """Return how many drafts owe another sum than by the values before; computed with what is in them now."""
    drafts = TaxReturn.objects.filter(_of(groups), status=ReturnStatus.DRAFT).select_related("taxpayer")
    return sum(_is_changed(each, before) for each in drafts.prefetch_related("lines").iterator(chunk_size=200))


def concerned_taxpayers(policies: Collection[PolicyRow], rules: Collection[str]) -> QuerySet[Taxpayer]:
    """Return the registered companies whose forms ask for one of the values, or whom one of the rules compares."""
    found = Q(pk__in=[])
    for kind in TaxpayerKind.values:
        if {rule.code for rule in comparison.rules_for(kind)} & set(rules):
            found |= Q(kind=kind)
        for period_kind in PeriodKind.values:
            for area in SurchargeArea.values:
                asked = _asked(kind, period_kind, area)
                if any(row.taxpayer_kind in ("", kind) and (row.code, row.key) in asked for row in policies):
                    found |= Q(kind=kind, period_kind=period_kind, surcharge_area=area)
    return Taxpayer.objects.filter(found).exclude(status=TaxpayerStatus.CANCELLED)


def known_policies(kind: str = "") -> dict[tuple[str, str], PolicyReference]:
    """Return every value that a form asks for, as the form names it; with a kind, a form of such taxpayers.

    The days of reminders and the surcharge for paying late, which no form asks for, are the same for all kinds.
    """
    known = {} if kind else STEP_POLICIES | FEE_POLICIES
    return known | {
        key: reference
        for kind in ([kind] if kind else TaxpayerKind.values)
        for period_kind in PeriodKind.values
        for area in SurchargeArea.values
        for key, reference in _asked(kind, period_kind, area).items()
    }


def _asked(kind: str, period_kind: str, area: str) -> dict[tuple[str, str], PolicyReference]:
    forms = [each for each in library.all_definitions() if each.taxpayer_kind in ("", kind)]
    wanted = [reference for form in forms for reference in form.policies.values()]
    return {(each.code, each.key.format(period_kind=period_kind, area=area)): each for each in wanted}


def _standing() -> QuerySet[TaxReturn]:
    return TaxReturn.objects.exclude(status__in=GONE_STATES)


def _of(groups: Collection[FormPeriod]) -> Q:
    found = Q(pk__in=[])
    for each in groups:
        found |= Q(**dict(zip(_GROUP, each, strict=True)))
    return found


def _values(group: FormPeriod) -> Values:
    definition = library.get_definition(group.form_code, group.form_version)
    like = Taxpayer(kind=group.kind, surcharge_area=group.area)
    try:
        return policy_values(definition, taxpayer=like, period=TaxPeriod(group.start, group.end))
    except ConflictError:
        return None


def _is_changed(draft: TaxReturn, before: PolicySnapshot) -> bool:
    taxpayer = draft.taxpayer
    group = FormPeriod(
        draft.form_code, draft.form_version, taxpayer.kind, taxpayer.surcharge_area, draft.period_start,
        draft.period_end,
    )  # fmt: skip
    values = before.values[group]
    try:
        sheet = current_sheet(draft)
    except ConflictError:
        # A value that a form cannot do without is gone.
        return values is not None
    if values is None:
        return True
    return compute(definition_of(draft), replace(sheet.inputs, policies=values)).tax_due != sheet.tax_due
