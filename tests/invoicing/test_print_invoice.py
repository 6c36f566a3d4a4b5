"""Printing invoices: asked, drawn, counted once; again only when confirmed; by the right people only."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Membership
from devices.models import Device
from invoicing import selectors, services
from invoicing.choices_files import ExportState
from invoicing.models import ExportJob, Invoice, InvoicePrint
from tests.factories.accounts import MembershipFactory
from tests.factories.invoicing import InvoiceFactory, IssuedInvoiceFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of
from tests.invoicing.papers import sizes_of, words_of

PAGE = reverse("invoicing:print-create")
Make = Callable[..., Invoice]


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def send(client: HallClient, *invoices: Invoice, **changes: str) -> Any:
    query = "&".join(f"pk={invoice.pk}" for invoice in invoices)
    data = {"key": str(uuid.uuid4()), "mode": "whole", "paper": "own", "copies": "buyer", **changes}
    return client.post(f"{PAGE}?{query}", data)


@pytest.fixture
def invoice(seller: Membership, enrolled: Device) -> Invoice:
    return IssuedInvoiceFactory(taxpayer=seller.taxpayer, device=enrolled, drawer=seller.user)


def counted(invoice: Invoice) -> int:
    return Invoice.objects.get(pk=invoice.pk).print_count


def test_an_issued_invoice_offers_printing_and_is_counted(invoice: Invoice, seller_client: HallClient) -> None:
    detail = seller_client.get(reverse("invoicing:invoice-detail", args=[invoice.pk]))
    assert f'href="{PAGE}?pk={invoice.pk}"' in detail.content.decode()
    assert "未打印" in text_of(detail)

    answer = send(seller_client, invoice)
    job = ExportJob.objects.get()
    assert answer.url == reverse("invoicing:print-detail", args=[job.number])
    assert "打印文件已生成" in text_of(seller_client.get(answer.url))
    file = seller_client.get(reverse("invoicing:print-file", args=[job.number]))
    assert file["Content-Type"] == "application/pdf"
    assert file["Content-Disposition"].startswith("inline")
    assert invoice.number in words_of(body_of(file))
    assert counted(invoice) == 1
    assert "已打印 1 次" in text_of(seller_client.get(reverse("invoicing:invoice-detail", args=[invoice.pk])))


def test_a_printed_invoice_leaves_the_quick_view_and_the_blockers(
    invoice: Invoice, seller: Membership, seller_client: HallClient
) -> None:
    unprinted = f"{reverse('invoicing:invoice-list')}?unprinted=on"
    assert invoice.number in text_of(seller_client.get(unprinted))
    assert Invoice.objects.not_printed().count() == 1

    send(seller_client, invoice)
    assert invoice.number not in text_of(seller_client.get(unprinted))
    assert not Invoice.objects.not_printed().exists()


def test_looking_counts_nothing(invoice: Invoice, seller_client: HallClient) -> None:
    preview = seller_client.get(reverse("invoicing:invoice-pdf", args=[invoice.pk]))
    assert "预览" in words_of(preview.content)
    seller_client.get(f"{PAGE}?pk={invoice.pk}")
    seller_client.get(reverse("invoicing:print-trial"))
    assert counted(invoice) == 0


def test_the_same_form_twice_prints_once(invoice: Invoice, seller_client: HallClient) -> None:
    key = str(uuid.uuid4())
    first, second = (send(seller_client, invoice, key=key) for _ in range(2))
    assert first.url == second.url
    assert (counted(invoice), ExportJob.objects.count()) == (1, 1)


def test_a_reprint_asks_says_who_and_is_told_on_the_copy(
    invoice: Invoice, seller: Membership, seller_client: HallClient
) -> None:
    send(seller_client, invoice)
    page = text_of(seller_client.get(f"{PAGE}?pk={invoice.pk}"))
    assert "已打印 1 次" in page
    assert str(seller.user) in page

    refused = send(seller_client, invoice)
    assert (refused.status_code, counted(invoice)) == (409, 1)
    assert "以前打印过，没有再次打印" in text_of(refused)

    answer = send(seller_client, invoice, confirm="on")
    file = seller_client.get(answer.url + "file/")
    assert "第2次打印" in words_of(body_of(file))
    assert counted(invoice) == 2
    assert list(InvoicePrint.objects.values_list("ordinal", "printed_by")) == [(2, seller.user.pk), (1, seller.user.pk)]


def test_a_draft_is_previewed_but_not_printed(seller: Membership, enrolled: Device, seller_client: HallClient) -> None:
    draft = InvoiceFactory(taxpayer=seller.taxpayer, device=enrolled, drawer=seller.user)
    preview = seller_client.get(reverse("invoicing:invoice-pdf", args=[draft.pk]))
    assert "草稿未开具" in words_of(preview.content)
    assert "没有可以打印的发票" in text_of(seller_client.get(f"{PAGE}?pk={draft.pk}"))
    assert send(seller_client, draft).status_code == 422
    assert not ExportJob.objects.exists()


def test_a_long_selection_is_drawn_by_a_worker(
    seller: Membership, enrolled: Device, seller_client: HallClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.services.print_jobs.DIRECT_PAGES", 1)
    monkeypatch.setattr("invoicing.services.exports.printed.HEAP_PAGES", 2)
    own = {"taxpayer": seller.taxpayer, "device": enrolled, "drawer": seller.user}
    found = [IssuedInvoiceFactory(**own) for _ in range(3)]
    seen = seller_client.get(f"{PAGE}?unprinted=on").context["form"]["seen"].value()
    data = {"key": str(uuid.uuid4()), "seen": seen, "mode": "overprint", "paper": "own"}
    answer = seller_client.post(f"{PAGE}?unprinted=on", data)
    job = ExportJob.objects.get()
    assert job.state == ExportState.WRITING
    assert "正在生成打印文件" in text_of(seller_client.get(answer.url))
    assert [counted(each) for each in found] == [0, 0, 0]

    services.perform_export(job_id=job.pk)
    services.perform_export(job_id=job.pk)
    content = body_of(seller_client.get(answer.url + "file/"))
    assert len(sizes_of(content)) == 3
    assert [each.number in words_of(content) for each in found] == [True, True, True]
    assert [counted(each) for each in found] == [1, 1, 1]


def test_a_role_lost_meanwhile_prints_nothing(
    seller: Membership, enrolled: Device, seller_client: HallClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.services.print_jobs.DIRECT_PAGES", 0)
    invoice = IssuedInvoiceFactory(taxpayer=seller.taxpayer, device=enrolled, drawer=seller.user)
    send(seller_client, invoice)
    Membership.objects.filter(pk=seller.pk).update(is_active=False)
    services.perform_export(job_id=ExportJob.objects.get().pk)
    assert (ExportJob.objects.get().state, counted(invoice)) == (ExportState.FAILED, 0)


def test_more_than_a_stack_is_refused(
    seller: Membership, invoice: Invoice, seller_client: HallClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.services.print_jobs.PRINT_PAGES", 0)
    refused = send(seller_client, invoice)
    assert refused.status_code == 422
    assert "1 页；一次最多 0 页" in text_of(refused)


def test_another_company_sees_and_prints_nothing(
    invoice: Invoice, seller_client: HallClient, outsider_client: HallClient
) -> None:
    job_url = send(seller_client, invoice).url
    assert outsider_client.get(reverse("invoicing:invoice-pdf", args=[invoice.pk])).status_code == 404
    assert [outsider_client.get(job_url + part).status_code for part in ("", "file/", "status/")] == [404, 404, 404]
    assert send(outsider_client, invoice).status_code == 422
    assert counted(invoice) == 1


def test_every_print_is_audited(invoice: Invoice, seller_client: HallClient) -> None:
    send(seller_client, invoice)
    printed = AuditEvent.objects.get(action="invoicing.invoices_printed")
    assert printed.data == {"invoices": [invoice.pk], "mode": "whole"}
    assert AuditEvent.objects.filter(action="invoicing.print_requested").count() == 1


@pytest.mark.parametrize(("sent", "kept"), [(("1.5", "-0.3"), (15, -3)), (("", ""), (0, 0))])
def test_the_nudge_is_remembered_for_the_person(
    invoice: Invoice, seller: Membership, seller_client: HallClient, sent: tuple[str, str], kept: tuple[int, int]
) -> None:
    page = f"{reverse('invoicing:print-nudge')}?pk={invoice.pk}"
    answer = seller_client.post(page, {"right": sent[0], "down": sent[1]})
    assert answer.url == f"{PAGE}?pk={invoice.pk}"
    nudge = selectors.find_nudge(seller.user)
    assert (nudge.right, nudge.down) == kept
    other = MembershipFactory(issuer=True, taxpayer=seller.taxpayer)
    assert selectors.find_nudge(other.user).right == 0


@pytest.mark.parametrize("value", ["21", "x", "0.25", "-20.1"])
def test_a_nudge_that_cannot_be_is_refused(invoice: Invoice, seller_client: HallClient, value: str) -> None:
    page = f"{reverse('invoicing:print-nudge')}?pk={invoice.pk}"
    assert seller_client.post(page, {"right": value, "down": "0"}).status_code == 422


def test_nothing_is_done_by_a_link(seller_client: HallClient) -> None:
    assert seller_client.get(reverse("invoicing:print-nudge")).status_code == 405
