"""Policy values that hold for a taxpayer and a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.choices import MeasureKind
from filing.models import PolicyBundle, PolicyRule
from filing.rules.definition import FormDefinition
from filing.selectors.measures import measures_of
from taxhall.common.errors import ConflictError
from taxhall.common.money import ZERO
from taxhall.common.parts import Part, Row, Rows, fetch
from taxhall.common.periods import TaxPeriod

TOLERANCES = Part(
    "tolerances",
    """SELECT DISTINCT ON (rule_code) rule_code, amount FROM filing_ruletolerance
    WHERE valid_from <= %(end)s ORDER BY rule_code, valid_from DESC""",
)


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
    return _tolerances(fetch(TOLERANCES, end=day)["tolerances"])


def tolerances_of(found: Rows) -> Mapping[str, Decimal]:
    """Return the tolerances that were found, each replaced by the measure that holds for the time being."""
    return _tolerances([*found["tolerances"], *measures_of(found, MeasureKind.TOLERANCE).values()])


def _tolerances(rows: Iterable[Row]) -> Mapping[str, Decimal]:
    return _ZeroByDefault({row["rule_code"]: Decimal(row["amount"]) for row in rows if row["amount"] is not None})


def list_bundles() -> QuerySet[PolicyBundle]:
    """Return the policy bundles that were loaded, newest first; law is everybody's to read."""
    return PolicyBundle.objects.all()


class _ZeroByDefault(dict[str, Decimal]):
    def __missing__(self, key: str) -> Decimal:
        return ZERO
