"""What the loaded tax classification says of a line: its short name, and what looks wrong with code and rate.

Only advice: the table that is loaded may be a part of the state's, or older or newer than it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from invoicing.drafts import LineDraft
from invoicing.rules.lengths import LINE_LIMITS, gbk_length
from invoicing.rules.marks import is_leaf_shaped
from invoicing.rules.problems import Problem
from taxhall.common.rates import TaxRate

_SHORT_NAME = re.compile(r"^\*[^*]+\*")
# Rates that go with the code alone; levy rates, exemption and export follow from the seller and its reliefs.
_BY_CODE = frozenset({TaxRate.RATE_13.value, TaxRate.RATE_9.value, TaxRate.RATE_6.value})


@dataclass(frozen=True)
class CodeFacts:
    """What the table says of one code."""

    name: str
    short_name: str
    rates: tuple[str, ...]
    is_leaf: bool


def with_short_name(name: str, short_name: str) -> str:
    """Return the name of goods as an invoice shows it: `*简称*名称`, with one short name only (公告2017年第45号)."""
    return f"*{short_name}*{_SHORT_NAME.sub('', name)}"


def completed_name(name: str, short_name: str) -> str:
    """Return a typed name with the short name before it; as it is when it has one, or has no room for it."""
    if not name or name.startswith("*"):
        return name
    full = with_short_name(name, short_name)
    length = gbk_length(full)
    return full if length is not None and length <= LINE_LIMITS["name"] else name


def catalogue_advice(line: LineDraft, position: int, found: Mapping[str, CodeFacts]) -> Iterator[Problem]:
    """Yield what to look at again in one line; nothing for a code that the rules of issuing refuse anyway."""
    if not is_leaf_shaped(line.tax_code):
        return
    words = {"row": position + 1, "code": line.tax_code}
    facts, field = found.get(line.tax_code), f"lines-{position}-tax_code"
    if facts is None:
        yield Problem(
            "line.code_unknown",
            field,
            _("第 %(row)d 行的编码 %(code)s 不在本厅的税收分类编码表中。") % words,
            _("请查找编码核对；本厅的编码表可能不全，确认无误可以继续开具。"),
            is_blocking=False,
        )
    elif not facts.is_leaf:
        yield Problem(
            "line.code_not_leaf",
            field,
            _("第 %(row)d 行的编码 %(code)s（%(name)s）下面还有细类，不是末级编码。") % {**words, "name": facts.name},
            _("请查找编码，改用它下面的末级编码。"),
            is_blocking=False,
        )
    elif line.rate in _BY_CODE and facts.rates and line.rate not in facts.rates:
        yield Problem(
            "line.rate_not_of_code",
            f"lines-{position}-rate",
            _("第 %(row)d 行的税率是 %(rate)s，编码表中“%(name)s”适用 %(rates)s。")
            % {**words, "rate": _label(line.rate), "name": facts.name, "rates": "、".join(map(_label, facts.rates))},
            _("请核对编码和税率；确认适用这个税率的可以继续开具。"),
            is_blocking=False,
        )


def _label(rate: str) -> str:
    return str(TaxRate(rate).label)
