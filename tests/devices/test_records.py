"""What disks said becomes rows: verified, once, never changed, never backwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from devices import selectors, services
from devices.errors import (
    BadSignatureError,
    CardAbsentError,
    CardOutcomeUnknownError,
    CertificateRefusedError,
    CommandConflictError,
    DiffersFromReviewError,
    DiskError,
    SignerNotHereError,
)
from devices.messages import advice, all_advice
from devices.models import ClearReceiptRecord, Device, DeviceReading, DeviceReport
from devices.protocol.profiles import PrivateKey
from devices.protocol.status_words import MEANINGS
from devices.signer.file import FileSigner
from taxhall.common.periods import TaxPeriod
from tests.conftest import ZONE
from tests.factories.accounts import MembershipFactory, TaxpayerFactory
from tests.factories.devices import DeviceAuthorisationFactory, DeviceFactory, DeviceReadingFactory, clear_payload

pytestmark = pytest.mark.django_db
OCTOBER = TaxPeriod.month(2026, 10)


@pytest.fixture
def device(frozen_day, card_rack):
    device = DeviceFactory(period=OCTOBER)
    card_rack.add(device)
    card_rack.unlock(device)
    return device


@pytest.fixture
def member(device):
    return MembershipFactory(taxpayer=device.taxpayer, finance=True).user


@pytest.fixture
def claimed(device, member):
    report = services.report_card(actor=member, device=device)
    payload = clear_payload(device, report_digest=report.digest)
    command = services.queue_command(actor=member, device=device, kind="clear", key="clear", payload=payload)
    return services.claim_command(command_id=command.pk)


def sign(device, lease, **changes):
    request = services.begin_clear_on_card(device=device, period=device.period)
    approval = lease.command.payload | changes
    return services.sign_clear_token(command=lease.command, request=request, approval=approval)


def clear_on_disk(device, lease):
    token = sign(device, lease)
    services.mark_sending(lease=lease)
    return services.apply_clear_on_card(device=device, token=token)


def test_the_same_report_is_one_row(device, member):
    assert services.report_card(actor=member, device=device) == services.report_card(actor=member, device=device)


def test_a_report_signed_by_another_key_is_not_kept(device, member):
    message = services.report_card(actor=member, device=device).to_message()
    forged = replace(message, report_counter=9).seal(PrivateKey.generate())
    with pytest.raises(BadSignatureError):
        services.record_report(actor=None, device=device, report=forged)


def test_a_clear_moves_the_window_once(device, claimed):
    receipt = clear_on_disk(device, claimed)
    first = services.record_clear(device=device, command=claimed.command, receipt=receipt)
    assert services.record_clear(device=device, command=claimed.command, receipt=receipt) == first
    device.refresh_from_db()
    assert (device.period.code, device.clear_counter, device.is_reported) == ("2026-11", 1, False)
    assert device.issue_allowed_until == receipt.new_cut_off
    assert ClearReceiptRecord.objects.count() == 1


def test_a_receipt_of_another_key_clears_nothing(device, claimed):
    receipt = clear_on_disk(device, claimed)
    with pytest.raises(BadSignatureError):
        services.record_clear(device=device, command=claimed.command, receipt=receipt.seal(PrivateKey.generate()))
    assert not ClearReceiptRecord.objects.exists()


def test_a_receipt_for_another_command_clears_nothing(device, claimed):
    receipt = clear_on_disk(device, claimed)
    other = services.queue_command(actor=None, device=device, kind="issue", key="issue", payload={})
    with pytest.raises(CommandConflictError):
        services.record_clear(device=device, command=other, receipt=receipt)


def test_a_receipt_lost_on_the_way_is_read_back(device, claimed, card_rack):
    token = sign(device, claimed)
    services.mark_sending(lease=claimed)
    card_rack.faults(device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    with pytest.raises(CardOutcomeUnknownError):
        services.apply_clear_on_card(device=device, token=token)
    receipt = services.last_clear_on_card(device=device)
    assert receipt is not None
    assert receipt.command_id == str(claimed.command_id)
    services.record_clear(device=device, command=claimed.command, receipt=receipt)


@pytest.mark.parametrize("write", range(1, 7))
def test_a_power_cut_at_any_write_leaves_the_old_state_or_the_new_with_its_receipt(device, claimed, card_rack, write):
    token = sign(device, claimed)
    services.mark_sending(lease=claimed)
    card_rack.faults(device).arm({"tear_before_write": write})
    error = None
    try:
        services.apply_clear_on_card(device=device, token=token)
    except DiskError as caught:
        error = caught
    card_rack.faults(device).clear()
    reading = services.read_card(device=device)
    assert reading.status.clear_counter == (0 if reading.last_receipt is None else 1)
    if error is None:
        assert reading.last_receipt is not None
    elif error.code != "disk.outcome_unknown":
        assert reading.last_receipt is None


def test_only_the_device_worker_signs(device, claimed, settings):
    settings.HALL_ROLE = "web"
    with pytest.raises(SignerNotHereError):
        sign(device, claimed)


def test_a_hall_without_a_key_of_the_disks_profile_says_so_and_signs_nothing(device, claimed, settings, card_rack):
    sm_key, file_signer = str(card_rack.keys.clear_key("sm")), "devices.signer.file.FileSigner"
    wrong = [
        {},
        {"sm": settings.DEVICE_SIGNERS["sm"]},
        {"intl": ("", "")},
        {"intl": (file_signer, "")},
        {"intl": (file_signer, sm_key)},
        {"intl": ("tests.devices.test_records.sm_signer", sm_key)},
    ]
    for signers in wrong:
        settings.DEVICE_SIGNERS = signers
        with pytest.raises(SignerNotHereError):
            sign(device, claimed)
    claimed.command.refresh_from_db()
    assert claimed.command.token is None


def sm_signer(address, algorithm):
    """Return a signer that does not look at what it is asked for."""
    return FileSigner(address, algorithm="sm")


@pytest.mark.parametrize("name", ["case", "period_end", "report_digest", "new_cut_off"])
def test_what_differs_from_the_approval_is_not_signed(device, claimed, name):
    with pytest.raises(DiffersFromReviewError) as caught:
        sign(device, claimed, **{name: "2026-01-01"})
    assert caught.value.difference == name


def test_a_report_that_is_not_the_reviewed_one_is_not_signed(device, claimed):
    claimed.command.payload["report_digest"] = "f" * 64
    with pytest.raises(DiffersFromReviewError):
        sign(device, claimed)


def test_the_same_request_gets_the_stored_token(device, claimed):
    request = services.begin_clear_on_card(device=device, period=device.period)
    once = services.sign_clear_token(command=claimed.command, request=request, approval=claimed.command.payload)
    again = services.sign_clear_token(command=claimed.command, request=request, approval=claimed.command.payload)
    assert once == again


def test_a_disk_ahead_of_the_ledger_is_frozen_until_its_receipt_is_recorded(device, claimed):
    receipt = clear_on_disk(device, claimed)
    # As after a restore of the database: the disk was cleared, and nothing here knows of it.
    services.requeue_command(command=claimed.command)
    frozen = services.read_device(actor=None, device=device)
    assert frozen.status == "frozen"
    assert frozen.period == OCTOBER
    services.record_clear(device=device, command=claimed.command, receipt=receipt)
    device.refresh_from_db()
    assert (device.status, device.clear_counter) == ("active", 1)


def test_a_clear_in_doubt_explains_a_counter_ahead(device, claimed):
    clear_on_disk(device, claimed)
    assert services.read_device(actor=None, device=device).status == "active"


def test_a_look_from_before_the_clear_that_comes_in_late_freezes_nothing(device, claimed):
    old_look = services.read_card(device=device)
    receipt = clear_on_disk(device, claimed)
    services.record_clear(device=device, command=claimed.command, receipt=receipt)
    assert services.record_reading(device=device, reading=old_look).status == "active"


def test_a_disk_that_went_back_is_frozen(device, claimed):
    old_look = services.read_card(device=device)
    receipt = clear_on_disk(device, claimed)
    services.record_clear(device=device, command=claimed.command, receipt=receipt)
    copied = replace(old_look, known_before=1)
    assert services.record_reading(device=device, reading=copied).status == "frozen"


def test_the_window_never_goes_back(device):
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.filter(pk=device.pk).update(period_start=TaxPeriod.month(2026, 9).start)


def test_records_are_never_changed():
    reading = DeviceReadingFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        DeviceReading.objects.filter(pk=reading.pk).update(reader="other")
    with pytest.raises(IntegrityError), transaction.atomic():
        DeviceReading.objects.filter(pk=reading.pk)._raw_delete("default")


def test_a_reading_refreshes_stock_and_drift(device, card_rack):
    card_rack.issue(device, ("1", "100.00", "1.00"))
    device.authorisations.update(next_number=1)
    read = services.read_device(actor=None, device=device)
    assert read.offline_count == 1
    assert abs(read.clock_drift_seconds) <= 1
    assert read.authorisations.get(invoice_kind="007").next_number == 10_000_002


def test_a_reading_takes_back_what_the_disk_may_no_longer_issue(device, card_rack):
    DeviceAuthorisationFactory(device=device, invoice_kind="026", segment_code="061002600111")
    kept = set(device.authorisations.exclude(invoice_kind="026").values_list("pk", flat=True))
    read = services.read_device(actor=None, device=device)
    assert set(read.authorisations.values_list("pk", flat=True)) == kept


def test_a_signed_record_moves_the_copies_once(device, card_rack):
    signed = card_rack.issue(device, ("1", "100.00", "1.00"))
    for _ in range(2):
        services.record_signed(device=device, signed=signed)
    device.refresh_from_db()
    assert (device.sign_counter, device.offline_count) == (1, 1)


def test_no_card_call_inside_a_transaction(device):
    with transaction.atomic(), pytest.raises(RuntimeError):
        services.read_card(device=device)


def test_an_absent_disk_had_nothing_sent(device, card_rack):
    card_rack.pull(device)
    with pytest.raises(CardAbsentError):
        services.read_card(device=device)


def test_enrolment_believes_only_the_device_ca(device, card_rack, settings, tmp_path):
    reading = services.read_card(device=device)
    arguments = {"actor": None, "certificate": reading.identity.certificate, "status": reading.status}
    taxpayer = device.taxpayer
    assert services.enrol_device(taxpayer=taxpayer, **arguments) == device
    with pytest.raises(CertificateRefusedError):
        services.enrol_device(taxpayer=TaxpayerFactory(), **arguments)
    settings.DEVICE_CA_FILE = str(tmp_path / "none.pem")
    with pytest.raises(CertificateRefusedError):
        services.enrol_device(taxpayer=taxpayer, **arguments)


def test_a_new_disk_is_enrolled_by_its_own_proof(frozen_day, card_rack, profile):
    device = DeviceFactory(period=OCTOBER, algorithm=profile)
    card_rack.add(device)
    serial, taxpayer = device.serial, device.taxpayer
    device.delete()
    enrolled = services.enrol_card(actor=None, taxpayer=taxpayer, serial=serial)
    assert (enrolled.period, enrolled.authorisations.count()) == (OCTOBER, 2)
    assert enrolled.algorithm == profile
    assert DeviceReading.objects.filter(device=enrolled).exists()


def test_every_code_of_a_disk_has_words_and_a_next_step():
    for_programs = {"disk.wrong_length", "disk.not_selected", "disk.wrong_data", "disk.not_found"}
    for_programs |= {"disk.wrong_parameters", "disk.unsupported"}
    told = {entry.code for entry in all_advice()}
    assert {meaning.code for meaning in MEANINGS.values()} - for_programs <= told
    assert all(str(entry.message) and str(entry.next_step) for entry in all_advice())
    assert "disk.never_heard" in str(advice("disk.never_heard").message)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pin_tries": 0}, "disk.pin_blocked"),
        ({"clock_drift_seconds": 400}, "disk.clock_skew"),
        ({"offline_count": 100}, "disk.offline_count"),
        ({"offline_amount": Decimal("1000000.00")}, "disk.offline_amount"),
        ({"offline_since": datetime(2026, 11, 13, 9, 59, tzinfo=ZONE)}, "disk.offline_hours"),
        ({"lost": True}, "disk.lost"),
        ({"authorised": False}, "disk.kind_not_authorised"),
    ],
)
def test_what_stands_in_the_way_of_issuing_is_told(frozen_day, changes, code):
    device = DeviceFactory(period=OCTOBER, **changes)
    assert [each.code for each in selectors.can_issue_on(device, frozen_day.date())] == [code]


def test_nothing_stands_in_the_way_of_a_healthy_disk(frozen_day):
    assert selectors.can_issue_on(DeviceFactory(period=OCTOBER), frozen_day.date()) == []


def test_the_latest_report_of_a_period_is_found(device, member):
    report = services.report_card(actor=member, device=device)
    assert selectors.latest_report(device=device, period=OCTOBER) == report
    assert DeviceReport.objects.count() == 1
