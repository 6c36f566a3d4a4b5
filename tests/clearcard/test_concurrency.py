"""Two at once, in two real threads with two connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction

from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.errors import TransitionNotAllowedError
from clearcard.models import CaseSubmission, ClearCardCase
from devices.models import ClearReceiptRecord
from taxhall.common.errors import ConflictError
from tests.clearcard.scene import Scene
from tests.factories.accounts import OfficerFactory
from tests.factories.clearcard import reviewing_case

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at the same moment; return what each returned or raised."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        barrier.wait(timeout=20)
        try:
            results[index] = act()
        except Exception as error:  # noqa: BLE001  (handed to the test)
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    return results


def test_two_workers_clear_once(transactional_db: None, scene: Scene) -> None:
    case = scene.approved()

    def work() -> None:
        services.execute_clear(case_id=case.pk)

    assert at_once(work, work, work) == [None] * 3
    assert scene.fresh(case).status == CaseStatus.CLEARED
    assert ClearReceiptRecord.objects.count() == scene.counter() == 1
    assert [each.action for each in case.transitions.all()].count("send") == 1


def test_double_click_submits_once(transactional_db: None, scene: Scene) -> None:
    scene.month()
    case = scene.prepare()
    key = selectors.submit_key(case)

    def click() -> int:
        return services.submit_case(actor=scene.user, case=case, key=key, declaration=True).pk

    assert at_once(click, click, click) == [case.pk] * 3
    assert CaseSubmission.objects.count() == 1


def test_two_tabs_start_one_case(transactional_db: None, scene: Scene) -> None:
    scene.report()

    def start() -> int:
        return services.start_case(actor=scene.user, device=scene.device).pk

    assert len(set(at_once(start, start, start))) == 1
    assert ClearCardCase.objects.count() == 1


def test_two_officers_decide_once(transactional_db: None, freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-05 10:00")
    case = reviewing_case()
    officers = [OfficerFactory(), OfficerFactory()]
    seen = {"version": case.version, "digest": case.snapshot_digest}
    results = at_once(*(lambda who=each: services.approve_case(actor=who, case=case, **seen) for each in officers))
    assert sorted(isinstance(each, ClearCardCase) for each in results) == [False, True]
    loser = next(each for each in results if not isinstance(each, ClearCardCase))
    assert isinstance(loser, TransitionNotAllowedError | ConflictError)
    assert case.transitions.count() == 1


def test_withdrawal_against_approval_leaves_one_truth(
    transactional_db: None, freeze: Callable[[str], datetime]
) -> None:
    freeze("2026-11-05 10:00")
    case = reviewing_case()
    officer = OfficerFactory()
    clerk = _clerk(case)
    at_once(
        lambda: services.withdraw_case(actor=clerk, case=case),
        lambda: services.approve_case(actor=officer, case=case, version=case.version, digest=case.snapshot_digest),
    )
    case.refresh_from_db()
    assert (case.status, case.command is not None) in {("withdrawn", False), ("approved", True)}
    assert case.transitions.count() == 1


def _clerk(case: ClearCardCase) -> Any:
    from tests.factories.accounts import MembershipFactory

    return MembershipFactory(taxpayer=case.taxpayer).user


def test_a_sweep_waits_for_nobody(transactional_db: None, scene: Scene) -> None:
    """A worker that stands still inside its transaction keeps its own case, not the bells of all others."""
    case = scene.approved()
    stands, goes_on = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            ClearCardCase.objects.select_for_update().get(pk=case.pk)
            stands.set()
            goes_on.wait(timeout=20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert stands.wait(timeout=20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        assert services.sweep_cases() == []
    finally:
        goes_on.set()
        holder.join(timeout=20)
    assert services.sweep_cases() == [case.pk]
