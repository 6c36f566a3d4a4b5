"""Policy values that hold for a taxpayer and a period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.choices import MeasureKind
from filing.models import PolicyBundle, PolicyRule, RuleTolerance
from filing.rules.definition import FormDefinition
from filing.selectors.measures import rule_measures_on
from taxhall.common import clock
from taxhall.common.errors import ConflictError
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod


def policy_values(definition: FormDefinition, *, taxpayer: Taxpayer, period: TaxPeriod) -> dict[str, Decimal]:
    """Return every policy value a form asks for, by the period's last day.

    Raises: ConflictError when a policy without which nothing can be computed has no row.
    """
    day = period.end
    rows = PolicyRule.objects.filter(valid_from__lte=day, taxpayer_kind__in=("", taxpayer.kind)).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    )
    # One row a day: the database holds no value for all kinds beside one for this kind.
    stored = {(row.code, row.key): row.value for row in rows}
    places = {
        "period_kind": "quarterly" if period.month_count == 3 else "monthly",
        "area": taxpayer.surcharge_area,
    }
    found = {}
    for name, wanted in definition.policies.items():
        value = stored.get((wanted.code, wanted.key.format(**places)), wanted.missing)
        if value is None:
            raise ConflictError(
                _("系统没有 %(period)s的“%(policy)s”，暂不能计算申报表。")
                % {"period": period.label, "policy": wanted.label},
                code="filing.policy_missing",
                next_step=_("请联系主管税务机关维护政策参数后再试，您已保存的内容不会丢失。"),
            )
        found[name] = value
    return found


def tolerances_on(day: date) -> Mapping[str, Decimal]:
    """Return the tolerance of each comparison rule in force on a day; a rule without one tolerates nothing."""
    rows = RuleTolerance.objects.filter(valid_from__lte=day).order_by("valid_from")
    found = {row.rule_code: row.amount for row in rows}
    return _ZeroByDefault(found)


def tolerances_now(period_end: date) -> Mapping[str, Decimal]:
    """Return the tolerances for a period compared today: those of the period, or others for the time being."""
    passing = rule_measures_on(clock.today(), MeasureKind.TOLERANCE)
    found = {code: row.amount for code, row in passing.items() if row.amount is not None}
    return _ZeroByDefault({**tolerances_on(period_end), **found})


def list_bundles() -> QuerySet[PolicyBundle]:
    """Return the policy bundles that were loaded, newest first; law is everybody's to read."""
    return PolicyBundle.objects.all()


class _ZeroByDefault(dict[str, Decimal]):
    def __missing__(self, key: str) -> Decimal:
        return ZERO
