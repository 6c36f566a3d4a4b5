"""What is exported is what is there: hostile text is text in every format and comes back equal."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent, Membership
from invoicing import services
from invoicing.choices_files import ExportFormat, ExportState
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.errors_files import ExportNotReadyError
from invoicing.files import headers
from invoicing.files.reading import read_file
from invoicing.files.tables import cloaked, uncloaked
from invoicing.filters import InvoiceFilters
from invoicing.models import ExportJob, Invoice
from invoicing.rules.understanding import LOST, understand
from invoicing.services.exports import asked
from invoicing.services.exports.rows import LEDGER_HEAD
from invoicing.services.exports.run import KEPT_FOR
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError, NotPermittedError
from tests.factories.accounts import MembershipFactory

Make = Callable[..., Invoice]
HOSTILE = [
    "=1+1",
    "+cmd",
    "-2",
    "@SUM(A1)",
    "＝1",
    "＠x",
    "\ufeff=1",
    "'=1",
    "'quoted",
    '"=1',
    "http://a.b",
    "1E5",
    "007",
]
# A text like 0E00 is what a spreadsheet leaves of a long number: a file with it is refused on purpose.
TEXT = st.text(st.characters(codec="gbk", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Zs"]), max_size=20).filter(
    lambda text: not LOST.match(text)
)
CENTS = st.decimals("0.01", "99999.99", places=2)


def exported(invoices: Any, format_name: str) -> bytes:
    out = io.BytesIO()
    services.write_export(out, format_name=format_name, invoices=invoices)
    return out.getvalue()


@given(st.one_of(st.text(max_size=12), st.sampled_from(HOSTILE)))
def test_a_cloak_comes_off_as_it_went_on(text: str) -> None:
    assert uncloaked(cloaked(text)) == text
    assert not cloaked(text).lstrip("\ufeff\"' ").startswith("=") or cloaked(text).startswith("'")


@pytest.mark.parametrize("text", [each for each in HOSTILE if "\ufeff" not in each])
@pytest.mark.parametrize("format_name", [ExportFormat.CSV, ExportFormat.XLSX])
def test_hostile_text_is_no_formula_and_comes_back_equal(save: Make, text: str, format_name: str) -> None:
    save(buyer_name=text, remark=text)
    content = exported(Invoice.objects.all(), format_name)
    (read,) = read_file(name=f"a.{format_name}", content=content).invoices()
    assert (read.values["buyer_name"], read.values["remark"]) == (text, text)
    if format_name == ExportFormat.XLSX:
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
        assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    else:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r＝＋－＠" and cell] == []


@st.composite
def drafts(draw: Any) -> InvoiceDraft:
    count = draw(st.integers(1, 4))
    lines = []
    for _ in range(count):
        has_product = draw(st.booleans())
        amount = draw(CENTS)
        lines.append(
            LineDraft(
                name=" ".join(draw(TEXT).split()) or "货物",
                tax_code="3040203000000000000",
                spec=draw(TEXT),
                quantity=draw(st.decimals("0.00000001", "9999", places=8)) if has_product else None,
                price=draw(st.decimals("0.00000001", "9999", places=8)) if has_product else None,
                amount=None if has_product else amount,
                rate=draw(st.sampled_from(["13", "9", "6", "3", "1", "exempt", "untaxed", "0"])),
                is_export=draw(st.booleans()),
            )
        )
    deduction = draw(st.one_of(st.none(), CENTS)) if count == 1 else None
    if deduction is not None:
        rest = draw(CENTS)
        lines = [replace(lines[0], quantity=None, price=None, amount=deduction + rest, rate="6", is_export=False)]
    return InvoiceDraft(
        kind="007",
        buyer_name=draw(TEXT) or "个人",
        remark=draw(st.one_of(TEXT, st.sampled_from(HOSTILE[:6]))),
        is_tax_inclusive=deduction is not None or draw(st.booleans()),
        deduction=deduction,
        lines=tuple(lines),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draft=drafts(), format_name=st.sampled_from([ExportFormat.CSV, ExportFormat.XLSX]))
def test_every_draft_goes_out_and_comes_back_the_same(
    seller: Membership, enrolled: Any, draft: InvoiceDraft, format_name: str
) -> None:
    invoice = services.save_draft(actor=seller.user, taxpayer=seller.taxpayer, device=enrolled, draft=draft)
    content = exported(Invoice.objects.filter(pk=invoice.pk), format_name)
    (read,) = read_file(name=f"a.{format_name}", content=content).invoices()
    found = understand(read, kind="007", draft_key=invoice.draft_key)
    stored = services.draft_of(Invoice.objects.get(pk=invoice.pk))
    assert found.problems == []
    assert found.draft == stored


def test_the_ledger_has_the_27_columns_and_numbers_stay_numbers(issued: Make) -> None:
    invoice = issued(remark="=1")
    sheet = openpyxl.load_workbook(io.BytesIO(exported(Invoice.objects.all(), ExportFormat.LEDGER))).active
    head, row = sheet.iter_rows(values_only=True)
    told = dict(zip(head, row, strict=True))
    assert head == LEDGER_HEAD
    assert len(head) == 27
    assert (told["发票号码"], told["金额"], told["备注"]) == (invoice.number, 1000, "=1")


def test_the_xml_of_an_issued_invoice_tells_its_face(issued: Make, save: Make) -> None:
    invoice = issued(remark="<&>\"'")
    save()
    with zipfile.ZipFile(io.BytesIO(exported(Invoice.objects.all(), ExportFormat.XML))) as archive:
        (name,) = archive.namelist()
        tree = fromstring(archive.read(name))
    basic = "EInvoiceData/BasicInformation/"
    assert tree.tag == "EInvoice"
    assert Decimal(tree.findtext(f"{basic}TotalTax-includedAmount")) == invoice.total
    assert tree.findtext("EInvoiceData/AdditionalInformation/Remark") == "<&>\"'"
    assert tree.findtext("TaxSupervisionInfo/InvoiceNumber") == invoice.number


def ask(seller: Membership, **filters: Any) -> ExportJob:
    return services.request_export(
        actor=seller.user, taxpayer=seller.taxpayer, format="csv", filters=InvoiceFilters(**filters)
    )


def test_a_short_list_is_written_at_once_with_its_digest(save: Make, seller: Membership) -> None:
    save()
    job = ask(seller, buyer="买方", amount_from=Decimal("1.00"))
    assert (job.state, job.row_count, len(job.sha256)) == (ExportState.READY, 1, 64)
    with services.open_export(actor=seller.user, job=job) as stored:
        assert headers.label("buyer_name").encode() in stored.read()
    assert AuditEvent.objects.filter(action="invoicing.export_downloaded", actor=seller.user).count() == 1


def test_a_long_list_is_written_by_a_worker_and_found_by_the_sweep(
    save: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "DIRECT_LIMIT", 0)
    save()
    job = ask(seller)
    assert job.state == ExportState.WRITING
    with pytest.raises(ExportNotReadyError):
        services.open_export(actor=seller.user, job=job)
    assert services.sweep_exports() == 1
    for _ in range(2):
        services.perform_export(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == ExportState.READY


@pytest.mark.parametrize(
    "filters", [InvoiceFilters(), InvoiceFilters(amount_to=Decimal(0)), InvoiceFilters(amount_from=Decimal("0.00"))]
)
def test_what_was_asked_for_is_what_the_row_holds(filters: InvoiceFilters) -> None:
    assert asked.from_json(asked.as_json(filters)) == filters


def test_an_amount_of_zero_narrows_the_file_as_it_narrows_the_list(
    issued: Make, red: Make, sign: Make, seller: Membership
) -> None:
    sign(red(issued()))
    issued()
    job = services.request_export(
        actor=seller.user, taxpayer=seller.taxpayer, format="ledger", filters=InvoiceFilters(amount_to=Decimal(0))
    )
    assert job.row_count == 1, "the red one alone"
    assert AuditEvent.objects.get(action="invoicing.export_requested").data["filters"] == {"amount_to": "0"}


def test_an_empty_and_an_endless_list_are_refused_in_words(
    save: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInputError, match="没有符合条件"):
        ask(seller)
    save()
    monkeypatch.setattr(asked, "EXPORT_LIMIT", 0)
    with pytest.raises(InvalidInputError, match="最多导出"):
        ask(seller)


def test_an_outsider_gets_nothing(save: Make, seller: Membership) -> None:
    save()
    job, outsider = ask(seller), MembershipFactory(finance=True)
    with pytest.raises(NotPermittedError):
        services.open_export(actor=outsider.user, job=job)
    with pytest.raises(NotPermittedError):
        services.request_export(actor=outsider.user, taxpayer=seller.taxpayer, format="csv", filters=InvoiceFilters())


def test_a_file_goes_when_its_time_is_over_and_the_row_stays(
    save: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    save()
    job = ask(seller)
    later = clock.now() + KEPT_FOR + KEPT_FOR
    monkeypatch.setattr(clock, "now", lambda: later)
    services.sweep_exports()
    job.refresh_from_db()
    assert job.state == ExportState.EXPIRED
    assert not job.file.storage.exists(job.file.name)
