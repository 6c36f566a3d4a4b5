"""What the hall knows and fills into a form: sales by its lines, input vouchers, prepaid and paid tax."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Sum

from accounts.choices import EntityKind
from accounts.models import Taxpayer
from devices import selectors as device_selectors
from filing.choices import TickState, VoucherKind
from filing.models import InputVoucher, Prepayment, TaxReturn
from filing.rules.definition import FormDefinition
from filing.selectors.paid_vat import paid_arrears, paid_vat
from filing.selectors.period_kinds import is_before_registration
from filing.selectors.taken_back import red_transfers
from invoicing import selectors as invoicing_selectors
from taxhall.common.money import ZERO
from taxhall.common.parts import Part, Rows, fetch
from taxhall.common.periods import TaxPeriod

PREPAID = Part(
    "prepaid",
    """SELECT coalesce(sum(amount), 0.00) AS amount FROM filing_prepayment
    WHERE taxpayer_id = %(taxpayer)s AND paid_on BETWEEN %(start)s AND %(end)s""",
)
TICKED = Part(
    "ticked",
    """SELECT kind, state, is_real_estate, count(*) AS count, sum(amount) AS amount, sum(tax) AS tax
    FROM filing_inputvoucher WHERE taxpayer_id = %(taxpayer)s AND period_start BETWEEN %(start)s AND %(end)s
    GROUP BY kind, state, is_real_estate""",
)
TRANSFERRED_OUT = Part(
    "transferred_out",
    """SELECT line, sum(tax) AS tax FROM filing_inputtransfer
    WHERE taxpayer_id = %(taxpayer)s AND period_start BETWEEN %(start)s AND %(end)s AND NOT is_cancelled
    GROUP BY line""",
)
INPUTS = (TICKED, TRANSFERRED_OUT)
_SMALL_RATES = ("1", "3", "5")
# Row of 附列资料（一） by rate: goods first, then services and immovable property.
_OUTPUT_ROWS = {
    "13": ("1", "2"), "9": ("3", "4"), "6": ("5", "5"), "5": ("9a", "9b"), "3": ("11", "12"),
    "0": ("16", "17"), "exempt": ("18", "19"),
}  # fmt: skip
# Row of 附列资料（二） by kind of voucher.
_INPUT_ROWS = {
    VoucherKind.SPECIAL.value: "2", VoucherKind.CUSTOMS.value: "5", VoucherKind.FARM.value: "6",
    VoucherKind.WITHHELD.value: "7", VoucherKind.PASSENGER.value: "8b", VoucherKind.OTHER.value: "8b",
    VoucherKind.RESALE.value: "11",
}  # fmt: skip


def sheet_facts(
    definition: FormDefinition, taxpayer: Taxpayer, period: TaxPeriod, *, previous: TaxReturn | None
) -> dict[str, Decimal]:
    """Return every fact the cells of a form may take up; facts that nobody asks for do no harm."""
    is_year_known = previous is not None and previous.period_end.year == period.start.year
    is_first = period.start.month == 1 or is_before_registration(taxpayer, period.previous())
    facts = {
        "is_individual": Decimal(taxpayer.entity_kind == EntityKind.INDIVIDUAL_BUSINESS),
        "is_year_known": Decimal(is_year_known or is_first),
        "is_previous_known": Decimal(previous is not None),
    }
    if definition.tax != "vat":
        return facts
    facts["unsettled_invoices"] = Decimal(_unsettled(taxpayer, period))
    sales = invoicing_selectors.period_sales(taxpayer=taxpayer, period=period).rows
    if definition.taxpayer_kind == "general":
        _add(facts, (pair for row in sales for pair in _general_sales(row)))
        found = fetch(*INPUTS, taxpayer=taxpayer.pk, start=period.start, end=period.end)
        _add(facts, _inputs(taxpayer, period, found))
        facts["is_input_open"] = Decimal(_is_input_open(taxpayer, period))
        _add(facts, _prepaid_by_kind(taxpayer, period))
        if previous is not None:
            facts["paid_previous.general"] = paid_vat(previous, period)
        facts["paid_arrears"] = paid_arrears(taxpayer, definition.code, period)
        return facts
    _add(facts, (pair for row in sales for pair in _small_scale_sales(row)))
    facts["prepaid.services"] = prepaid(taxpayer, period)
    return facts


def prepaid(taxpayer: Taxpayer, period: TaxPeriod) -> Decimal:
    """Return what the treasury received as prepaid VAT in a period."""
    return prepaid_of(fetch(PREPAID, taxpayer=taxpayer.pk, start=period.start, end=period.end))


def prepaid_of(found: Rows) -> Decimal:
    """Return what the part PREPAID found."""
    return sum((row["amount"] for row in found["prepaid"]), ZERO)


def input_facts(taxpayer: Taxpayer, period: TaxPeriod, found: Rows) -> dict[str, Decimal]:
    """Return the input side of a period by the rows of 附列资料（二）, from the parts INPUTS."""
    facts: dict[str, Decimal] = {}
    _add(facts, _inputs(taxpayer, period, found))
    return facts


def _add(facts: dict[str, Decimal], found: Iterator[tuple[str, Decimal]]) -> None:
    for name, value in found:
        facts[name] = facts.get(name, ZERO) + value


def _small_scale_sales(row: invoicing_selectors.SalesRow) -> Iterator[tuple[str, Decimal]]:
    if row.column == "untaxed":
        return
    family = "special" if row.is_special else "ordinary"
    if row.rate not in _SMALL_RATES and (row.rate != "exempt" or row.is_special):
        yield "unsupported_sales", abs(row.amount)
        return
    yield f"sales.{family}.{row.rate}.{'goods' if row.column == 'goods' else 'services'}", row.amount
    if row.column == "immovable" and row.is_special:
        yield "sales.special.immovable.services", row.amount
    elif row.column == "immovable" and row.rate in ("3", "5"):
        yield f"sales.ordinary.immovable_{row.rate}.services", row.amount


def _general_sales(row: invoicing_selectors.SalesRow) -> Iterator[tuple[str, Decimal]]:
    if row.column == "untaxed":
        return
    rows = _OUTPUT_ROWS.get(row.rate)
    if rows is None or (row.is_special and row.rate in ("0", "exempt")):
        yield "unsupported_sales", abs(row.amount)
        return
    line = rows[0] if row.column == "goods" else rows[1]
    amount, tax = ("1", "2") if row.is_special else ("3", "4")
    yield f"output.{line}.{amount}", row.amount
    yield f"output.{line}.{tax}", row.tax


def _inputs(taxpayer: Taxpayer, period: TaxPeriod, found: Rows) -> Iterator[tuple[str, Decimal]]:
    for row in found["ticked"]:
        for line in _input_rows(row["kind"], row["state"], is_real_estate=row["is_real_estate"]):
            yield f"input.{line}.count", Decimal(row["count"])
            yield f"input.{line}.amount", row["amount"]
            yield f"input.{line}.tax", row["tax"]
        if row["kind"] == VoucherKind.FEE and row["state"] == TickState.DEDUCTED:
            yield "input.fee.2", row["amount"] + row["tax"]
    for row in found["transferred_out"]:
        yield f"input.{row['line']}.tax", row["tax"]
    for each in red_transfers(taxpayer=taxpayer, period=period):
        yield f"input.{each.line}.tax", each.tax


def _is_input_open(taxpayer: Taxpayer, period: TaxPeriod) -> bool:
    waiting = InputVoucher.objects.filter(
        taxpayer=taxpayer, state=TickState.OPEN, kind=VoucherKind.SPECIAL, dated_on__lte=period.end
    )
    return waiting.exists()


def _input_rows(kind: str, state: str, *, is_real_estate: bool) -> list[str]:
    if kind == VoucherKind.FEE:
        return []
    if state == TickState.NOT_DEDUCTED:
        return ["26"] if kind == VoucherKind.SPECIAL else []
    rows = [_INPUT_ROWS[kind]]
    if kind == VoucherKind.PASSENGER:
        rows.append("10")
    if is_real_estate:
        rows.append("9")
    return rows


def _prepaid_by_kind(taxpayer: Taxpayer, period: TaxPeriod) -> Iterator[tuple[str, Decimal]]:
    rows = Prepayment.objects.filter(taxpayer=taxpayer, paid_on__range=(period.start, period.end))
    for kind, amount in rows.order_by().values_list("kind").annotate(whole=Sum("amount")):
        yield f"prepaid.{kind}.2", amount


def _unsettled(taxpayer: Taxpayer, period: TaxPeriod) -> int:
    devices = device_selectors.list_devices(taxpayer=taxpayer)
    return sum(invoicing_selectors.unissued_blockers(device=each, period=period).total for each in devices)
