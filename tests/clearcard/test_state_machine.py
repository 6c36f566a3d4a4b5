"""Any order of faults, workers and sweeps: the invariants hold after each step, and in the end one clear."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent
from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices.choices import LIVE_COMMAND_STATES, CommandKind
from devices.models import ClearReceiptRecord, DeviceCommand, DeviceReport
from devices.protocol.messages import ClearReceipt
from devices.virtual import VirtualDisk
from devices.virtual.state import DiskState
from tests.clearcard.scene import Scene
from tests.harness.cards import CardRack

pytestmark = pytest.mark.django_db

STEPS = (
    "execute",
    "reconcile",
    "sweep",
    "tear_before",
    "tear_late",
    "vanish_before",
    "vanish_after",
    "garble",
    "pull",
    "insert",
    "minute",
    "retry",
)
FAULTS: dict[str, dict[str, Any]] = {
    "tear_before": {"tear_before_write": 1},
    "tear_late": {"tear_before_write": 2, "tear_share": 0.5},
    "vanish_before": {"vanish_before": True},
    "vanish_after": {"vanish_after": True},
    "garble": {"answer": "random"},
}
UNKNOWN = (CaseStatus.SENDING, CaseStatus.IN_DOUBT, CaseStatus.MANUAL)


def counter_inside(disk: VirtualDisk) -> int:
    """Look into the disk's memory itself, past every command and fault, powered or not."""
    store = disk._store
    was_open = store.is_open
    if not was_open:
        store.open()
    try:
        return DiskState(store).counters.clear
    finally:
        if not was_open:
            store.close()


class Machine:
    """One approved case and what may happen to it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.case = scene.approved()
        self.minutes = itertools.count(1)
        self.lock_date = self.case.device.issue_allowed_until

    def step(self, name: str) -> None:
        """Let one thing happen."""
        pk, rack, device = self.case.pk, self.scene.rack, self.scene.device
        if name in FAULTS:
            rack.faults(device).arm(FAULTS[name] | {"on": "APPLY_CLEAR"})
        elif name == "execute":
            services.execute_clear(case_id=pk)
        elif name == "reconcile":
            services.reconcile_case(case_id=pk)
        elif name == "sweep":
            services.sweep_cases()
        elif name == "pull":
            rack.pull(device)
        elif name == "insert":
            rack.insert(device)
        elif name == "minute":
            hour, minute = divmod(next(self.minutes) * 6, 60)
            self.scene.freeze(f"2026-11-05 {11 + hour:02d}:{minute:02d}")
        elif self.fresh().status == CaseStatus.REFUSED:
            services.retry_case(actor=self.scene.user, case=self.case)

    def fresh(self) -> ClearCardCase:
        """Read the case again."""
        return self.scene.fresh(self.case)

    def check(self) -> None:
        """Hold the invariants of the clear, I1 to I8 and I10; I9 and I11 are held when it settles."""
        case, device = self.fresh(), self.scene.device
        device.refresh_from_db()
        moved = counter_inside(self.scene.disk)
        receipts = list(ClearReceiptRecord.objects.filter(device=device))
        is_cleared = case.status == CaseStatus.CLEARED
        assert len(receipts) == int(is_cleared) == device.clear_counter
        assert moved == len(receipts) or (moved == 1 and case.status in UNKNOWN)
        live = DeviceCommand.objects.filter(device=device, kind=CommandKind.CLEAR, state__in=LIVE_COMMAND_STATES)
        assert live.count() <= 1
        for row in receipts:
            receipt = ClearReceipt.from_json(row.message)
            assert receipt.command_id == str(case.command_id)
            assert DeviceReport.objects.filter(device=device, digest=receipt.report_digest).exists()
        self.check_rows(case)
        word = selectors.status_words(case).word
        assert (word == "已清卡") is is_cleared
        assert word != "未清卡" or moved == 0

    def check_rows(self, case: ClearCardCase) -> None:
        """Hold what the ledger owes: one approval, unbroken and audited steps, a lock date that never goes back."""
        if case.command is not None:
            assert case.command.payload["approved_digest"] == case.approved_digest == case.snapshot_digest
        steps = list(case.transitions.all())
        assert [each.sequence for each in steps] == list(range(1, len(steps) + 1))
        assert all(left.target == right.source for left, right in itertools.pairwise(steps))
        assert steps[-1].target == case.status
        told = AuditEvent.objects.filter(action__in=[f"clearcard.case_{each.action}" for each in steps])
        assert told.filter(data__case=case.number).count() == len(steps)
        allowed_until = self.scene.device.issue_allowed_until
        assert allowed_until == self.lock_date or (allowed_until > self.lock_date and case.status == CaseStatus.CLEARED)

    def settle(self) -> None:
        """After the faults stop: the disk is back, time goes on, the sweeper rings; no person helps."""
        rack, device = self.scene.rack, self.scene.device
        rack.faults(device).clear()
        rack.pull(device)
        rack.insert(device)
        rack.unlock(device)
        for _ in range(8):
            self.step("minute")
            for name in ("reconcile", "retry", "execute"):
                self.step(name)
                self.check()
        assert self.fresh().status == CaseStatus.CLEARED, self.fresh().waiting_text


@pytest.mark.timeout(300)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@example(steps=["vanish_after", "execute", "reconcile"])
@example(steps=["tear_before", "execute", "reconcile", "execute"])
@example(steps=["garble", "execute", "pull", "minute", "reconcile"])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=14))
def test_any_order_of_faults(card_rack: CardRack, freeze: Callable[[str], datetime], steps: list[str]) -> None:
    machine = Machine(Scene(card_rack, freeze))
    machine.check()
    for name in steps:
        machine.step(name)
        machine.check()
    machine.settle()
