"""Reporting a disk lost and replacing it: everything stops at once, and nothing of an open period is guessed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Notice
from clearcard import services as clear_services
from clearcard.models import ClearCardCase
from devices import selectors, services
from devices.act_presentation import request_sentence
from devices.choices import CommandState, DeviceStatus, RequestKind, RequestState
from devices.errors import DeviceUnusableError, LeaseLostError, OrderNotPossibleError, RequestConflictError
from devices.models import Device, DeviceCommand, DeviceReport, DeviceRequest
from devices.signals import device_barred
from taxhall.common.errors import InvalidInputError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.devices.authority import carry_out, officer_of, record_issue
from tests.factories.accounts import MembershipFactory
from tests.factories.clearcard import reviewing_case
from tests.factories.devices import DeviceCommandFactory, DeviceFactory

pytestmark = pytest.mark.django_db
OCTOBER = TaxPeriod.month(2026, 10)


@pytest.fixture
def device(frozen_day, taxpayer_client, card_rack):
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=OCTOBER)
    card_rack.add(device)
    return device


def address(name, device, *more):
    return reverse(f"devices:{name}", args=[device.serial, *more])


def words(answer):
    return answer.content.decode()


def lose(client, device):
    return services.report_loss(actor=client.user, device=device, cause="lost")


def state_of(command):
    return DeviceCommand.objects.get(pk=command.pk).state


# ---- loss ----


def test_a_reported_disk_stops_at_once(taxpayer_client, device):
    page = taxpayer_client.post(address("device-loss", device), {"cause": "stolen", "confirm": "on"}, follow=True)
    assert "已挂失" in words(page)
    device.refresh_from_db()
    assert (device.status, device.barred_at is not None) == (DeviceStatus.LOST, True)
    with pytest.raises(DeviceUnusableError):
        services.queue_command(actor=None, device=device, kind="issue", key="late", payload={})
    assert AuditEvent.objects.filter(action="devices.device_barred").count() == 1
    assert Notice.objects.filter(dedupe_key__startswith="device-loss:").count() == 1


def test_the_word_that_it_is_lost_is_asked_for(taxpayer_client, device):
    answer = taxpayer_client.post(address("device-loss", device), {"cause": "lost"})
    assert answer.status_code == 422
    device.refresh_from_db()
    assert device.status == DeviceStatus.ACTIVE


def test_reporting_twice_is_one_report(taxpayer_client, device):
    first, again = lose(taxpayer_client, device), lose(taxpayer_client, device)
    assert first == again
    assert AuditEvent.objects.filter(action="devices.device_barred").count() == 1


def test_an_outsider_reports_nobody_elses_disk(outsider_client, device):
    with pytest.raises(NotPermittedError):
        lose(outsider_client, device)


def test_what_waited_is_withdrawn_and_what_was_sent_stays_in_doubt(taxpayer_client, device):
    order = services.unblock_pin(actor=officer_of(device), device=device).command
    sent = DeviceCommandFactory(device=device, issue=True, state=CommandState.CLAIMED, fencing=1)
    DeviceCommand.objects.filter(pk=sent.pk).update(state=CommandState.SENDING, sent_at=sent.created_at)
    request = lose(taxpayer_client, device)
    assert state_of(order) == CommandState.CANCELLED
    assert state_of(sent) == CommandState.SENDING
    assert request.base == {"unsettled": 1}


def test_a_claimed_clear_is_not_sent_any_more(taxpayer_client, device):
    command = DeviceCommandFactory(device=device, token={"signed": "earlier"})
    lease = services.claim_command(command_id=command.pk)
    lose(taxpayer_client, device)
    with pytest.raises(LeaseLostError):
        services.mark_sending(lease=lease)
    assert state_of(command) != CommandState.SENDING


def test_a_queued_issue_is_not_claimed_any_more(taxpayer_client, device):
    command = DeviceCommandFactory(device=device, issue=True)
    lose(taxpayer_client, device)
    assert services.claim_to_send(command_id=command.pk) is None


def test_its_case_goes_to_an_officer(taxpayer_client, device):
    case = reviewing_case(taxpayer=device.taxpayer, device=device)
    ClearCardCase.objects.filter(pk=case.pk).update(lane="")
    lose(taxpayer_client, device)
    case = ClearCardCase.objects.get(pk=case.pk)
    assert (case.status, case.lane) == ("reviewing", "officer")
    assert "已挂失" in case.lane_reasons[0]


def test_a_case_whose_signal_was_lost_is_handed_over_by_the_sweeper(taxpayer_client, device, monkeypatch):
    case = reviewing_case(taxpayer=device.taxpayer, device=device)
    ClearCardCase.objects.filter(pk=case.pk).update(lane="")
    with monkeypatch.context() as silent:
        silent.setattr(device_barred, "send_robust", lambda **_: [])
        lose(taxpayer_client, device)
    clear_services.sweep_cases()
    case = ClearCardCase.objects.get(pk=case.pk)
    assert (case.status, case.lane) == ("reviewing", "officer")
    handed = list(case.lane_reasons)
    clear_services.sweep_cases()
    assert ClearCardCase.objects.get(pk=case.pk).lane_reasons == handed


def test_a_running_month_with_invoices_is_not_called_settled(taxpayer_client, device, card_rack, freeze):
    freeze("2026-10-20 10:00")
    card_rack.unlock(device)
    record_issue(card_rack, device, "invoice-1")
    services.read_device(actor=None, device=device)
    device.refresh_from_db()
    request = services.ask_replace(
        actor=taxpayer_client.user, device=device, cause="broken", is_read_now=True, hand_over=True
    )
    assert request.base["carry"]["period"] == "person"
    assert request.base["needs_person"]
    with pytest.raises(OrderNotPossibleError) as refused:
        services.ask_cancel(actor=taxpayer_client.user, device=device, cause="digital")
    assert refused.value.code == "disk.period_not_cleared"


@pytest.mark.parametrize(
    ("signed", "reported", "through", "unreported"),
    [
        ({1: "007", 2: "007"}, {"A": 2}, 2, 0),
        ({1: "007", 2: "007", 3: "007"}, {"A": 2}, 3, 1),
        ({1: "007", 2: "007", 3: "007", 4: "026"}, {"A": 2, "C": 4}, 4, 1),
        ({1: "007", 2: "026"}, {"C": 2}, 2, 1),
        ({1: "007"}, {"A": 1}, 3, 2),
        ({7: "007", 8: "004"}, {"A": 8}, 8, 0),
    ],
    ids=[
        "all reported", "one since", "before the other group's report", "a group that was never reported",
        "signatures that the hall does not hold", "enrolled with a past",
    ],
)  # fmt: skip
def test_each_group_of_kinds_is_reported_by_itself(device, signed, reported, through, unreported):
    for counter, kind in signed.items():
        answer = {"counter": counter, "kind": kind}
        DeviceCommandFactory(device=device, issue=True, state=CommandState.DONE, answer=answer)
    for group, last in reported.items():
        DeviceReport.objects.create(
            device=device, group=group, period_start=OCTOBER.start, period_end=OCTOBER.end, report_counter=1,
            digest=f"{group}{last}", message={"last_counter": last},
        )  # fmt: skip
    device.sign_counter = through
    assert selectors.old_disk_of(device, today=OCTOBER.start, is_read_now=True).signed_since_report == unreported


def test_a_barred_serial_is_not_enrolled_again(taxpayer_client, device):
    lose(taxpayer_client, device)
    with pytest.raises(DeviceUnusableError) as refused:
        services.enrol_card(actor=taxpayer_client.user, taxpayer=device.taxpayer, serial=device.serial)
    assert refused.value.code == "disk.barred"


def test_granting_a_loss_ends_the_disk_should_it_turn_up(taxpayer_client, device, card_rack):
    request = lose(taxpayer_client, device)
    card_rack.pull(device)
    granted = services.grant_request(actor=officer_of(device), request=request)
    command = granted.request.command
    assert carry_out(command).state == CommandState.QUEUED
    assert services.grant_request(actor=officer_of(device), request=request).request.command == command


def test_a_found_disk_is_taken_back_only_once_it_proved_itself(taxpayer_client, device, freeze):
    request, officer = lose(taxpayer_client, device), officer_of(device)
    with pytest.raises(RequestConflictError) as refused:
        services.refuse_request(actor=officer, request=request, note="设备已找回")
    assert refused.value.code == "disk.not_found_again"
    freeze("2026-11-16 11:00")
    services.read_device(actor=taxpayer_client.user, device=device)
    services.refuse_request(actor=officer, request=request, note="设备已找回")
    device.refresh_from_db()
    assert (device.status, device.barred_at) == (DeviceStatus.ACTIVE, None)
    told = Notice.objects.latest("pk")
    assert (told.title, "设备已找回" in told.body) == ("挂失已解除", True)


# ---- replacement ----


def check_page(client, device, cause="damaged"):
    return client.get(address("device-replace-check", device), {"cause": cause})


def hand_in(client, device, **data):
    return client.post(address("device-replace-check", device), {"cause": "damaged", **data}, follow=True)


def test_the_old_disk_is_read_first_and_what_it_can_do_comes_first(taxpayer_client, device):
    taxpayer_client.post(address("device-replace", device), {"cause": "upgrade"})
    page = words(check_page(taxpayer_client, device))
    assert "先在旧盘上办" in page
    assert "旧设备读不出" not in page
    answer = hand_in(taxpayer_client, device)
    assert answer.status_code == 409
    assert not DeviceRequest.objects.exists()


def test_of_a_disk_that_cannot_be_read_nothing_is_guessed(taxpayer_client, device, card_rack, freeze):
    card_rack.unlock(device)
    record_issue(card_rack, device, "before")
    services.read_device(actor=None, device=device)
    card_rack.pull(device)
    freeze("2026-11-16 12:00")
    taxpayer_client.post(address("device-replace", device), {"cause": "damaged"})
    page = words(check_page(taxpayer_client, device))
    assert "旧设备读不出" in page
    assert "已结清" not in page
    assert page.count("<span>交税务人员核实</span>") == 4
    hand_in(taxpayer_client, device)
    base = DeviceRequest.objects.get().base
    assert (base["is_read_now"], base["needs_person"], base["not_uploaded"], base["period"]) == (
        False,
        True,
        1,
        "2026-10",
    )


def test_the_company_may_hand_what_the_disk_cannot_finish_to_a_person(taxpayer_client, device):
    services.read_device(actor=None, device=device)
    first = hand_in(taxpayer_client, device, hand_over="on")
    assert "等待税务人员办理" in words(first)
    hand_in(taxpayer_client, device, hand_over="on")
    assert DeviceRequest.objects.get().base["needs_person"] is True


@pytest.fixture
def replacement(taxpayer_client, device):
    return services.ask_replace(actor=taxpayer_client.user, device=device, cause="damaged", is_read_now=False)


def test_a_person_says_how_the_open_period_is_settled(device, replacement):
    officer = officer_of(device)
    with pytest.raises(InvalidInputError):
        services.grant_request(actor=officer, request=replacement)
    services.grant_request(actor=officer, request=replacement, note="按存根联补录十月，专人跟进")
    device.refresh_from_db()
    assert device.status == DeviceStatus.REPLACED


def test_the_new_disk_is_taken_in_once_and_the_open_period_is_not_moved(
    taxpayer_client, device, replacement, card_rack
):
    services.grant_request(actor=officer_of(device), request=replacement, note="按存根联补录")
    new = DeviceFactory(taxpayer=device.taxpayer, period=TaxPeriod.month(2026, 11))
    card_rack.add(new)
    serial = new.serial
    new.authorisations.all().delete()
    Device.objects.filter(pk=new.pk).delete()
    into = address("request-successor", device, replacement.pk)
    page = taxpayer_client.post(into, {"serial": serial}, follow=True)
    assert "没有移到新设备" in words(page)
    assert "旧设备已停用，新设备已接入，更换完成。" in words(page)
    assert "请插入新设备" not in words(page)
    taxpayer_client.post(into, {"serial": serial})
    replacement.refresh_from_db()
    assert replacement.successor.serial == serial
    assert replacement.successor.taxpayer == device.taxpayer
    assert AuditEvent.objects.filter(action="devices.disk_replaced").count() == 1


@pytest.mark.parametrize(
    ("told", "has_new", "sentence"),
    [
        ("queued", False, "税务人员已同意更换；请插入新设备并接入。"),
        ("queued", True, "新设备已接入，可以使用；旧设备还没有执行注销，请插好旧设备。"),
        ("done", False, "旧设备已注销；请插入新设备并接入。"),
        ("done", True, "旧设备已注销，新设备已接入，更换完成。"),
        ("refused", True, "税务人员已同意，但设备没有执行，原因见下；这次没有改动盘上数据。"),
    ],
)
def test_a_replacement_asks_for_the_new_disk_until_it_is_there(told, has_new, sentence):
    granted = DeviceRequest(kind=RequestKind.REPLACE, state=RequestState.GRANTED, command=DeviceCommand(state=told))
    granted.successor = Device(pk=7) if has_new else None
    assert request_sentence(granted) == sentence


def test_a_new_disk_that_is_not_there_changes_nothing(taxpayer_client, device, replacement):
    services.grant_request(actor=officer_of(device), request=replacement, note="按存根联补录")
    into = address("request-successor", device, replacement.pk)
    answer = taxpayer_client.post(into, {"serial": "661999999999"})
    assert "没有读到这块税控设备" in words(answer)
    same = taxpayer_client.post(into, {"serial": device.serial})
    assert "插入的还是原来的设备" in words(same)
    replacement.refresh_from_db()
    assert replacement.successor is None


def test_no_new_disk_is_taken_in_before_the_officer_agrees(taxpayer_client, device, replacement):
    answer = taxpayer_client.post(address("request-successor", device, replacement.pk), {"serial": "661999999999"})
    assert answer.status_code == 409
    assert "更换申请还没有办理" in words(answer)


def test_an_issuer_takes_in_no_new_disk(device, replacement):
    issuer = MembershipFactory(taxpayer=device.taxpayer, issuer=True)
    services.grant_request(actor=officer_of(device), request=replacement, note="按存根联补录")
    with pytest.raises(NotPermittedError):
        services.enrol_successor(actor=issuer.user, request=replacement, serial="661999999999")


def test_a_lost_disk_can_be_replaced(taxpayer_client, device):
    lose(taxpayer_client, device)
    asked = services.ask_replace(actor=taxpayer_client.user, device=device, cause="lost", is_read_now=False)
    services.grant_request(actor=officer_of(device), request=asked, note="另行补录")
    asked.refresh_from_db()
    device.refresh_from_db()
    assert (asked.kind, asked.state, device.status) == (RequestKind.REPLACE, RequestState.GRANTED, DeviceStatus.LOST)
