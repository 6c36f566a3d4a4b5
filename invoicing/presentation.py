"""How invoices look on a page: the words of a state, the chips of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypedDict

from django.http import QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from devices.choices import InvoiceKind
from invoicing.choices import InvoiceState
from invoicing.forms import FilterForm
from invoicing.models import Invoice
from invoicing.selectors import ListTotals
from invoicing.state_words import StateTag, state_tag
from taxhall.common.money import round_money
from taxhall.common.periods import TaxPeriod
from taxhall.common.templatetags.hall import status_tag

# What a row of the list shows, and nothing that it does not.
LIST_COLUMNS = (
    "id",
    "number",
    "code",
    "dated_on",
    "kind",
    "state",
    "buyer_name",
    "amount",
    "tax",
    "total",
    "blue",
    "red_amount",
)


class ListRow(TypedDict):
    """One invoice in the list, every cell ready and escaped: it is shown twice, as a table row and as a card."""

    pk: int
    head: SafeString
    pick: SafeString
    code: SafeString
    dated_on: SafeString
    kind: SafeString
    buyer_name: SafeString
    amount: SafeString
    tax: SafeString
    total: SafeString
    state: SafeString


def list_rows(found: Sequence[Invoice]) -> list[ListRow]:
    """Return the rows of a list; words and tags are looked up once for all of them."""
    # As text: of a lazy label `escape` makes a lazy text, which is translated and escaped anew in each cell.
    kinds = {kind.value: escape(str(kind.label)) for kind in InvoiceKind}
    words = {state.value: str(state.label) for state in InvoiceState}
    pick = _("选择 %(head)s")
    codes: dict[str, SafeString] = {"": SafeString()}
    for code in {row.code for row in found} - {""}:
        codes[code] = format_html('<span class="hint">{}</span>', code)
    return [
        ListRow(
            pk=row.pk,
            head=escape(row.number or f"{words[row.state]} #{row.pk}"),
            pick=escape(pick % {"head": row.number or row.pk}),
            code=codes[row.code],
            dated_on=SafeString(row.dated_on.isoformat()),
            kind=kinds[row.kind],
            buyer_name=escape(row.buyer_name),
            amount=SafeString(f"{row.amount:,.2f}"),
            tax=SafeString(f"{row.tax:,.2f}"),
            total=SafeString(f"{row.total:,.2f}"),
            state=_tag(state_tag(row)),
        )
        for row in found
    ]


@lru_cache(maxsize=64)
def _tag(tag: StateTag) -> SafeString:
    # A page of the list shows a handful of them fifty times over.
    return status_tag(tag.tone, tag.word)


@dataclass(frozen=True)
class Chip:
    """One active filter, removed by following its link; or one quick view."""

    label: str
    query: str
    is_current: bool = False


def filter_chips(form: FilterForm, params: QueryDict) -> list[Chip]:
    """Return the active filters as chips whose links leave them out."""
    chips = []
    for name, value in form.cleaned_data.items():
        if value in (None, "", False) or name == "sort":
            continue
        rest = params.copy()
        rest.pop(name, None)
        rest.pop("from", None)
        chips.append(Chip(_chip_label(form, name, value), rest.urlencode() or "period="))
    return chips


SWITCHES = {"unsent": _lazy("未上传"), "unprinted": _lazy("未打印"), "badsign": _lazy("验签失败")}


def _chip_label(form: FilterForm, name: str, value: Any) -> str:
    if name in SWITCHES:
        return str(SWITCHES[name])
    if name == "colour":
        return _("红字") if value == "red" else _("已红冲")
    if name == "device":
        return _("设备 %(serial)s") % {"serial": value}
    if isinstance(value, TaxPeriod):
        return value.label
    if isinstance(value, Decimal):
        sign = "≥" if name == "amount_from" else "≤"
        return _("价税合计%(sign)s%(amount)s") % {"sign": sign, "amount": f"{round_money(value):,.2f}"}
    choices = dict(getattr(form.fields[name], "choices", ()))
    return _("%(label)s：%(value)s") % {"label": form.fields[name].label, "value": choices.get(value, value)}


def quick_views(*, today: date, current: QueryDict) -> list[Chip]:
    """Return the views that most people want, the blockers of a clear among them."""
    month = TaxPeriod.of_month(today).code
    views = (
        (_("本期"), f"period={month}"),
        (_("上期"), f"period={TaxPeriod.of_month(today).previous().code}"),
        (_("草稿"), "state=draft"),
        (_("未上传"), "unsent=on"),
        (_("未打印"), "unprinted=on"),
        (_("验签失败"), "badsign=on"),
        (_("待核实"), "state=in_doubt"),
        (_("已作废"), "state=voided"),
        (_("红字"), "colour=red"),
        (_("已红冲"), "colour=reversed"),
        (_("全部"), "period="),
    )
    here = current.urlencode() or f"period={month}"
    return [Chip(label, query, is_current=query == here) for label, query in views]


def sort_links(params: QueryDict, current: str) -> dict[str, dict[str, str]]:
    """Return per column where its heading leads and how it is sorted now (aria-sort)."""

    def link(sort: str) -> str:
        rest = params.copy()
        rest.pop("from", None)
        rest["sort"] = sort
        return rest.urlencode()

    directions = {"": ("descending", "none"), "dated_on": ("ascending", "none")}
    dated, total = directions.get(current, ("none", "descending" if current == "-total" else "ascending"))
    return {
        "dated": {"query": link("dated_on" if current == "" else ""), "aria": dated},
        "total": {"query": link("total" if current == "-total" else "-total"), "aria": total},
    }


def list_caption(*, period: TaxPeriod | None, totals: ListTotals) -> str:
    """Return the caption of a list: month, count and sum in words."""
    head = period.label if period else _("全部月份")
    if not totals.is_complete:
        return _("%(head)s · 超过 %(count)s 张，加上条件后显示张数和合计") % {
            "head": head,
            "count": f"{totals.count - 1:,}",
        }
    words = {
        "head": head,
        "count": f"{totals.count:,}",
        "total": f"{totals.total:,.2f}",
        "left_out": f"{totals.left_out:,}",
    }
    if not totals.left_out:
        return _("%(head)s · 共 %(count)s 张 · 价税合计 %(total)s 元") % words
    if totals.left_out == totals.count:
        return _("%(head)s · 共 %(count)s 张，都是草稿或已作废的，不计金额") % words
    return _("%(head)s · 共 %(count)s 张 · 价税合计 %(total)s 元（草稿和已作废的 %(left_out)s 张不计）") % words
