"""Vehicle invoices (机动车销售统一发票): their own fields, checks, freeze, red, copy, page and files."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Membership, Taxpayer
from devices.models import Device
from invoicing import rules, selectors, services
from invoicing.choices import InvoiceState
from invoicing.drafts import InvoiceDraft, LineDraft, VehicleDraft
from invoicing.errors import InvoiceProblemsError
from invoicing.models import Invoice, InvoiceVehicle
from invoicing.printing.values import printed_of
from invoicing.rules.vehicle import vehicle_problems, vin_check_digit
from invoicing.services.exports.rows import LEDGER_HEAD, ledger_rows
from taxhall.common.periods import TaxPeriod
from tests.clearcard.test_concurrency import at_once
from tests.factories.accounts import BureauFactory, MembershipFactory
from tests.factories.devices import DeviceAuthorisationFactory, DeviceFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import form_data, text_of

# A published example of the standard, with its right check digit.
VIN = "1M8GDM9AXKP042788"
CAR = VehicleDraft(
    vehicle_type="轿车",
    brand_model="示例牌 SL7000",
    origin="陕西西安",
    vin=VIN,
    engine_number="E1234567",
    certificate_number="WAA012345678901",
    seats=5,
)
LINE = LineDraft(
    name="*机动车*轿车",
    tax_code="1090305000000000000",
    unit="辆",
    quantity=Decimal(1),
    price=Decimal("80000.00"),
    rate="1",
)


@pytest.fixture
def sell(seller: Membership, enrolled: Device) -> Callable[..., Invoice]:
    """Return a function that saves the draft of a sold car."""
    DeviceAuthorisationFactory(device=enrolled, invoice_kind="005", segment_code="161002600005")

    def sold(**changes: Any) -> Invoice:
        draft = InvoiceDraft(
            kind="005", buyer_name="张三", buyer_number="610113199001010011", lines=(LINE,), vehicle=CAR
        )
        return services.save_draft(
            actor=seller.user, taxpayer=seller.taxpayer, device=enrolled, draft=replace(draft, **changes)
        )

    return sold


def problems(**changes: Any) -> list[str]:
    draft = InvoiceDraft(kind="005", buyer_number="1", lines=(LINE,), vehicle=replace(CAR, **changes))
    return [each.code for each in vehicle_problems(draft)]


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert vin_check_digit(VIN) == "X"
    assert vin_check_digit("1" * 17) == "1"


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"vin": ""}, ["vehicle.vin_missing"]),
        ({"vin": "1M8GDM9AXKP04278"}, ["vehicle.vin_shape"]),
        ({"vin": "1M8GDM9AXKP04278O"}, ["vehicle.vin_shape"]),
        ({"vin": "1M8GDM9A1KP042788"}, ["vehicle.vin_check_digit"]),
        ({"certificate_number": ""}, ["vehicle.certificate_number_missing"]),
        ({"certificate_number": "", "import_certificate": "J1"}, ["vehicle.inspection_number_missing"]),
        ({"certificate_number": "", "import_certificate": "J1", "inspection_number": "S1"}, []),
        ({"seats": None}, ["vehicle.seats_missing"]),
        ({"seats": None, "tonnage": Decimal("1.5")}, []),
        ({"brand_model": "字" * 26}, ["vehicle.text"]),
        ({"engine_number": ""}, ["vehicle.engine_number_missing"]),
    ],
)
def test_what_a_vehicle_must_say(changes: dict[str, Any], codes: list[str]) -> None:
    assert problems(**changes) == codes


def test_a_maker_abroad_need_not_set_the_check_digit() -> None:
    foreign = replace(CAR, vin="1M8GDM9A1KP042788", import_certificate="J1", inspection_number="S1")
    draft = InvoiceDraft(kind="005", buyer_number="1", lines=(LINE,), vehicle=foreign)
    assert [each.is_blocking for each in vehicle_problems(draft)] == [False]


def test_one_vehicle_one_invoice_and_a_buyer_with_a_number() -> None:
    two = InvoiceDraft(kind="005", lines=(LINE, LINE), vehicle=CAR)
    assert [each.code for each in vehicle_problems(two)] == ["vehicle.one_only", "vehicle.buyer_number"]
    assert "vehicle.vin_missing" in [each.code for each in vehicle_problems(replace(two, vehicle=None))]
    assert not list(vehicle_problems(replace(two, kind="007", vehicle=None)))


def test_it_is_issued_on_the_disk_and_frozen(sell: Callable[..., Invoice], sign: Callable[[Invoice], Invoice]) -> None:
    done = sign(sell(vehicle=replace(CAR, vin=" 1m8gdm9axkp042788 ")))

    assert done.state == InvoiceState.ISSUED
    assert done.vehicle.vin == VIN
    for change in ({"vin": "X"}, {"seats": 7}):
        with pytest.raises(IntegrityError), transaction.atomic():
            InvoiceVehicle.objects.filter(pk=done.pk).update(**change)
    sales = selectors.period_sales(taxpayer=done.taxpayer, period=TaxPeriod.of_month(done.dated_on))
    assert sales.amount(is_special=True) == done.amount, "its buyer may deduct"
    (row,) = ledger_rows([done])
    assert dict(zip(LEDGER_HEAD, row, strict=True))["特定业务类型"] == "机动车"
    page = text_of(HallClient().enter_as(Membership.objects.get()).get(reverse("invoicing:export-list")))
    assert "其中 1 张是机动车发票" in page, "the import does not take it back"
    (kept,) = selectors.backup_lines(taxpayer=done.taxpayer, period=TaxPeriod.of_month(done.dated_on))
    assert kept["vehicle"]["vin"] == VIN


def test_a_vehicle_is_sold_once_until_its_invoice_is_taken_back(
    sell: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], seller: Membership
) -> None:
    first = sign(sell())
    again = sell()
    with pytest.raises(InvoiceProblemsError) as refused:
        services.issue_invoice(actor=seller.user, invoice=again, key="k")
    assert [each.code for each in refused.value.problems] == ["vehicle.already_sold"]
    red = sign(services.draft_red(actor=seller.user, blue=first, reason="error", key=uuid.uuid4()))
    assert red.vehicle.vin == VIN
    assert sign(again).state == InvoiceState.ISSUED


def test_a_red_invoice_is_not_voided_when_the_vehicle_was_sold_anew(
    sell: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], seller: Membership
) -> None:
    red = sign(services.draft_red(actor=seller.user, blue=sign(sell()), reason="error", key=uuid.uuid4()))
    conditions = rules.void_conditions(selectors.void_facts(invoice=red, device=red.device))
    assert all(each.is_met for each in conditions)
    assert sign(sell()).state == InvoiceState.ISSUED
    conditions = rules.void_conditions(selectors.void_facts(invoice=red, device=red.device))
    assert [each.code for each in conditions if not each.is_met] == ["void.sold_again"]


@pytest.mark.django_db(transaction=True)
def test_one_vehicle_on_two_disks_at_once_is_one_invoice(
    transactional_db: None, sell: Callable[..., Invoice], seller: Membership, enrolled: Device
) -> None:
    second = DeviceFactory(taxpayer=seller.taxpayer, period=enrolled.period)
    DeviceAuthorisationFactory(device=second, invoice_kind="005", segment_code="161002600006")
    first, other = sell(), sell()
    Invoice.objects.filter(pk=other.pk).update(device=second)

    def issue(pk: int) -> Callable[[], str]:
        draft = Invoice.objects.get(pk=pk)
        return lambda: services.issue_invoice(actor=seller.user, invoice=draft, key=f"k{pk}").state

    found = at_once(issue(first.pk), issue(other.pk))
    refused = [each for each in found if isinstance(each, InvoiceProblemsError)]
    assert [each.problems[0].code for each in refused] == ["vehicle.already_sold"]
    assert found.count(InvoiceState.ISSUING) == 1


def test_a_copy_is_another_vehicle_of_the_model(sell: Callable[..., Invoice], seller: Membership) -> None:
    copy = services.copy_invoice(actor=seller.user, invoice=sell(), key=uuid.uuid4())
    assert (copy.vehicle.brand_model, copy.vehicle.vin, copy.vehicle.certificate_number) == (CAR.brand_model, "", "")


def test_a_draft_of_another_kind_keeps_no_vehicle(sell: Callable[..., Invoice]) -> None:
    draft = sell()
    sell(draft_key=draft.draft_key, kind="007")
    assert not InvoiceVehicle.objects.exists()
    assert services.draft_of(Invoice.objects.get()).vehicle is None


def test_the_page_without_script(sell: Callable[..., Invoice], seller_client: HallClient) -> None:
    url = reverse("invoicing:invoice-create")
    blank = seller_client.get(url, {"kind": "005"})
    assert "车辆识别代号/车架号码" in text_of(blank)
    assert "车辆识别代号/车架号码" not in text_of(seller_client.get(url, {"kind": "007"}))
    fields = {f"vehicle-{name}": value for name, value in vars(CAR).items() if value is not None}
    data = form_data(kind="005", buyer_number="610113199001010011", action="add-line", **fields)
    assert VIN in seller_client.post(url, data).content.decode(), "what was typed survives every button"
    assert seller_client.post(url, {**data, "action": "save", "vehicle-seats": "many"}).status_code == 422
    page = seller_client.post(url, {**data, "action": "check", "vehicle-vin": "123"}, follow=True)
    draft = Invoice.objects.get()
    assert "车辆识别代号应为 17 位" in text_of(page)
    assert "#id_vehicle-vin" in page.content.decode()
    edit = seller_client.get(reverse("invoicing:invoice-edit", args=[draft.pk]))
    assert 'value="123"' in edit.content.decode()
    assert "示例牌 SL7000" in text_of(seller_client.get(reverse("invoicing:invoice-detail", args=[draft.pk])))
    shown = seller_client.get(f"/api/v1/invoices/{draft.pk}/").json()
    assert shown["vehicle"]["engine_number"] == "E1234567"


def test_an_outsider_sees_no_vehicle(sell: Callable[..., Invoice]) -> None:
    draft = sell()
    outsider = HallClient().enter_as(MembershipFactory(issuer=True))
    assert outsider.get(reverse("invoicing:invoice-detail", args=[draft.pk])).status_code == 404


def test_the_rules_of_issuing_ask_for_it(sell: Callable[..., Invoice], seller: Membership) -> None:
    with pytest.raises(InvoiceProblemsError) as refused:
        services.issue_invoice(actor=seller.user, invoice=sell(vehicle=None), key="k")
    assert "vehicle-vin" in refused.value.fields


def test_the_face_keeps_the_bureau_of_the_day_of_issue(sell: Callable[..., Invoice], sign: Any) -> None:
    draft = sell()
    moved = BureauFactory(xincheng=True)
    done = sign(draft)

    def printed() -> Any:
        return printed_of(Invoice.objects.with_face().get(pk=done.pk)).values["bureau"]

    first = printed()
    Taxpayer.objects.filter(pk=done.taxpayer_id).update(bureau=moved)

    assert moved.name not in first
    assert printed() == first
