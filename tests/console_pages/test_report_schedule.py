"""Reports of a district made every month: for the officer who asked, over the bureau of the post, while it is held."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent, Bureau, OfficerPost, StaffNotice
from filing.models import TaxReturn
from invoicing import services
from invoicing.errors import ReportTooLongError
from invoicing.models import ReportFile, ReportSubscription
from invoicing.services import report_schedule
from taxhall.common.errors import NotPermittedError
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, code_of, enter
from tests.factories.accounts import BureauFactory, OfficerFactory, TaxpayerFactory
from tests.factories.filing import TaxReturnFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
LIST, SUBSCRIBE = reverse("admin:district-reports"), reverse("admin:district-report-subscribe")


@pytest.fixture
def filed(november: datetime) -> TaxReturn:
    """Return an October return of a company of 雁塔区 that owes tax."""
    found: TaxReturn = TaxReturnFactory(owing=True)
    return found


@pytest.fixture
def neighbour(november: datetime) -> TaxReturn:
    """Return one of 新城区."""
    found: TaxReturn = TaxReturnFactory(owing=True, taxpayer=TaxpayerFactory(in_xincheng=True))
    return found


def wanted(name: str = "dues", code: str = "16101130000", file_format: str = "xlsx") -> dict[str, object]:
    return {"report": name, "bureau": Bureau.objects.get(code=code).pk, "file_format": file_format}


def subscribe(officer: HallClient, **changes: str) -> None:
    assert officer.post(SUBSCRIBE, wanted(**changes)).status_code == 302


def names_in(content: bytes) -> list[object]:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_the_file_of_the_last_month_is_made_once_with_its_digest_and_the_officer_is_told(
    officer: HallClient, filed: TaxReturn, neighbour: TaxReturn
) -> None:
    for _repeat in range(2):
        subscribe(officer)
    assert services.make_monthly_reports() == 1
    assert services.make_monthly_reports() == 0
    file = ReportFile.objects.get()
    assert (file.officer, file.bureau, file.period) == (officer.user, filed.taxpayer.bureau, "2026-10")
    assert file.digest == hashlib.sha256(bytes(file.content)).hexdigest()
    names = names_in(bytes(file.content))
    assert filed.taxpayer.name in names
    assert neighbour.taxpayer.name not in names
    notice = StaffNotice.objects.get(recipient=officer.user)
    assert (notice.title, notice.link) == ("应收税款 2026 年 10 月（Excel）已生成", LIST)
    assert file.digest[:16] in officer.get(LIST).content.decode()


def test_a_city_officer_may_choose_a_district_or_the_whole_city(filed: TaxReturn, neighbour: TaxReturn) -> None:
    city = enter(bureau=BureauFactory(city=True))
    subscribe(city, code="16101000000")
    subscribe(city, code="16101020000")
    services.make_monthly_reports()
    both, one = (set(names_in(bytes(each.content))) for each in ReportFile.objects.order_by("bureau__code"))
    assert {filed.taxpayer.name, neighbour.taxpayer.name} <= both
    assert filed.taxpayer.name not in one
    assert neighbour.taxpayer.name in one


def test_another_district_can_be_neither_chosen_nor_asked_for(officer: HallClient, filed: TaxReturn) -> None:
    other = BureauFactory(xincheng=True)
    assert officer.post(SUBSCRIBE, wanted(code=other.code)).status_code == 422
    with pytest.raises(NotPermittedError):
        services.subscribe_district_report(actor=officer.user, bureau=other, name="dues", file_format="csv")
    assert not ReportSubscription.objects.exists()


def test_who_lost_the_post_gets_nothing_and_sees_no_file(officer: HallClient, filed: TaxReturn) -> None:
    subscribe(officer)
    subscribe(officer, name="returns")
    ReportSubscription.objects.filter(report="returns").update(done_month="2026-10-01")
    services.make_monthly_reports()
    file = ReportFile.objects.get()
    StaffNotice.objects.all().delete()
    OfficerPost.objects.filter(user=officer.user).update(is_active=False)
    ReportSubscription.objects.update(done_month="2026-09-01")
    assert services.make_monthly_reports() == 0
    assert (ReportFile.objects.count(), StaffNotice.objects.count()) == (1, 0)
    with pytest.raises(NotPermittedError):
        services.take_report_file(actor=officer.user, file=file)
    OfficerPost.objects.filter(user=officer.user).update(is_active=True, bureau=BureauFactory(xincheng=True))
    assert officer.get(reverse("admin:district-report-file", args=[file.pk])).status_code == 404
    assert "还没有文件" in words_of(officer.get(LIST))
    assert services.make_monthly_reports() == 0


def test_taking_a_file_asks_for_a_fresh_proof_and_is_written_down(
    officer: HallClient, filed: TaxReturn, later: Callable[[str], object]
) -> None:
    subscribe(officer)
    services.make_monthly_reports()
    file = ReportFile.objects.get()
    page = reverse("admin:district-report-file", args=[file.pk])
    assert file.digest in officer.get(page).content.decode()
    later("2026-11-05 10:06")
    assert officer.post(page).status_code == 422
    assert not AuditEvent.objects.filter(action="invoicing.district_report_taken").exists()
    answer = officer.post(page, {"code": code_of(officer.user)})
    assert b"".join(answer.streaming_content) == bytes(file.content)
    event = AuditEvent.objects.get(action="invoicing.district_report_taken")
    assert (event.actor, event.data["digest"]) == (officer.user, file.digest)


def test_files_and_subscriptions_are_the_officers_own(officer: HallClient, filed: TaxReturn) -> None:
    subscribe(officer)
    services.make_monthly_reports()
    colleague, file = enter(), ReportFile.objects.get()
    subscription = ReportSubscription.objects.get()
    assert colleague.get(reverse("admin:district-report-file", args=[file.pk])).status_code == 404
    end = reverse("admin:district-report-unsubscribe", args=[subscription.pk])
    assert colleague.post(end).status_code == 404
    with pytest.raises(NotPermittedError):
        services.end_report_subscription(actor=colleague.user, subscription=subscription)
    assert officer.post(end).status_code == 302
    assert not ReportSubscription.objects.exists()
    assert "应收税款" in words_of(officer.get(LIST)), "the files stay"


def test_a_report_that_is_too_long_is_told_and_not_tried_for_ever(
    officer: HallClient, filed: TaxReturn, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(officer)

    def too_long(*_args: object, **_named: object) -> None:
        raise ReportTooLongError(rows=30_000, limit=20_000, is_document=False)

    monkeypatch.setattr(report_schedule, "district_book", too_long)
    assert services.make_monthly_reports() == 1
    assert "没有生成" in StaffNotice.objects.get().title
    assert not ReportFile.objects.exists()
    assert services.make_monthly_reports() == 0


def test_the_command_writes_a_bureaus_report(filed: TaxReturn, neighbour: TaxReturn, tmp_path: Path) -> None:
    goal = tmp_path / "dues.xlsx"
    call_command("export_report", "dues", "--bureau", "16101130000", "--period", "2026-10", "--output", str(goal))
    names = names_in(goal.read_bytes())
    assert filed.taxpayer.name in names
    assert neighbour.taxpayer.name not in names
    event = AuditEvent.objects.get(action="invoicing.district_report_exported")
    assert (event.actor, event.data["bureau"]) == (None, "16101130000")
    for arguments in (["dues", "--bureau", "19999999999"], ["stock", "--bureau", "16101130000"]):
        with pytest.raises(CommandError):
            call_command("export_report", *arguments, "--period", "2026-10", "--output", str(tmp_path / "none"))
    assert [each.name for each in tmp_path.iterdir()] == ["dues.xlsx"]


def test_a_taxpayer_and_an_officer_without_post_stay_outside(officer: HallClient, filed: TaxReturn) -> None:
    subscribe(officer)
    services.make_monthly_reports()
    assert_closed(reverse("admin:district-report-file", args=[ReportFile.objects.get().pk]))
    assert_closed(SUBSCRIBE, wanted())
    idle = HallClient().enter_as_officer(OfficerFactory())
    OfficerPost.objects.filter(user=idle.user).update(is_active=False)
    assert idle.post(SUBSCRIBE, wanted()).status_code == 403
