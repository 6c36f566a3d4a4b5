"""The right of the officer who ordered it ends: before signing nothing is sent, after that the disk's word stands."""

from __future__ import annotations

import pytest

from accounts.models import OfficerPost
from devices import services
from devices.services import errands
from tests.devices.authority import carry_out, due_now, officer_of, order_stock, orders_done
from tests.factories.devices import DeviceAuthorisationFactory, DeviceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(card_rack, frozen_day):
    device = DeviceFactory(authorised=False)
    DeviceAuthorisationFactory(device=device)
    card_rack.add(device)
    card_rack.unlock(device)
    return device


def end_posts(officer) -> None:
    OfficerPost.objects.filter(user=officer).update(is_active=False)


def test_an_order_whose_officer_lost_the_right_before_signing_is_not_sent(device, card_rack):
    officer = officer_of(device)
    command = order_stock(device, actor=officer)
    end_posts(officer)
    done = carry_out(command)
    assert (done.state, done.token) == ("refused", None)
    assert "没有权限" in done.error_text
    assert orders_done(card_rack, device) == 0


@pytest.mark.parametrize("moment", ["after", "before"])
def test_an_order_that_was_being_sent_is_settled_by_the_disk_alone(device, card_rack, monkeypatch, moment):
    """A disk that did it is believed; one that did not is not asked again by somebody without the right."""
    state, count = {"after": ("done", 1), "before": ("refused", 0)}[moment]
    officer = officer_of(device)
    command = order_stock(device, actor=officer)
    apply = errands.apply_order_on_card

    def revoked(**sent):
        end_posts(officer)
        return apply(**sent)

    monkeypatch.setattr(errands, "apply_order_on_card", revoked)
    card_rack.faults(device).arm({f"vanish_{moment}": True, "on": "APPLY_ORDER"})
    assert carry_out(command).state == "in_doubt"
    card_rack.faults(device).clear()
    card_rack.pull(device)
    card_rack.insert(device)
    card_rack.unlock(device)
    due_now(command)
    assert carry_out(command).state == state
    assert orders_done(card_rack, device) == count
    device.refresh_from_db()
    assert services.read_device(actor=None, device=device).order_counter == count
