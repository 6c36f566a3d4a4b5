"""Blank invoices: a company asks for some or gives some back, an officer says which, the disk does it. Works, wrong
role, repeat, outsider, fault."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from devices import services
from devices.choices import CommandState, RequestKind, RequestState
from devices.errors import OrderNotPossibleError, RequestConflictError
from devices.models import Device, DeviceCommand, DeviceRequest
from devices.rules.orders import NumberRange
from devices.rules.stock import last_numbers
from taxhall.common.errors import InvalidInputError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.console_pages.people import code_of, enter
from tests.devices.authority import carry_out, officer_of, segment
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
KIND, CODE = "007", "061002600199"


@pytest.fixture
def device(frozen_day, taxpayer_client, card_rack):
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=TaxPeriod.month(2026, 10))
    card_rack.add(device)
    return device


@pytest.fixture
def clerk(taxpayer_client):
    return taxpayer_client.user


def address(name, device):
    return reverse(f"devices:device-{name}", args=[device.serial])


def words(answer):
    return answer.content.decode()


def left(device):
    services.read_device(actor=None, device=device)
    return device.authorisations.get(invoice_kind=KIND).remaining


# ---- what goes back ----


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, [("B", 9, 9)]),
        (5, [("B", 5, 9)]),
        (7, [("B", 5, 9), ("A", 19, 20)]),
        (99, [("B", 5, 9), ("A", 11, 20)]),
    ],
)
def test_numbers_go_back_from_the_end(count, expected):
    held = (NumberRange("A", 11, 20), NumberRange("B", 5, 9))
    assert [(each.code, each.first, each.last) for each in last_numbers(held, count)] == expected


def test_a_run_that_is_used_up_gives_nothing_back():
    assert last_numbers((NumberRange("A", 21, 20),), 3) == ()


# ---- the company asks ----


def test_the_stock_is_shown_as_it_was_read(taxpayer_client, device):
    held = device.authorisations.get(invoice_kind=KIND)
    page = words(taxpayer_client.get(address("stock", device)))
    assert f"{held.next_number:08d} – {held.end_number:08d}" in page
    assert "申请领用" in page


def test_asking_twice_is_one_request(taxpayer_client, device):
    form = {"kind": KIND, "count": "25", "note": "月底用"}
    first = taxpayer_client.post(address("stock-ask", device), form)
    again = taxpayer_client.post(address("stock-ask", device), form)
    assert first["Location"] == again["Location"]
    asked = DeviceRequest.objects.get()
    assert (asked.kind, asked.contents) == (RequestKind.ADD_STOCK, {"kind": KIND, "count": 25})
    assert "25 份" in words(taxpayer_client.get(asked.get_absolute_url()))
    assert AuditEvent.objects.filter(action="devices.request_made").count() == 1


def test_a_company_takes_its_own_request_back(taxpayer_client, clerk, device):
    asked = services.ask_stock(actor=clerk, device=device, kind=KIND, count=25)
    withdraw = reverse("devices:request-withdraw", args=[device.serial, asked.pk])
    assert taxpayer_client.post(withdraw).status_code == 302
    asked.refresh_from_db()
    assert asked.state == RequestState.WITHDRAWN


def test_an_officers_draft_is_not_taken_for_the_companys_request(clerk, device):
    contents = {"segments": [segment(1, 50).to_json()]}
    services.draft_order(actor=officer_of(device), device=device, kind=RequestKind.ADD_STOCK, contents=contents)
    with pytest.raises(RequestConflictError) as caught:
        services.ask_stock(actor=clerk, device=device, kind=KIND, count=25)
    assert caught.value.code == "request.other_waits"


@pytest.mark.parametrize("data", [{"kind": KIND, "count": "0"}, {"kind": "999", "count": "5"}, {"kind": KIND}])
def test_what_makes_no_sense_is_said_at_the_form(taxpayer_client, device, data):
    answer = taxpayer_client.post(address("stock-ask", device), data | {"note": "留着"})
    assert answer.status_code == 422
    assert "留着" in words(answer)
    assert not DeviceRequest.objects.exists()


def test_old_invoices_are_checked_before_new_ones_come(taxpayer_client, clerk, device):
    device.sign_counter = device.uploaded_through + 1
    device.save()
    answer = taxpayer_client.post(address("stock-ask", device), {"kind": KIND, "count": "5"})
    assert answer.status_code == 409
    assert "旧票没有验完" in words(answer)
    with pytest.raises(OrderNotPossibleError):
        services.ask_stock(actor=clerk, device=device, kind=KIND, count=5)
    assert not DeviceRequest.objects.exists()


def test_more_than_there_is_cannot_go_back(taxpayer_client, device):
    have = device.authorisations.get(invoice_kind=KIND).remaining
    answer = taxpayer_client.post(address("stock-return", device), {"kind": KIND, "count": str(have + 1)})
    assert answer.status_code == 422
    assert f"还有 {have} 份空白的" in words(answer)


def test_an_issuer_may_look_and_not_ask(device):
    issuer = HallClient().enter_as(MembershipFactory(taxpayer=device.taxpayer, issuer=True))
    assert "申请领用</a>" not in words(issuer.get(address("stock", device)))
    for name in ("stock-ask", "stock-return"):
        assert "您的身份不能办理" in words(issuer.get(address(name, device)))
        assert issuer.post(address(name, device), {"kind": KIND, "count": "1"}).status_code == 403
    with pytest.raises(NotPermittedError):
        services.ask_stock_return(actor=issuer.user, device=device, kind=KIND, count=1)
    assert not DeviceRequest.objects.exists()


@pytest.mark.parametrize("name", ["stock", "stock-ask", "stock-return"])
def test_the_stock_of_another_company_is_not_found(outsider_client, device, name):
    assert outsider_client.get(address(name, device)).status_code == 404
    if name != "stock":
        assert outsider_client.post(address(name, device), {"kind": KIND, "count": "1"}).status_code == 404


# ---- the officer decides, the disk does it ----


def test_granted_numbers_are_on_the_disk(clerk, device):
    before = left(device)
    asked = services.ask_stock(actor=clerk, device=device, kind=KIND, count=25)
    given = [segment(1, 20)]
    granted = services.grant_request(actor=officer_of(device), request=asked, segments=given).request
    assert carry_out(granted.command).state == CommandState.DONE
    assert left(device) == before + 20


def test_what_was_signed_since_it_was_asked_is_checked_before_numbers_are_given(clerk, device):
    before, asked = left(device), services.ask_stock(actor=clerk, device=device, kind=KIND, count=25)
    Device.objects.filter(pk=device.pk).update(sign_counter=device.uploaded_through + 1)
    officer = enter(bureau=device.taxpayer.bureau)
    path = reverse("admin:disk-grant", args=[asked.pk])
    form = {"segment": CODE, "first": "1", "count": "20", "note": "", "code": code_of(officer.user)}
    answer = officer.post(path, form)
    assert answer.status_code == 409
    assert "旧票没有验完" in words(answer)
    with pytest.raises(OrderNotPossibleError) as caught:
        services.grant_request(actor=officer.user, request=asked, segments=[segment(1, 20)])
    assert caught.value.code == "disk.not_checked"
    asked.refresh_from_db()
    assert (asked.state, asked.command, left(device)) == (RequestState.WAITING, None, before)
    Device.objects.filter(pk=device.pk).update(uploaded_through=device.uploaded_through + 1)
    granted = services.grant_request(actor=officer.user, request=asked, segments=[segment(1, 20)]).request
    assert granted.state == RequestState.GRANTED


def test_an_officers_own_draft_waits_for_the_check_as_well(device):
    contents = {"segments": [segment(1, 50).to_json()]}
    drafted = services.draft_order(
        actor=officer_of(device), device=device, kind=RequestKind.ADD_STOCK, contents=contents
    )
    Device.objects.filter(pk=device.pk).update(sign_counter=device.uploaded_through + 1)
    with pytest.raises(OrderNotPossibleError):
        services.grant_request(actor=officer_of(device), request=drafted)
    assert not DeviceCommand.objects.exists()


def test_the_console_asks_which_numbers(clerk, device):
    asked = services.ask_stock(actor=clerk, device=device, kind=KIND, count=25)
    officer = enter(bureau=device.taxpayer.bureau)
    path = reverse("admin:disk-grant", args=[asked.pk])
    assert 'value="25"' in words(officer.get(path))
    form = {"segment": CODE, "first": "101", "count": "25", "note": "按核定发放"}
    assert officer.post(path, form | {"segment": "", "code": code_of(officer.user)}).status_code == 422
    assert officer.post(path, form | {"count": "26"}).status_code == 422
    assert not DeviceCommand.objects.exists()
    assert officer.post(path, form).status_code == 302
    asked.refresh_from_db()
    assert asked.state == RequestState.GRANTED
    assert asked.contents["segments"] == [segment(101, 125).to_json()]
    assert "00000101 至 00000125" in words(officer.get(reverse("admin:disk-request", args=[asked.pk])))


@pytest.mark.parametrize("given", [(), (segment(1, 5, kind="004"),), (segment(1, 6),)])
def test_a_grant_needs_numbers_of_the_kind_and_no_more_than_asked(clerk, device, given):
    asked = services.ask_stock(actor=clerk, device=device, kind=KIND, count=5)
    with pytest.raises(InvalidInputError):
        services.grant_request(actor=officer_of(device), request=asked, segments=given)
    asked.refresh_from_db()
    assert asked.is_waiting
    assert not DeviceCommand.objects.exists()


def test_numbers_that_are_out_elsewhere_are_not_given_again(clerk, device, card_rack):
    other = DeviceFactory(period=TaxPeriod.month(2026, 10))
    card_rack.add(other)
    services.order_stock(actor=officer_of(other), device=other, segments=[segment(1, 50)])
    asked = services.ask_stock(actor=clerk, device=device, kind=KIND, count=10)
    with pytest.raises(OrderNotPossibleError) as caught:
        services.grant_request(actor=officer_of(device), request=asked, segments=[segment(50, 59)])
    assert caught.value.code == "disk.stock_overlap"
    asked.refresh_from_db()
    assert asked.is_waiting


def test_returned_numbers_leave_the_disk_and_it_can_be_cancelled(clerk, device):
    for held in device.authorisations.all():
        asked = services.ask_stock_return(actor=clerk, device=device, kind=held.invoice_kind, count=held.remaining)
        granted = services.grant_request(actor=officer_of(device), request=asked).request
        assert carry_out(granted.command).state == CommandState.DONE
    assert left(device) == 0
    assert not services.open_before_cancel(device, today=device.period_end)["disk.stock_left"]


def test_a_number_issued_meanwhile_stays(clerk, device, card_rack):
    """The disk has the last word: what it used since the request cannot go back, and nothing else does either."""
    have = device.authorisations.get(invoice_kind=KIND).remaining
    asked = services.ask_stock_return(actor=clerk, device=device, kind=KIND, count=have)
    granted = services.grant_request(actor=officer_of(device), request=asked).request
    card_rack.unlock(device)
    card_rack.issue(device, ("1", "100.00", "1.00"))
    assert carry_out(granted.command).state == CommandState.REFUSED
    assert left(device) == have - 1
