"""A clear whose disk keeps no receipt waits for an officer's evidence, given on the review page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices.gateway.drivers import OWN_DRIVERS
from tests.clearcard.scene import Scene
from tests.console_pages.cases import address, words_of
from tests.console_pages.people import assert_absent, assert_closed, assert_unchanged, enter
from tests.devices.odd_disk import OddDisk, OddDriver
from tests.factories.accounts import BureauFactory
from tests.harness.cards import CardRack

pytestmark = pytest.mark.django_db
EVIDENCE = "检测单 JC-2026-0017：设备界面显示清卡次数 0，经办人李某"


@pytest.fixture
def odd(card_rack: CardRack, make_scene: Callable[..., Scene]) -> Scene:
    """Return a company whose disk has no read-back."""
    card_rack.create, card_rack.drivers = OddDisk.create, (*OWN_DRIVERS, OddDriver())
    return make_scene()


def lost(odd: Scene, moment: str) -> ClearCardCase:
    """Return its case after the clear was sent and never answered."""
    case = odd.approved()
    odd.rack.faults(odd.device).arm({f"vanish_{moment}": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    odd.rack.pull(odd.device)
    odd.rack.insert(odd.device)
    services.reconcile_case(case_id=case.pk)
    return odd.fresh(case)


def sent(case: ClearCardCase, **changes: object) -> dict[str, object]:
    return {"version": case.version, "digest": case.snapshot_digest, "evidence": EVIDENCE} | changes


def test_evidence_on_the_page_sends_it_again(odd: Scene) -> None:
    case, officer = lost(odd, "before"), enter()
    assert "认定没有清卡，重新发送" in words_of(officer.get(address("review", case)))
    assert officer.post(address("settle", case), sent(case)).status_code == 302
    assert odd.fresh(case).status == CaseStatus.COMMANDED
    services.execute_clear(case_id=case.pk)
    assert (odd.fresh(case).status, odd.counter()) == (CaseStatus.CLEARED, 1)


def test_a_disk_whose_counter_moved_is_not_overruled(odd: Scene) -> None:
    case, officer = lost(odd, "after"), enter()
    answer = officer.post(address("settle", case), sent(case))
    assert answer.status_code == 409
    assert "不能认定没有清卡" in words_of(answer)
    assert (odd.fresh(case).status, odd.counter()) == (CaseStatus.MANUAL, 1)


def test_too_little_is_refused_and_stays_in_the_form(odd: Scene) -> None:
    case = lost(odd, "before")
    answer = enter().post(address("settle", case), sent(case, evidence="没有清卡"))
    assert answer.status_code == 422
    assert "没有清卡</textarea>" in answer.content.decode()
    assert_unchanged(case)


def test_nobody_else_settles_it(odd: Scene) -> None:
    case = lost(odd, "before")
    assert_closed(address("settle", case), sent(case), company=odd.taxpayer)
    assert_absent(enter(bureau=BureauFactory(xincheng=True)), "settle", case, sent(case))
    assert_unchanged(case)


def test_a_case_that_waits_for_nothing_of_the_kind_has_no_such_form(odd: Scene) -> None:
    case, officer = odd.approved(), enter()
    assert "认定没有清卡" not in words_of(officer.get(address("review", case)))
    assert officer.post(address("settle", case), sent(case)).status_code == 409
    assert_unchanged(odd.fresh(case))
