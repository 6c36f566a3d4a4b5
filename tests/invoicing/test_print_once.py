"""What is printed is what was shown, is counted as it was drawn, and is bounded by its pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Membership
from devices.models import Device
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.choices_files import ExportState, PrintMode
from invoicing.errors_files import PrintedMeanwhileError, PrintKeyReusedError
from invoicing.models import ExportJob, Invoice, InvoicePrint
from invoicing.printing import PREVIEW_PAGES, PrintOptions, page_count
from invoicing.services import print_jobs
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError, NotPermittedError
from taxhall.common.rates import TaxRate
from tests.factories.accounts import OfficerFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of
from tests.invoicing.papers import sizes_of, words_of

PAGE = reverse("invoicing:print-create")
OVER, WHOLE = PrintOptions(mode=PrintMode.OVERPRINT), PrintOptions()
Make = Callable[..., Invoice]


@pytest.fixture
def make(seller: Membership, enrolled: Device) -> Make:
    """Return a function that makes an issued invoice of the seller."""

    def made(lines: int = 1, **changes: Any) -> Invoice:
        own = {"taxpayer": seller.taxpayer, "device": enrolled, "drawer": seller.user}
        rate = changes.pop("rate", "1")
        return IssuedInvoiceFactory(**own | changes, lines=[line("100.00", rate) for _ in range(lines)])

    return made


def ask(seller: Membership, *invoices: Invoice, options: PrintOptions = WHOLE, **given: Any) -> ExportJob:
    given = {"key": uuid.uuid4(), "pks": [each.pk for each in invoices], **given}
    return services.request_print(actor=seller.user, taxpayer=seller.taxpayer, options=options, **given)


def content_of(job: ExportJob) -> bytes:
    with job.file.open("rb") as file:
        return file.read()


def counted(invoice: Invoice) -> int:
    return Invoice.objects.get(pk=invoice.pk).print_count


def void_at_once(invoice: Invoice, seller: Membership) -> None:
    now = clock.now()
    Invoice.objects.filter(pk=invoice.pk).update(state=InvoiceState.VOIDING)
    Invoice.objects.filter(pk=invoice.pk).update(state=InvoiceState.VOIDED, voided_at=now, voided_by=seller.user)


# ---- once ----


def test_two_prints_at_once_never_give_two_faces_without_a_mark(
    make: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make()
    monkeypatch.setattr(print_jobs, "DIRECT_PAGES", 0)
    first, second = ask(seller, invoice), ask(seller, invoice)
    drawn_before = {invoice.pk: (0, False)}
    services.perform_export(job_id=first.pk)
    monkeypatch.setattr("invoicing.services.exports.run.write_prints", lambda *_args, **_named: drawn_before)
    services.perform_export(job_id=second.pk)
    second.refresh_from_db()
    assert (second.state, counted(invoice)) == (ExportState.FAILED, 1)
    assert "被另一次操作打印或作废了" in second.error_text
    assert not second.file


def test_a_direct_print_beside_another_one_is_refused_and_not_counted(
    make: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make()
    ask(seller, Invoice.objects.get(pk=invoice.pk))
    with pytest.raises(PrintedMeanwhileError):
        services.print_invoice(actor=seller.user, invoice=invoice, options=WHOLE)  # as it was read before
    assert counted(invoice) == 1


def test_an_invoice_voided_while_it_was_drawn_is_not_handed_out_without_the_mark(
    make: Make, seller: Membership
) -> None:
    invoice = make()
    seen = Invoice.objects.get(pk=invoice.pk)
    void_at_once(invoice, seller)
    with pytest.raises(PrintedMeanwhileError):
        services.print_invoice(actor=seller.user, invoice=seen, options=WHOLE)
    assert counted(invoice) == 0


def test_the_same_key_never_stands_for_other_invoices_or_another_way(make: Make, seller: Membership) -> None:
    key, invoice = uuid.uuid4(), make()
    job = ask(seller, invoice, key=key)
    assert ask(seller, invoice, key=key) == job
    for others in ({"options": OVER}, {"pks": [make().pk]}):
        with pytest.raises(PrintKeyReusedError):
            ask(seller, invoice, key=key, **others)
    assert (ExportJob.objects.count(), counted(invoice)) == (1, 1)


# ---- what was shown ----


def test_an_invoice_that_came_after_the_page_was_shown_is_not_printed_unseen(
    make: Make, seller_client: HallClient
) -> None:
    first = make()
    page = seller_client.get(f"{PAGE}?unprinted=on")
    data = {"key": str(uuid.uuid4()), "seen": page.context["form"]["seen"].value(), "mode": "whole", "paper": "own"}
    later = make()
    told = seller_client.post(f"{PAGE}?unprinted=on", data)
    assert told.status_code == 409
    assert "有变化，没有打印" in text_of(told)
    assert [counted(each) for each in (first, later)] == [0, 0]
    data["seen"] = told.context["form"]["seen"].value()
    done = seller_client.post(f"{PAGE}?unprinted=on", data)
    assert done.status_code == 302
    assert [counted(each) for each in (first, later)] == [1, 1]
    # Nothing is unprinted any more; the form that is sent again still leads to its print.
    assert seller_client.post(f"{PAGE}?unprinted=on", data).url == done.url


@pytest.mark.parametrize("query", ["", "?", "?page=2", "?amount_from=abc", "?pk=", "?pk=%C2%B2", "?pk=" + "9" * 5_000])
def test_nothing_chosen_prints_nothing(make: Make, seller_client: HallClient, query: str) -> None:
    make()
    assert "没有可以打印的发票" in text_of(seller_client.get(PAGE + query))


# ---- how ----


def test_an_electronic_invoice_beside_paper_is_whole_marked_and_not_moved(make: Make, seller: Membership) -> None:
    paper, electronic = make(), make(kind="026")
    ask(seller, electronic)
    options = PrintOptions(mode=PrintMode.OVERPRINT, right=100, down=100)
    job = ask(seller, paper, Invoice.objects.get(pk=electronic.pk), options=options, is_confirmed=True)
    content = content_of(job)
    assert words_of(content).count("第2次打印") == 1
    assert sizes_of(content)[1] == pytest.approx((210, 140), abs=0.5)
    modes = dict(InvoicePrint.objects.filter(ordinal=2).values_list("invoice", "mode"))
    assert modes == {electronic.pk: PrintMode.WHOLE}
    assert InvoicePrint.objects.get(invoice=paper).mode == PrintMode.OVERPRINT


def test_what_has_no_form_is_not_written_on_one_by_the_api(make: Make, seller: Membership) -> None:
    invoice = make(kind="026")
    with pytest.raises(InvalidInputError, match="不能套打"):
        services.print_invoice(actor=seller.user, invoice=invoice, options=OVER)
    assert counted(invoice) == 0


def test_exempt_lines_print_stars_however_many_there_are(make: Make) -> None:
    words = words_of(services.preview_invoice(invoice=make(lines=9, rate=TaxRate.EXEMPT), options=WHOLE))
    assert "¥0.00" not in words


def test_the_list_of_goods_beside_a_form_is_marked_as_a_later_print(make: Make, seller: Membership) -> None:
    invoice = make(lines=9)
    ask(seller, invoice, options=OVER)
    job = ask(seller, Invoice.objects.get(pk=invoice.pk), options=OVER, is_confirmed=True)
    assert words_of(content_of(job)).count("第2次打印") == 1


# ---- how much ----


@pytest.mark.parametrize(("kind", "lines", "pages"), [("007", 1, 1), ("007", 9, 2), ("007", 70, 4), ("026", 1, 1)])
def test_pages_are_foretold(make: Make, kind: str, lines: int, pages: int) -> None:
    invoice = make(lines=lines, kind=kind)
    assert page_count(invoice, WHOLE) == pages
    assert len(sizes_of(services.preview_invoice(invoice=invoice, options=WHOLE))) == pages


def test_a_preview_is_short_and_says_so(make: Make) -> None:
    content = services.preview_invoice(invoice=make(lines=600), options=PrintOptions(is_preview=True))
    assert len(sizes_of(content)) == PREVIEW_PAGES < page_count(Invoice.objects.get(), WHOLE)
    assert f"预览最多显示前{PREVIEW_PAGES}页" in words_of(content)


def test_copies_count_as_pages(make: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(print_jobs, "PRINT_PAGES", 1)
    both = PrintOptions(copies=("account", "buyer"))
    with pytest.raises(InvalidInputError, match="2 页；一次最多 1 页"):
        ask(seller, make(), options=both)
    assert ask(seller, make()).state == ExportState.READY


# ---- who ----


def test_an_officer_looks_at_previews_and_never_at_the_print_itself(make: Make, seller: Membership) -> None:
    job = ask(seller, make())
    officer = OfficerFactory(bureau=seller.taxpayer.bureau)
    with pytest.raises(NotPermittedError):
        services.open_export(actor=officer, job=job)
    with services.open_export(actor=seller.user, job=job) as file:
        assert file.read(4) == b"%PDF"


# ---- the commands ----


def test_a_file_that_cannot_be_made_safe_is_not_counted(
    make: Make, seller: Membership, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make()
    period = f"{invoice.dated_on:%Y-%m}"

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    goal = tmp_path / "out.pdf"
    with pytest.raises(OSError, match="No space"):
        call_command("print_invoices", f"--taxpayer={seller.taxpayer.number}", f"--period={period}", f"--out={goal}")
    assert (counted(invoice), list(tmp_path.iterdir())) == (0, [])


def test_a_folder_that_is_not_there_is_told(make: Make, seller: Membership, tmp_path: Path) -> None:
    goal, period = tmp_path / "none" / "out.pdf", f"{make().dated_on:%Y-%m}"
    with pytest.raises(CommandError, match="no folder"):
        call_command("print_invoices", f"--taxpayer={seller.taxpayer.number}", f"--period={period}", f"--out={goal}")


def test_prints_are_no_format_of_an_export(seller: Membership, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("export_invoices", str(tmp_path / "a"), f"--taxpayer={seller.taxpayer.number}", "--format=print")


def test_a_list_that_is_too_long_is_printed_stack_by_stack_from_the_lowest_number(
    make: Make, seller_client: HallClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_jobs, "PRINT_PAGES", 2)
    invoices = sorted((make() for _ in range(3)), key=lambda each: each.number)
    page = seller_client.get(PAGE + "?unprinted=on")
    assert "符合条件的有 3 张，这一次打印前 2 张" in text_of(page)
    assert "其余 1 张还没有打印" in text_of(page)
    form = page.context["form"]
    sent = {name: form[name].value() for name in ("key", "seen", "mode", "paper")}
    assert seller_client.post(PAGE + "?unprinted=on", sent).status_code == 302
    assert [counted(each) for each in invoices] == [1, 1, 0]
    rest = seller_client.get(PAGE + "?unprinted=on")
    assert "要打印 1 张" in text_of(rest)
    assert "一次最多打印" not in text_of(rest)
