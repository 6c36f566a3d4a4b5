"""Changes of policy in the words that announcements show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.choices import PeriodKind, SurchargeArea, TaxpayerKind
from filing.rules.comparison import RULES
from filing.rules.definition import PolicyReference
from filing.rules.wording import percent


@dataclass(frozen=True)
class PolicyChange:
    """One changed value of policy in words."""

    label: str
    kind: str
    valid_from: str
    was: str
    now: str
    basis: str


# Keys that say whom a value is for.
_KEYS = {**dict(PeriodKind.choices), **dict(SurchargeArea.choices)}


def policy_change(row: Mapping[str, str], names: Mapping[tuple[str, str], PolicyReference]) -> PolicyChange:
    """Return a row of a policy bundle as the announcement shows it."""
    reference = names.get((row["code"], row["key"]))
    rule = next((each for each in RULES if each.code == row["code"]), None)
    label = reference.label if reference else f"{row['code']} {rule.title}" if rule else row["code"]
    form = reference.type if reference else "money"

    def said(value: str, until: str) -> str:
        if not value:
            return _("（无）")
        text = _value(Decimal(value), form)
        return _("%(value)s（至 %(day)s）") % {"value": text, "day": until} if until else text

    kind = row["taxpayer_kind"]
    whom = [str(TaxpayerKind(kind).label)] if kind else []
    whom += [str(_KEYS[row["key"]])] if row["key"] in _KEYS else []
    return PolicyChange(
        label=str(label), kind=" · ".join(whom), valid_from=row["valid_from"],
        was=said(row["was"], row["was_until"]), now=said(row["now"], row["until"]), basis=row["basis"],
    )  # fmt: skip


def _value(value: Decimal, form: str) -> str:
    if form == "days":
        return _("%(days)s 天") % {"days": int(value)}
    return percent(value) if form == "rate" else f"{value:,.2f}"
