"""A disk that cannot tell its last receipt: cleared as any other, but what is not known goes to a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices.choices import DeviceStatus
from devices.gateway.drivers import OWN_DRIVERS
from devices.models import ClearReceiptRecord
from tests.clearcard.scene import Scene
from tests.devices.odd_disk import OddDisk, OddDriver
from tests.harness.cards import CardRack

pytestmark = pytest.mark.django_db


@pytest.fixture
def odd(card_rack: CardRack, make_scene: Callable[..., Scene]) -> Scene:
    """A company with another vendor's disk."""
    card_rack.create, card_rack.drivers = OddDisk.create, (*OWN_DRIVERS, OddDriver())
    return make_scene()


@pytest.fixture
def case(odd: Scene) -> ClearCardCase:
    """Return an approved case of that disk."""
    return odd.approved()


def test_another_vendors_disk_issues_reports_and_is_cleared(odd: Scene, case: ClearCardCase) -> None:
    services.execute_clear(case_id=case.pk)
    assert odd.fresh(case).status == CaseStatus.CLEARED
    assert (odd.device.driver, odd.counter()) == ("odd", 1)
    assert ClearReceiptRecord.objects.filter(device=odd.device).count() == 1


@pytest.mark.parametrize(("moment", "counter"), [("before", 0), ("after", 1)])
def test_an_unknown_outcome_is_neither_guessed_nor_sent_again(
    odd: Scene, case: ClearCardCase, moment: str, counter: int
) -> None:
    odd.rack.faults(odd.device).arm({f"vanish_{moment}": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    assert odd.fresh(case).status == CaseStatus.IN_DOUBT
    odd.rack.pull(odd.device)
    odd.rack.insert(odd.device)
    for _ in range(3):
        services.reconcile_case(case_id=case.pk)
        services.execute_clear(case_id=case.pk)
    held = odd.fresh(case)
    words = selectors.status_words(held)
    assert (held.status, words.word, held.failure_code) == (CaseStatus.MANUAL, "待核实", "clear.no_read_back")
    assert "不作推测" in held.failure_text
    assert odd.counter() == counter
    sent = [each for each in odd.rack.requests if any(step["op"] == "apply_clear" for step in each.steps)]
    assert len(sent) == 1
    assert not ClearReceiptRecord.objects.filter(device=odd.device).exists()
    odd.device.refresh_from_db()
    assert odd.device.status == DeviceStatus.FROZEN
