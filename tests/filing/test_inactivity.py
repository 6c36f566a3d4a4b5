"""Declared inactivity: zero returns are prepared, never filed alone; locks are foreseen; an invoice ends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import AuditEvent, Notice, Taxpayer, User
from devices.models import Device
from filing import selectors, services
from filing.choices import ReturnStatus, SpanState
from filing.models import InactiveSpan, TaxReturn
from invoicing.models import Invoice
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError
from tests.console_pages.cases import words_of
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
FIRST, LAST = date(2026, 11, 1), date(2027, 2, 28)


@pytest.fixture
def disk(taxpayer: Taxpayer) -> Device:
    """Return the company's disk, October cleared, locked after the middle of December."""
    return DeviceFactory(
        taxpayer=taxpayer,
        period_start=date(2026, 11, 1),
        period_end=date(2026, 11, 30),
        issue_allowed_until=date(2026, 12, 15),
    )


@pytest.fixture
def declare(taxpayer: Taxpayer, clerk: User, disk: Device) -> Callable[..., InactiveSpan]:
    """Return a function that declares that the company rests over the winter."""

    def declared(**changes: Any) -> InactiveSpan:
        known = {"taxpayer": taxpayer, "starts_on": FIRST, "ends_on": LAST, "reason": "冬季歇业"}
        return services.declare_inactivity(actor=clerk, **(known | changes))

    return declared


def issue(disk: Device, day: date) -> Invoice:
    """Issue an invoice on the disk."""
    return IssuedInvoiceFactory(taxpayer=disk.taxpayer, device=disk, dated_on=day, lines=[line("100.00", "1")])


@pytest.fixture
def prepared(declare: Callable[..., InactiveSpan], freeze: Callable[[str], datetime]) -> TaxReturn:
    """Return the zero return of November that was prepared in December."""
    declare()
    TaxReturn.objects.all().delete()
    freeze("2026-12-03 10:00")
    services.keep_spans()
    return TaxReturn.objects.get()


def test_a_zero_return_is_prepared_and_told_once_and_not_filed(prepared: TaxReturn) -> None:
    assert services.keep_spans() == 0
    assert (prepared.period.code, prepared.status) == ("2026-11", ReturnStatus.DRAFT)
    told = Notice.objects.get(recipient=prepared.taxpayer)
    assert "零申报表已备好，尚未申报" in told.title
    assert AuditEvent.objects.get(action="filing.return_started").actor is None


def test_one_click_files_what_was_shown(prepared: TaxReturn, clerk: User) -> None:
    client = HallClient().enter_as(MembershipFactory(taxpayer=prepared.taxpayer, finance=True))
    desk = client.get(reverse("desk"))
    assert "备好的零申报" in words_of(desk)
    ready = desk.context["ready"][0]
    sent = {"key": str(ready.tax_return.submit_key), "digest": ready.digest}
    for _ in range(2):
        answer = client.post(reverse("filing:zero-file", args=[prepared.pk]), sent)
        assert answer["Location"] == reverse("filing:return-detail", args=[prepared.pk])
    prepared.refresh_from_db()
    assert (prepared.status, prepared.tax_due, prepared.is_late) == (ReturnStatus.SUBMITTED, 0, False)
    assert "备好的零申报" not in words_of(client.get(reverse("desk")))


def test_a_return_that_is_no_zero_any_more_is_not_filed_so(prepared: TaxReturn, disk: Device, clerk: User) -> None:
    sent = {"key": str(prepared.submit_key), "digest": selectors.current_sheet(prepared).digest}
    issue(disk, date(2026, 11, 20))
    with pytest.raises(ConflictError) as caught:
        services.file_zero_return(actor=clerk, tax_return=prepared, **sent)
    assert caught.value.code == "filing.not_a_zero_return"
    prepared.refresh_from_db()
    assert prepared.is_draft


def test_who_may_not_file_sees_no_button_and_files_nothing(prepared: TaxReturn) -> None:
    issuer = HallClient().enter_as(MembershipFactory(taxpayer=prepared.taxpayer, issuer=True))
    assert "提交零申报" not in words_of(issuer.get(reverse("desk")))
    sent = {"key": "k", "digest": selectors.current_sheet(prepared).digest}
    assert issuer.post(reverse("filing:zero-file", args=[prepared.pk]), sent).status_code == 403
    outsider = HallClient().enter_as(MembershipFactory(finance=True))
    assert outsider.post(reverse("filing:zero-file", args=[prepared.pk]), sent).status_code == 404
    prepared.refresh_from_db()
    assert prepared.is_draft


def test_the_desk_foresees_the_lock_that_the_disk_holds(declare: Callable[..., InactiveSpan], disk: Device) -> None:
    declare()
    client = HallClient().enter_as(MembershipFactory(taxpayer=disk.taxpayer, finance=True))
    page = words_of(client.get(reverse("desk")))
    assert "里写的锁死日期是 2026-12-15（周二）" in page
    assert "复业时须先抄报、清卡才能开票" in page


