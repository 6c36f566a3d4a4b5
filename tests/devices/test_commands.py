"""The whole clear through the services, against a real virtual disk."""

from __future__ import annotations

import pytest

from devices import selectors, services
from devices.choices import CommandState
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory, clear_payload
from tests.harness.cards import CardRack


@pytest.mark.django_db
def test_a_disk_is_cleared_from_the_first_invoice_to_the_receipt(card_rack: CardRack, freeze, profile: str) -> None:
    freeze("2026-10-20 10:00")
    member = MembershipFactory(finance=True)
    from taxhall.common.periods import TaxPeriod

    device = DeviceFactory(taxpayer=member.taxpayer, period=TaxPeriod.month(2026, 10), algorithm=profile)
    card_rack.add(device)
    services.unlock_card(actor=member.user, device=device, pin="26110812")
    card_rack.issue(device, ("1", "1000.00", "10.00"))
    freeze("2026-11-10 10:00")
    report = services.report_card(actor=member.user, device=device)
    assert report.total_rows()[0].amount == 1000
    payload = clear_payload(device, report_digest=report.digest)
    command = services.queue_command(actor=None, device=device, kind="clear", key="k", payload=payload)
    lease = services.claim_command(command_id=command.pk)
    assert lease is not None
    request = services.begin_clear_on_card(device=device, period=device.period)
    token = services.sign_clear_token(command=lease.command, request=request, approval=payload)
    services.mark_sending(lease=lease)
    receipt = services.apply_clear_on_card(device=device, token=token)
    services.record_clear(device=device, command=command, receipt=receipt)
    assert {report.message["algorithm"], request.algorithm, token.algorithm, receipt.algorithm} == {profile}
    device.refresh_from_db()
    command.refresh_from_db()
    assert command.state == CommandState.DONE
    assert device.period.code == "2026-11"
    assert device.clear_counter == 1
    assert not device.is_reported
    reading = services.read_card(device=device)
    assert reading.last_receipt == receipt
    services.record_reading(device=device, reading=reading)
    assert selectors.latest_reading(device) is not None
