"""Plain records in the console: of the officer's district, to look at, never to change."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from accounts.district import DistrictAdmin
from accounts.models import Taxpayer
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices.models import Device, DeviceReport
from filing.models import PolicyRule, TaxDeadline, TaxReturn
from invoicing.models import Invoice
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, enter
from tests.factories.accounts import BureauFactory, OfficerFactory, TaxpayerFactory
from tests.factories.clearcard import ClearCardCaseFactory
from tests.factories.devices import DeviceReportFactory
from tests.factories.filing import TaxReturnFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
RECORDS = reverse("admin:records")
# Every registered model but these concerns a taxpayer.
SHARED = {
    *("calendarchange", "taxdeadline", "holiday", "outage"),
    *("policybundle", "policyrule", "rulemeasure", "ruletolerance"),
    "reminderrun",  # how many of the whole city, and of nobody
}
OURS = list(admin.site._registry)


def page_of(model: type[Model], name: str = "changelist", *args: Any) -> str:
    """Return an address of the stock admin."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def names_of(answer: Any) -> set[Any]:
    """Return the keys of the rows of a list."""
    assert answer.status_code == 200
    return {row.pk for row in answer.context["cl"].result_list}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_whatever_concerns_a_taxpayer_is_narrowed_to_the_district(model: type[Model]) -> None:
    page = admin.site._registry[model]
    if model._meta.model_name in SHARED:
        assert not isinstance(page, DistrictAdmin)
        return
    assert isinstance(page, DistrictAdmin)
    target: type[Model] = model
    for part in page.taxpayer_path.split("__"):
        target = target._meta.get_field(part).related_model  # type: ignore[assignment]
    assert target is Taxpayer


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_an_officer_opens_every_list_and_can_add_nothing(officer_client: HallClient, model: type[Model]) -> None:
    assert officer_client.get(page_of(model)).status_code == 200
    for answer in (officer_client.get(page_of(model, "add")), officer_client.post(page_of(model, "add"), {})):
        assert answer.status_code == 403


def test_the_other_districts_rows_are_nowhere(officer_client: HallClient) -> None:
    theirs = TaxpayerFactory(in_xincheng=True)
    case = ClearCardCaseFactory(status=CaseStatus.APPROVED, device__taxpayer=theirs)
    rows = {
        Device: case.device,
        DeviceReport: DeviceReportFactory(device=case.device),
        TaxReturn: TaxReturnFactory(taxpayer=theirs, submitted=True),
        Invoice: IssuedInvoiceFactory(taxpayer=theirs, device=case.device),
        ClearCardCase: case,
    }
    neighbour = enter(bureau=BureauFactory(xincheng=True))
    for model, row in rows.items():
        assert names_of(officer_client.get(page_of(model))) == set()
        assert officer_client.get(page_of(model, "change", row.pk)).status_code == 302
        assert names_of(neighbour.get(page_of(model))) == {row.pk}


def test_an_absent_record_answers_like_another_districts(officer_client: HallClient) -> None:
    theirs = ClearCardCaseFactory(status=CaseStatus.APPROVED, device__taxpayer=TaxpayerFactory(in_xincheng=True))
    answers = [officer_client.get(page_of(ClearCardCase, "change", pk)) for pk in (theirs.pk, theirs.pk + 1000)]
    assert {answer["Location"] for answer in answers} == {reverse("admin:index")}


def test_a_case_is_shown_and_not_changed(officer_client: HallClient) -> None:
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING)
    url = page_of(ClearCardCase, "change", case.pk)
    answer = officer_client.get(url)
    assert reverse("admin:clearcard-review", args=[case.number]) in answer.content.decode()
    assert 'name="_save"' not in answer.content.decode()
    assert "three_way" not in answer.content.decode()
    assert officer_client.post(url, {"status": CaseStatus.CLEARED}).status_code == 403
    assert officer_client.post(page_of(ClearCardCase, "delete", case.pk), {"post": "yes"}).status_code == 403
    case.refresh_from_db()
    assert case.status == CaseStatus.REVIEWING


@pytest.mark.parametrize("model", [TaxDeadline, PolicyRule], ids=lambda model: model._meta.model_name)
def test_what_concerns_everybody_is_read_by_every_officer_and_changed_by_none(
    officer_client: HallClient, model: type[Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    url = page_of(model, "change", row.pk)
    assert officer_client.get(url).status_code == 200
    assert officer_client.post(url, {}).status_code == 403


def test_the_list_of_records_leads_back_to_the_desk(officer_client: HallClient) -> None:
    answer = officer_client.get(RECORDS)
    assert "清卡申请" in words_of(answer)
    assert "演示系统，不与真实税务机关相连" in words_of(answer)
    assert reverse("admin:clearcard-queue") in answer.content.decode()


def test_secrets_tokens_and_rights_have_no_page() -> None:
    names = {model._meta.label_lower for model in OURS}
    assert names.isdisjoint({"otp_totp.totpdevice", "knox.authtoken", "auth.group", "accounts.user"})


def test_an_officer_without_post_sees_no_records() -> None:
    client = HallClient().enter_as_officer(OfficerFactory(post=None))
    assert client.get(page_of(ClearCardCase)).status_code == 403
    assert "没有查看或编辑的权限" in words_of(client.get(RECORDS))


def test_others_are_sent_to_the_sign_in() -> None:
    assert_closed(RECORDS)
    assert_closed(page_of(ClearCardCase))