def test_an_invoice_ends_it_and_the_desk_says_so_at_once(
    declare: Callable[..., InactiveSpan], disk: Device, freeze: Callable[[str], datetime]
) -> None:
    span = declare()
    invoice = issue(disk, date(2026, 12, 8))
    freeze("2026-12-08 15:00")
    client = HallClient().enter_as(MembershipFactory(taxpayer=disk.taxpayer, finance=True))
    assert f"停业期间已开具发票 {invoice.number}" in words_of(client.get(reverse("desk")))
    services.keep_spans()
    span.refresh_from_db()
    assert (span.state, span.ended_on, span.invoice_number) == (
        SpanState.INVOICED,
        date(2026, 12, 7),
        invoice.number,
    )
    told = Notice.objects.get(title__startswith="停业声明已结束")
    assert invoice.number in told.body
    freeze("2027-01-06 10:00")
    services.keep_spans()
    assert [each.period.code for each in TaxReturn.objects.all()] == ["2026-11"]


def test_it_ends_by_itself(declare: Callable[..., InactiveSpan], freeze: Callable[[str], datetime]) -> None:
    span = declare(ends_on=date(2026, 11, 30))
    freeze("2026-12-01 00:10")
    services.keep_spans()
    span.refresh_from_db()
    assert (span.state, span.ended_on) == (SpanState.LAPSED, date(2026, 11, 30))
    assert TaxReturn.objects.get().period.code == "2026-11"
    assert Notice.objects.filter(title__startswith="停业声明已结束").count() == 1


def test_going_on_early_ends_it_once(
    declare: Callable[..., InactiveSpan], clerk: User, freeze: Callable[[str], datetime]
) -> None:
    span = declare()
    freeze("2026-11-20 10:00")
    for _ in range(2):
        services.end_inactivity(actor=clerk, span=span)
    span.refresh_from_db()
    assert (span.state, span.ended_on) == (SpanState.WITHDRAWN, date(2026, 11, 19))
    freeze("2026-12-03 10:00")
    services.keep_spans()
    assert not TaxReturn.objects.exists()
    assert AuditEvent.objects.filter(action="filing.inactivity_ended").count() == 1


def test_declaring_twice_declares_once(declare: Callable[..., InactiveSpan]) -> None:
    assert declare() == declare()
    with pytest.raises(ConflictError) as caught:
        declare(ends_on=date(2027, 1, 31))
    assert caught.value.code == "filing.span_stands"
    with pytest.raises(IntegrityError), transaction.atomic():
        InactiveSpan.objects.update(state="over")


def test_a_time_with_an_invoice_is_no_rest(declare: Callable[..., InactiveSpan], disk: Device) -> None:
    issue(disk, date(2026, 11, 3))
    with pytest.raises(ConflictError) as caught:
        declare()
    assert caught.value.code == "filing.span_invoiced"
    assert declare(starts_on=date(2026, 11, 4)).starts_on == date(2026, 11, 4)


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_on": date(2026, 10, 31)},
        {"ends_on": date(2026, 10, 31)},
        {"ends_on": date(2028, 1, 1)},
        {"ends_on": date(2026, 11, 4)},
        {"reason": " "},
    ],
)
def test_what_cannot_be_is_told(declare: Callable[..., InactiveSpan], changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        declare(**changes)
    assert not InactiveSpan.objects.exists()


def test_who_may_not_declares_nothing(taxpayer: Taxpayer, declare: Callable[..., InactiveSpan]) -> None:
    for actor in (MembershipFactory(taxpayer=taxpayer, issuer=True).user, MembershipFactory().user, OfficerFactory()):
        with pytest.raises(NotPermittedError):
            services.declare_inactivity(actor=actor, taxpayer=taxpayer, starts_on=FIRST, ends_on=LAST, reason="测试")
    span = declare()
    with pytest.raises(NotPermittedError):
        services.end_inactivity(actor=MembershipFactory().user, span=span)
    outsider = HallClient().enter_as(MembershipFactory(finance=True))
    assert outsider.post(reverse("filing:rest-end", args=[span.pk])).status_code == 404


def test_the_page_declares_and_the_district_sees_it(taxpayer: Taxpayer, disk: Device) -> None:
    client = HallClient().enter_as(MembershipFactory(taxpayer=taxpayer, finance=True))
    page, sent = reverse("filing:rest"), {"starts_on": "2026-11-01", "ends_on": "2027-02-28", "reason": "冬季歇业"}
    wrong = client.post(page, sent | {"ends_on": "2026-10-01"})
    assert wrong.status_code == 422
    assert "且不超过一年" in words_of(wrong)
    assert "提前复业" in words_of(client.post(page, sent, follow=True))
    officer = HallClient().enter_as_officer(OfficerFactory())
    assert "冬季歇业" in words_of(officer.get(reverse("admin:filers")))
    stranger = HallClient().enter_as_officer(OfficerFactory(bureau=BureauFactory(xincheng=True)))
    assert "冬季歇业" not in words_of(stranger.get(reverse("admin:filers")))
    span = InactiveSpan.objects.get()
    assert "停业声明已结束" in words_of(client.post(reverse("filing:rest-end", args=[span.pk]), follow=True))
