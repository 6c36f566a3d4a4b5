"""Differences, zero-rate marks and red invoices, in files that come and go."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from defusedxml.ElementTree import fromstring
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Membership
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.choices_files import ExportFormat
from invoicing.files.reading import read_file
from invoicing.filters import InvoiceFilters
from invoicing.models import ALL_RATES, ImportJob, Invoice, MonthTotal
from invoicing.rules.understanding import Understood, understand
from invoicing.services.exports.rows import ledger_rows
from tests.harness.clients import HallClient
from tests.invoicing.files import samples
from tests.invoicing.files.conftest import many
from tests.invoicing.pages import text_of

Make = Callable[..., Invoice]
DIFFERENCE = samples.table([*samples.ROW, "是", "300"], head=[*samples.HEAD, "是否含税", "扣除额"])


def understood(*extra: str, head: tuple[str, ...] = (), row: list[str] = samples.ROW) -> Understood:
    content = samples.table([*row, *extra], head=[*samples.HEAD, *head]).encode()
    (read,) = read_file(name="a.csv", content=content).invoices()
    return understand(read, kind="007", draft_key=uuid.uuid4())


def rated(rate: str) -> list[str]:
    return [*samples.ROW[:7], rate]


def exported(format_name: str) -> tuple[bytes, services.Written]:
    out = io.BytesIO()
    written = services.write_export(out, format_name=format_name, invoices=Invoice.objects.order_by("pk"))
    return out.getvalue(), written


@pytest.fixture
def pair(issued: Make, red: Make, sign: Make) -> tuple[Invoice, Invoice]:
    """Return a blue invoice and the red one that takes it back."""
    blue = issued()
    return blue, sign(red(blue))


def test_a_difference_comes_from_a_file(imported: Callable[..., ImportJob]) -> None:
    imported(DIFFERENCE)
    invoice = Invoice.objects.get()
    assert (invoice.deduction_amount, invoice.total, invoice.tax) == (300, 1000, Decimal("6.93"))
    assert invoice.remark == "差额征税:扣除额300.00。"


def test_the_told_tax_of_a_difference_is_the_one_of_the_difference(checked: Callable[..., ImportJob]) -> None:
    text = samples.KP.replace("<Hsbz>0<", "<Hsbz>1<").replace("<Kce>0<", "<Se>6.93</Se><Kce>300<")
    assert list(checked(text.encode("gbk"), "kp.xml").problems.values_list("code", flat=True)) == []


def test_a_deduction_without_tax_in_the_price_is_told_with_its_row(checked: Callable[..., ImportJob]) -> None:
    job = checked(samples.table([*samples.ROW, "1000.01"], head=[*samples.HEAD, "扣除额"]))
    told = list(job.problems.values_list("code", "row", "value"))
    assert ("difference.deduction_range", 2, "1000.01") in told
    assert "“是否含税”列" in job.problems.get(code="difference.not_inclusive").mend


@pytest.mark.parametrize(
    ("rate", "mark", "relief", "found"),
    [
        ("0%", "0", "", ("0", True)),
        ("0%", "", "出口零税", ("0", True)),
        ("0%", "3", "", ("0", False)),
        ("0%", "1", "", ("exempt", False)),
        ("免税", "1", "", ("exempt", False)),
        ("1%", "", "", ("1", False)),
    ],
)
def test_a_zero_is_what_its_mark_says(rate: str, mark: str, relief: str, found: tuple[str, bool]) -> None:
    read = understood(mark, relief, head=("零税率标识", "优惠政策说明"), row=rated(rate))
    assert read.problems == []
    assert (read.draft.lines[0].rate, read.draft.lines[0].is_export) == found


@pytest.mark.parametrize(("rate", "mark"), [("1%", "0"), ("免税", "2"), ("0%", "9")])
def test_a_mark_that_does_not_fit_its_rate_is_told(rate: str, mark: str) -> None:
    read = understood(mark, head=("零税率标识",), row=rated(rate))
    assert [each.code for each in read.problems] == ["line.zero_mark_differs"]


def test_a_negative_invoice_is_refused_as_a_red_one() -> None:
    read = understood(row=[*samples.ROW[:5], "-1", *samples.ROW[6:]])
    assert [each.code for each in read.problems] == ["file.red"]


@pytest.mark.parametrize("format_name", [ExportFormat.CSV, ExportFormat.XLSX])
def test_a_file_for_import_leaves_red_invoices_out_and_says_so(
    pair: tuple[Invoice, Invoice], seller: Membership, seller_client: HallClient, format_name: str
) -> None:
    content, written = exported(format_name)
    (read,) = read_file(name=f"a.{format_name}", content=content).invoices()
    assert (read.values["ref"], written.row_count, written.left_out_count) == (f"F{pair[0].pk}", 1, 1)

    job = services.request_export(
        actor=seller.user, taxpayer=seller.taxpayer, format=format_name, filters=InvoiceFilters()
    )
    page = text_of(seller_client.get(reverse("invoicing:export-list")))
    assert (job.row_count, job.left_out_count) == (1, 1)
    assert "其中 1 张是红字发票" in page
    assert "未写入红字 1 张" in page


@pytest.mark.parametrize(("taken_back", "told"), [(None, "已红冲-全额"), ("400.00", "已红冲-部分")])
def test_a_blue_invoice_that_was_taken_back_says_so_in_every_table(
    issued: Make, red: Make, sign: Make, taken_back: str | None, told: str
) -> None:
    blue = issued()
    part = {} if taken_back is None else {"chosen": {blue.lines.get().pk: Decimal(taken_back)}}
    sign(red(blue, **part))
    for format_name, column, states in (
        (ExportFormat.LEDGER, "发票状态", [told, "正常"]),
        (ExportFormat.XLSX, "状态", [told]),
    ):
        content, _written = exported(format_name)
        head, *rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
        assert [row[head.index(column)] for row in rows] == states
    (read,) = read_file(name="a.xlsx", content=content).invoices()
    assert understand(read, kind="007", draft_key=uuid.uuid4()).problems == []


def test_the_ledger_says_which_blue_invoice_a_red_one_takes_back(pair: tuple[Invoice, Invoice]) -> None:
    blue, red = pair
    content, written = exported(ExportFormat.LEDGER)
    head, _blue, row = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    told: dict[Any, Any] = dict(zip(head, row, strict=True))
    assert (told["金额"], told["数量"], told["是否正数发票"]) == (red.amount, -1, "否")
    assert (told["备注"], written.left_out_count) == (red.remark, 0)

    red.remark = "开具红字增值税专用发票信息表编号1"
    (row,) = ledger_rows([red])
    assert row[-1] == f"{red.remark} 对应正数发票代码:{blue.code}号码:{blue.number}"


def test_the_xml_of_a_red_invoice_is_negative_and_names_its_blue_one(pair: tuple[Invoice, Invoice]) -> None:
    blue, red = pair
    with zipfile.ZipFile(io.BytesIO(exported(ExportFormat.XML)[0])) as archive:
        tree = fromstring(archive.read(f"{red.kind}-{red.code}-{red.number}.xml"))
    basic = tree.find("EInvoiceData/BasicInformation")
    assert Decimal(basic.findtext("TotalTax-includedAmount")) == -blue.total
    assert basic.findtext("TotalTax-includedAmountInChinese").startswith("(负数)")
    assert tree.findtext("Header/InherentLabel/InIssuType/LabelCode") == "N"
    assert tree.findtext("EInvoiceData/AdditionalInformation/OriginalInvoiceNumber") == blue.number


def test_imported_drafts_count_once_issued_and_never_drift(
    imported: Callable[..., ImportJob], seller: Membership, red: Make, sign: Make
) -> None:
    imported(many(3))
    totals = MonthTotal.objects.filter(taxpayer=seller.taxpayer, rate=ALL_RATES).exclude(count=0)
    assert not totals.exists()

    taken_back, voided, _kept = [sign(draft) for draft in Invoice.objects.order_by("pk")]
    sign(red(taken_back))
    services.void_invoice(actor=seller.user, invoice=voided, reason="开票有误", number=voided.number)
    services.perform_void(invoice_id=voided.pk)

    assert Invoice.objects.get(pk=voided.pk).state == InvoiceState.VOIDED
    assert {row.total_kind: row.count for row in totals} == {"positive": 2, "positive_void": 1, "negative": 1}
    call_command("rebuild_rollups", "--check", stdout=io.StringIO())
