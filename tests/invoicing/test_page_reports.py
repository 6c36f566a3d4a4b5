"""The pages of reports: look, download, subscribe, end; wrong role, repeat, outsider, fault."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Membership, Notice
from devices.models import Device
from invoicing import services
from invoicing.models import ReportFile, ReportSubscription
from invoicing.services import report_schedule
from taxhall.common.errors import InvalidInputError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of

LIST = reverse("invoicing:report-list")
SUBSCRIBE = reverse("invoicing:report-subscribe")


@pytest.fixture
def keeper(db: None) -> Membership:
    """Return a 财务负责人."""
    return MembershipFactory(finance=True)


@pytest.fixture
def keeper_client(keeper: Membership, frozen_day: datetime) -> HallClient:
    """Return the client of the 财务负责人."""
    return HallClient().enter_as(keeper)


def subscribe(client: HallClient, **changes: str) -> Any:
    return client.post(SUBSCRIBE, {"report": "statistics", "file_format": "csv", **changes}, follow=True)


def test_the_list_offers_every_report_with_the_last_month(keeper_client: HallClient) -> None:
    answer = keeper_client.get(LIST)
    assert "发票资料统计" in text_of(answer)
    assert "/invoices/reports/stock/?period=2026-10" in answer.content.decode()


def test_the_running_month_is_one_press_away(keeper_client: HallClient) -> None:
    page = keeper_client.get(reverse("invoicing:report-show", args=["statistics"]))
    assert [month.code for _label, month in page.context["months"]] == ["2026-11", "2026-10"]
    assert '<a href="?period=2026-10" aria-current="true">上月' in page.content.decode()


@pytest.mark.parametrize("query", ["?period=2026-13", "?period=x", "?period="])
def test_a_month_that_cannot_be_read_is_said_so(keeper_client: HallClient, query: str) -> None:
    answer = keeper_client.get(reverse("invoicing:report-show", args=["statistics"]) + query)
    assert answer.status_code == 422
    assert "所属期" in text_of(answer)


@pytest.mark.parametrize(
    "path",
    [
        reverse("invoicing:report-show", args=["nonsense"]),
        reverse("invoicing:report-export", args=["nonsense"]) + "?period=2026-10&format=csv",
        reverse("invoicing:report-export", args=["statistics"]) + "?period=2026-10&format=exe",
        reverse("invoicing:report-export", args=["statistics"]) + "?format=csv",
        reverse("invoicing:report-file", args=[1]),
    ],
)
def test_what_is_not_there_is_a_page_that_leads_on(keeper_client: HallClient, path: str) -> None:
    assert keeper_client.get(path).status_code == 404


def test_a_subscription_makes_the_file_of_the_last_month_once(keeper: Membership, keeper_client: HallClient) -> None:
    IssuedInvoiceFactory(taxpayer=keeper.taxpayer, dated_on=datetime(2026, 10, 3).date())  # noqa: DTZ001
    assert "已订阅" in text_of(subscribe(keeper_client))
    assert [services.make_monthly_reports() for _ in range(3)] == [1, 0, 0]

    file = ReportFile.objects.get()
    assert (file.period, file.digest) == ("2026-10", hashlib.sha256(bytes(file.content)).hexdigest())
    notice = Notice.objects.get(recipient=keeper.taxpayer)
    assert notice.title == "发票资料统计 2026 年 10 月（CSV）已生成"
    answer = keeper_client.get(reverse("invoicing:report-file", args=[file.pk]))
    assert b"".join(answer.streaming_content) == bytes(file.content)
    assert "2026 年 10 月" in text_of(keeper_client.get(LIST))


def test_a_report_that_fails_keeps_no_other_company_waiting(
    keeper_client: HallClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(keeper_client)
    other = MembershipFactory(finance=True)
    ReportSubscription.objects.create(
        taxpayer=other.taxpayer,
        created_by=other.user,
        report="statistics",
        file_format="csv",
        done_month=date(2026, 9, 1),
    )
    honest = report_schedule._make_file

    def broken(subscription: ReportSubscription, month: TaxPeriod) -> None:
        if subscription.taxpayer_id != other.taxpayer_id:
            raise ValueError("a value that no cell can hold")
        honest(subscription, month)

    monkeypatch.setattr(report_schedule, "_make_file", broken)
    assert services.make_monthly_reports() == 1
    assert ReportFile.objects.get().taxpayer == other.taxpayer
    monkeypatch.undo()
    assert services.make_monthly_reports() == 1, "the one that failed is made the next time"


def test_the_next_month_is_made_when_it_comes(
    keeper_client: HallClient, freeze: Callable[[str], datetime], keeper: Membership
) -> None:
    subscribe(keeper_client)
    services.make_monthly_reports()
    freeze("2026-12-01 00:30")
    assert services.make_monthly_reports() == 1
    assert set(ReportFile.objects.values_list("period", flat=True)) == {"2026-10", "2026-11"}


def test_a_hall_that_stood_still_makes_the_months_between_and_a_year_at_most(
    keeper_client: HallClient, freeze: Callable[[str], datetime]
) -> None:
    freeze("2026-08-16 10:00")
    subscribe(keeper_client)
    services.make_monthly_reports()
    freeze("2026-11-02 10:00")
    assert [services.make_monthly_reports() for _ in range(2)] == [3, 0]
    assert sorted(periods_made()) == ["2026-07", "2026-08", "2026-09", "2026-10"]
    freeze("2028-02-01 00:30")
    assert services.make_monthly_reports() == 12
    assert sorted(periods_made()) == [*(f"2027-{month:02}" for month in range(2, 13)), "2028-01"]


def test_a_month_that_fails_keeps_no_later_one_waiting_and_is_made_in_the_end(
    keeper_client: HallClient, freeze: Callable[[str], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(keeper_client)
    freeze("2026-12-01 00:30")
    honest = report_schedule._make_file

    def broken(subscription: ReportSubscription, month: TaxPeriod) -> None:
        if month.code == "2026-10":
            raise ValueError("a value that no cell can hold")
        honest(subscription, month)

    monkeypatch.setattr(report_schedule, "_make_file", broken)
    assert [services.make_monthly_reports() for _ in range(2)] == [1, 0]
    assert periods_made() == ["2026-11"]
    monkeypatch.undo()
    assert [services.make_monthly_reports() for _ in range(2)] == [1, 0]
    assert sorted(periods_made()) == ["2026-10", "2026-11"]


def periods_made() -> list[str]:
    return list(ReportFile.objects.values_list("period", flat=True))


def test_a_report_that_is_offered_no_more_keeps_no_other_company_waiting(keeper_client: HallClient) -> None:
    other = MembershipFactory(finance=True)
    ReportSubscription.objects.create(
        taxpayer=other.taxpayer,
        created_by=other.user,
        report="gone",
        file_format="csv",
        done_month=date(2026, 9, 1),
    )
    subscribe(keeper_client)
    assert services.make_monthly_reports() == 1


def test_subscribing_again_changes_nothing(keeper_client: HallClient) -> None:
    subscribe(keeper_client)
    subscribe(keeper_client)
    assert ReportSubscription.objects.count() == 1
    assert AuditEvent.objects.filter(action="invoicing.report_subscribed").count() == 1


def test_ending_leaves_the_files(keeper_client: HallClient) -> None:
    subscribe(keeper_client)
    services.make_monthly_reports()
    path = reverse("invoicing:report-unsubscribe", args=[ReportSubscription.objects.get().pk])
    assert "已退订" in text_of(keeper_client.post(path, follow=True))
    assert keeper_client.post(path).status_code == 404
    assert (ReportSubscription.objects.count(), ReportFile.objects.count()) == (0, 1)
    assert AuditEvent.objects.filter(action="invoicing.report_unsubscribed").count() == 1


def test_who_only_issues_reads_but_does_not_subscribe(keeper: Membership, keeper_client: HallClient) -> None:
    subscribe(keeper_client)
    clerk = HallClient().enter_as(MembershipFactory(issuer=True, taxpayer=keeper.taxpayer))
    page = clerk.get(LIST)
    assert (page.status_code, 'action="/invoices/reports/subscriptions/"' in page.content.decode()) == (200, False)
    assert subscribe(clerk, report="goods").status_code == 403
    end = reverse("invoicing:report-unsubscribe", args=[ReportSubscription.objects.get().pk])
    assert clerk.post(end).status_code == 403
    assert ReportSubscription.objects.count() == 1


def test_an_outsider_finds_nothing(keeper_client: HallClient, outsider_client: HallClient) -> None:
    subscribe(keeper_client)
    services.make_monthly_reports()
    file, subscription = ReportFile.objects.get(), ReportSubscription.objects.get()
    assert outsider_client.get(reverse("invoicing:report-file", args=[file.pk])).status_code == 404
    assert outsider_client.post(reverse("invoicing:report-unsubscribe", args=[subscription.pk])).status_code == 404
    assert "还没有文件" in text_of(outsider_client.get(LIST))


@pytest.mark.parametrize("changes", [{"report": "nonsense"}, {"file_format": "exe"}])
def test_what_cannot_be_made_is_not_subscribed(keeper_client: HallClient, changes: dict[str, str]) -> None:
    assert subscribe(keeper_client, **changes).status_code == 422
    assert ReportSubscription.objects.count() == 0


@pytest.mark.parametrize(("name", "file_format"), [("nonsense", "csv"), ("goods", "exe")])
def test_the_service_refuses_it_as_well(keeper: Membership, name: str, file_format: str) -> None:
    with pytest.raises(InvalidInputError):
        services.subscribe_report(actor=keeper.user, taxpayer=keeper.taxpayer, name=name, file_format=file_format)


def test_a_list_that_is_too_long_is_told_and_not_tried_every_hour(
    keeper: Membership, keeper_client: HallClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.services.report_schedule.WAITED_ROWS", 0)
    IssuedInvoiceFactory(taxpayer=keeper.taxpayer, dated_on=datetime(2026, 10, 3).date())  # noqa: DTZ001
    subscribe(keeper_client, report="details")
    services.make_monthly_reports()
    services.make_monthly_reports()
    notice = Notice.objects.get(recipient=keeper.taxpayer)
    assert notice.title.endswith("没有生成")
    assert "超过一次生成的上限" in notice.body
    assert ReportFile.objects.count() == 0


def test_only_who_issues_prints(seller: Membership, enrolled: Device) -> None:
    invoice = IssuedInvoiceFactory(taxpayer=seller.taxpayer, device=enrolled)
    outsider = MembershipFactory(issuer=True)
    with pytest.raises(NotPermittedError):
        services.record_printed(actor=outsider.user, taxpayer=seller.taxpayer, pks=[invoice.pk])
    invoice.refresh_from_db()
    assert (invoice.print_count, invoice.printed_at) == (0, None)
