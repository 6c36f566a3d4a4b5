"""How invoices look on a page: the face, the words of a state, the chips of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypedDict

from django.http import QueryDict
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import SPECIAL_KINDS, InvoiceState
from invoicing.drafts import InvoiceDraft
from invoicing.forms import FilterForm
from invoicing.models import Invoice, InvoiceLine
from invoicing.rules import FaceLine, Totals
from invoicing.selectors import ListTotals
from invoicing.state_words import StateTag, state_tag
from taxhall.common.money import in_capitals, round_money
from taxhall.common.periods import TaxPeriod
from taxhall.common.rates import TaxRate
from taxhall.common.templatetags.hall import status_tag

# A single page of paper holds eight lines; more go to the list of goods (销货清单).
LINES_ON_FACE = 8
_CIPHER_ROW = 28
# Where only a difference is taxed, no rate fits the amount that is printed.
_DIFFERENCE_RATE = "***"
_REGIONS = {"6100": "陕西"}
_ZERO_TAX = frozenset({TaxRate.EXEMPT.value, TaxRate.UNTAXED.value})


@dataclass(frozen=True)
class FaceRow:
    """One line as printed: tax-exclusive price, rate in words, *** for no tax."""

    name: str
    spec: str
    unit: str
    quantity: str
    price: str
    amount: Decimal
    rate: str
    tax: Decimal | None


@dataclass(frozen=True)
class Face:
    """Everything that stands on an invoice."""

    title: str
    invoice: Any
    rows: tuple[FaceRow, ...]
    amount: Decimal
    tax: Decimal
    total: Decimal
    capitals: str
    machine_number: str = ""
    check_code: str = ""
    cipher_rows: tuple[str, ...] = ()
    dated_on: date | None = None
    code: str = ""
    number: str = ""
    # The list of goods (销货清单) that goes with a paper face of more than eight lines.
    annex: tuple[FaceRow, ...] = ()


def _on_face(kind: str, rows: tuple[FaceRow, ...], *, amount: Decimal, tax: Decimal) -> dict[str, Any]:
    """Lay the rows on the face, or on a list with one row on the face that points to it."""
    if kind not in (InvoiceKind.SPECIAL, InvoiceKind.ORDINARY) or len(rows) <= LINES_ON_FACE:
        return {"rows": rows}
    rates = {row.rate for row in rows}
    rate = rates.pop() if len(rates) == 1 else ""
    return {"rows": (FaceRow("(详见销货清单)", "", "", "", "", amount, rate, tax),), "annex": rows}


def face_of(invoice: Invoice) -> Face:
    """Return the face of a stored invoice."""
    is_difference = invoice.deduction_amount is not None
    return Face(
        title=_title(invoice.kind, invoice.code),
        invoice=invoice,
        **_on_face(
            invoice.kind,
            tuple(_stored_row(line, is_difference) for line in invoice.lines.all()),
            amount=invoice.amount,
            tax=invoice.tax,
        ),
        amount=invoice.amount,
        tax=invoice.tax,
        total=invoice.total,
        capitals=in_capitals(invoice.total),
        machine_number="" if invoice.device is None or invoice.kind in SPECIAL_KINDS else invoice.device.serial,
        check_code="" if invoice.kind in SPECIAL_KINDS else _spaced(invoice.check_code),
        cipher_rows=_cipher_rows(invoice.cipher_text),
        dated_on=timezone.localdate(invoice.issued_at) if invoice.issued_at else invoice.dated_on,
        code=invoice.code,
        number=invoice.number,
    )


def preview_of(draft: InvoiceDraft, lines: Sequence[FaceLine], totals: Totals, *, today: date, seller: Any) -> Face:
    """Return the face of what is being typed; parties come from the draft and the company in sight."""
    parties: dict[str, Any] = {
        name: getattr(draft, name) for name in ("buyer_name", "buyer_number", "buyer_address", "buyer_bank")
    }
    parties["is_digital"] = draft.kind in DIGITAL_KINDS
    parties |= {"remark": draft.remark, "payee": draft.payee, "reviewer": draft.reviewer}
    parties |= {"seller_name": seller.name, "seller_number": seller.number, "seller_bank": seller.bank}
    parties |= {"seller_address": f"{seller.address} {seller.phone}".strip()}
    return Face(
        title=_title(draft.kind, ""),
        invoice=parties,
        **_on_face(draft.kind, tuple(_typed_row(line, draft) for line in lines), amount=totals.amount, tax=totals.tax),
        amount=totals.amount,
        tax=totals.tax,
        total=totals.total,
        capitals=in_capitals(totals.total),
        dated_on=today,
    )


def _title(kind: str, code: str) -> str:
    region = _REGIONS.get(code[:4] if len(code) == 10 else code[1:5], "") if code else ""
    return f"{region}{InvoiceKind(kind).label}"


def _stored_row(line: InvoiceLine, is_difference: bool) -> FaceRow:
    row = _row(line, amount=line.amount, tax=line.tax, is_tax_inclusive=line.is_tax_inclusive)
    return replace(row, rate=_DIFFERENCE_RATE) if is_difference else row


def _typed_row(line: FaceLine, draft: InvoiceDraft) -> FaceRow:
    row = _row(
        line.source,
        amount=line.amount,
        tax=line.tax,
        is_tax_inclusive=draft.is_tax_inclusive,
        is_described=not line.is_discount,
    )
    return row if draft.deduction is None else replace(row, rate=_DIFFERENCE_RATE)


def _row(line: Any, *, amount: Decimal, tax: Decimal, is_tax_inclusive: bool, is_described: bool = True) -> FaceRow:
    price = line.price
    if is_tax_inclusive and line.quantity:
        price = (amount / line.quantity).quantize(Decimal("0.00000001"))
    return FaceRow(
        name=line.name,
        spec=line.spec if is_described else "",
        unit=line.unit if is_described else "",
        quantity=_plain(line.quantity) if is_described else "",
        price=_plain(price) if is_described else "",
        amount=amount,
        rate=str(TaxRate(line.rate).label) if line.rate in TaxRate.values else "",
        tax=None if line.rate in _ZERO_TAX else tax,
    )


def _plain(value: Decimal | None) -> str:
    """Write a number without the zeros that only the column added."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _spaced(code: str) -> str:
    return " ".join(code[start : start + 5] for start in range(0, len(code), 5))


def _cipher_rows(text: str) -> tuple[str, ...]:
    return tuple(text[start : start + _CIPHER_ROW] for start in range(0, len(text), _CIPHER_ROW))


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
    kinds = {kind.value: escape(kind.label) for kind in InvoiceKind}
    words = {state.value: str(state.label) for state in InvoiceState}
    codes: dict[str, SafeString] = {"": SafeString()}
    for code in {row.code for row in found} - {""}:
        codes[code] = format_html('<span class="hint">{}</span>', code)
    return [
        ListRow(
            pk=row.pk,
            head=escape(row.number or f"{words[row.state]} #{row.pk}"),
            code=codes[row.code],
            dated_on=escape(row.dated_on.isoformat()),
            kind=kinds[row.kind],
            buyer_name=escape(row.buyer_name),
            amount=escape(f"{row.amount:,.2f}"),
            tax=escape(f"{row.tax:,.2f}"),
            total=escape(f"{row.total:,.2f}"),
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
    return _("%(head)s · 共 %(count)s 张 · 价税合计 %(total)s 元") % {
        "head": head,
        "count": f"{totals.count:,}",
        "total": f"{totals.total:,.2f}",
    }
