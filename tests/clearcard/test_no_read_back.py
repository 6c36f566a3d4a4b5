"""A disk that cannot tell its last receipt: cleared as any other, but what is not known goes to a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.errors import CaseChangedError
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.choices import DeviceStatus
from devices.gateway.drivers import OWN_DRIVERS
from devices.models import ClearReceiptRecord
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError
from tests.clearcard.scene import Scene
from tests.devices.odd_disk import OddDisk, OddDriver
from tests.factories.accounts import OfficerFactory
from tests.harness.cards import CardRack

pytestmark = pytest.mark.django_db
EVIDENCE = "检测单 JC-2026-0017：设备界面显示清卡次数 0，经办人李某"


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


def lose_the_clear(odd: Scene, case: ClearCardCase, moment: str) -> ClearCardCase:
    """Send the clear to a disk that vanishes, put it back, and let the hall look at it."""
    odd.rack.faults(odd.device).arm({f"vanish_{moment}": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    assert odd.fresh(case).status == CaseStatus.IN_DOUBT
    odd.rack.pull(odd.device)
    odd.rack.insert(odd.device)
    services.reconcile_case(case_id=case.pk)
    return odd.fresh(case)


def sent_clears(odd: Scene) -> int:
    """Return how often a clear was handed to the disk."""
    return sum(step["op"] == "apply_clear" for request in odd.rack.requests for step in request.steps)


@pytest.mark.parametrize(("moment", "counter"), [("before", 0), ("after", 1)])
def test_an_unknown_outcome_is_neither_guessed_nor_sent_again(
    odd: Scene, case: ClearCardCase, moment: str, counter: int
) -> None:
    lose_the_clear(odd, case, moment)
    for _ in range(3):
        services.reconcile_case(case_id=case.pk)
        services.execute_clear(case_id=case.pk)
        device_services.read_device(actor=None, device=odd.device)
    held = odd.fresh(case)
    words = selectors.status_words(held)
    assert (held.status, words.word, held.failure_code) == (CaseStatus.MANUAL, "待核实", "clear.no_read_back")
    assert "不作推测" in words.sentence
    assert "对不上" not in words.sentence
    assert (odd.counter(), sent_clears(odd)) == (counter, 1)
    assert not ClearReceiptRecord.objects.filter(device=odd.device).exists()
    odd.device.refresh_from_db()
    assert odd.device.status == DeviceStatus.FROZEN


@pytest.fixture
def officer() -> User:
    """Return an officer of the district who decides on cases."""
    return OfficerFactory()


def test_an_officer_with_evidence_lets_it_be_sent_again(odd: Scene, case: ClearCardCase, officer: User) -> None:
    held = lose_the_clear(odd, case, "before")
    services.settle_as_never_run(actor=officer, case=held, version=held.version, evidence=EVIDENCE)
    again = odd.fresh(case)
    last = again.transitions.last()
    assert (again.status, last.action, last.actor) == (CaseStatus.COMMANDED, "resend", officer)
    assert EVIDENCE in last.note
    services.execute_clear(case_id=case.pk)
    assert (odd.fresh(case).status, odd.counter()) == (CaseStatus.CLEARED, 1)


def test_an_officer_cannot_overrule_the_counter_that_the_disk_signs(
    odd: Scene, case: ClearCardCase, officer: User
) -> None:
    held = lose_the_clear(odd, case, "after")
    with pytest.raises(ConflictError) as caught:
        services.settle_as_never_run(actor=officer, case=held, version=held.version, evidence=EVIDENCE)
    assert caught.value.code == "clear.counter_moved"
    assert (odd.fresh(case).status, sent_clears(odd), odd.counter()) == (CaseStatus.MANUAL, 1, 1)


def test_only_who_may_decide_settles_it_with_evidence_and_over_what_was_seen(
    odd: Scene, case: ClearCardCase, officer: User
) -> None:
    held = lose_the_clear(odd, case, "before")
    with pytest.raises(NotPermittedError):
        services.settle_as_never_run(actor=odd.user, case=held, version=held.version, evidence=EVIDENCE)
    with pytest.raises(InvalidInputError):
        services.settle_as_never_run(actor=officer, case=held, version=held.version, evidence="没有清卡")
    with pytest.raises(CaseChangedError):
        services.settle_as_never_run(actor=officer, case=held, version=held.version - 1, evidence=EVIDENCE)
    assert (odd.fresh(case).status, sent_clears(odd)) == (CaseStatus.MANUAL, 1)
