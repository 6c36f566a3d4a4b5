"""The invariants I1-I11 of the clear, held against the disks' own memory after every event."""

from __future__ import annotations

import itertools
from functools import lru_cache

from clearcard import selectors
from clearcard.choices import DECIDED_STATUSES, CaseStatus
from clearcard.rules import course
from devices.choices import LIVE_COMMAND_STATES, CommandKind, DeviceStatus
from devices.protocol.certificates import DiskCertificate
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import ClearReceipt
from taxhall.simulation.disks import counter_inside
from taxhall.simulation.rows import CaseRow, DeviceRow
from taxhall.simulation.scenario import ELSEWHERE, FINE
from taxhall.simulation.world import World

UNTOUCHED = (CaseStatus.APPROVED, CaseStatus.COMMANDED, CaseStatus.REFUSED, CaseStatus.REVIEWING)


def violations(world: World) -> list[str]:
    """Return every sentence that is not true now."""
    found = [f"the database had to refuse: {each}" for each in world.plan.refused_by_database]
    found += [f"no course expects {each}" for each in world.plan.unexpected]
    for device in world.ledger.devices.values():
        found += _of_device(world, device)
    for case in world.ledger.cases.values():
        found += _of_case(world, case)
    return found


def _of_device(world: World, device: DeviceRow) -> list[str]:
    ledger, disk = world.ledger, world.rack.disks[device.serial]
    moved = counter_inside(disk)
    cases = [case for case in ledger.cases.values() if case.device_id == device.pk]
    receipts = [each for each in ledger.receipts.values() if each.serial == device.serial]
    cleared = [case for case in cases if case.status == CaseStatus.CLEARED]
    live = [row for row in ledger.commands_on(device.pk) if row.kind == CommandKind.CLEAR]
    live = [row for row in live if row.state in LIVE_COMMAND_STATES]
    approved = [case for case in cases if world.plan.meant[case.pk] in (FINE, ELSEWHERE)]
    is_elsewhere = any(world.plan.meant[case.pk] == ELSEWHERE for case in cases)
    found = []
    if moved == len(receipts) or _admits(cases):
        world.set_back.discard(device.pk)
    if moved > len(approved):
        found.append(f"I4/I5: {device.serial} was cleared {moved} times with {len(approved)} approvals")
    if not len(receipts) == len(cleared) == device.clear_counter:
        found.append(f"I1: {len(receipts)} receipts, {len(cleared)} cleared, counter {device.clear_counter}")
    if len(live) > 1:
        found.append(f"I6: {len(live)} live clears of {device.serial}")
    if moved < len(receipts):
        found.append(f"I2: {device.serial} moved {moved} times but {len(receipts)} receipts are booked")
    found += [f"I2: {each}" for receipt in receipts if (each := _flaw(device, receipt, world))]
    if moved > len(receipts) and device.pk not in world.set_back and not _admits(cases) and not is_elsewhere:
        found.append(f"I3: {device.serial} moved while its case is {[str(case.status) for case in cases]}")
    is_manual = any(case.status == CaseStatus.MANUAL for case in cases)
    if device.status == DeviceStatus.FROZEN and moved == device.clear_counter and not is_manual:
        found.append(f"I9: {device.serial} is frozen although disk and ledger agree")
    if receipts and device.issue_allowed_until != max(each.new_cut_off for each in receipts):
        found.append(f"I8: lock date {device.issue_allowed_until} is not the receipt's")
    return found


def _admits(cases: list[CaseRow]) -> bool:
    """Say whether the hall admits that it does not know."""
    return any(case.status in course.IN_DOUBT for case in cases)


def _flaw(device: DeviceRow, receipt: ClearReceipt, world: World) -> str:
    command = world.ledger.commands.get(receipt.command_id)
    if not _is_signed_by(receipt, device.certificate):
        return "a booked receipt is not the disk's"
    if command is None or command.device_id != device.pk:
        return "a booked receipt names another command"
    if receipt.clear_counter_after != receipt.clear_counter_before + 1:
        return "a booked receipt skips a step"
    if not world.plan.may_restore and receipt.token_digest != command.token_digest:
        return "a booked receipt answers another token than the stored one"
    if receipt.report_digest not in world.plan.approved:
        return "a booked receipt is of a report that nobody approved"
    return ""


@lru_cache(maxsize=64)
def _is_signed_by(receipt: ClearReceipt, certificate: str) -> bool:
    """Judge a signature once; the receipt, a frozen message, is looked at after every event."""
    try:
        receipt.verify(DiskCertificate.from_pem(certificate).public_key)
    except ProtocolError:
        return False
    return True


def _of_case(world: World, case: CaseRow) -> list[str]:
    found = []
    device = world.ledger.devices[case.device_id]
    moved = counter_inside(world.rack.disks[device.serial])
    steps = case.transitions
    numbered = [each.sequence for each in steps] == list(range(1, len(steps) + 1))
    chained = all(left.target == right.source for left, right in itertools.pairwise(steps))
    if not (numbered and chained and (not steps or steps[-1].target == case.status)):
        found.append(f"I7: the history of case {case.pk} has a gap")
    # Before a decision the sentence tells days of the calendar, and the disk is not its subject.
    word = _word(case) if case.status in DECIDED_STATUSES else "待审核"
    if (word == "已清卡") != (case.pk in world.ledger.certificates):
        found.append(f"I10: case {case.pk} reads {word} with certificate {case.pk in world.ledger.certificates}")
    is_told_untouched = case.status in UNTOUCHED
    booked = sum(each.serial == device.serial for each in world.ledger.receipts.values())
    is_known = device.pk not in world.set_back and world.plan.meant[case.pk] != ELSEWHERE
    if moved > booked and is_told_untouched and is_known:
        found.append(f"I10: case {case.pk} reads {word}, nothing changed, but the disk moved")
    return found


_WORDS: dict[tuple[str, str], str] = {}


def _word(case: CaseRow) -> str:
    """Return what the page says; it depends on these two alone."""
    key = (str(case.status), case.waiting_code)
    if key not in _WORDS:
        _WORDS[key] = str(selectors.status_words(case).word)  # type: ignore[arg-type]
    return _WORDS[key]


def unfinished(world: World) -> list[str]:
    """Return what did not come to its end although the faults have stopped."""
    found = []
    for case in world.ledger.cases.values():
        device = world.ledger.devices[case.device_id]
        meant = world.plan.meant[case.pk]
        if meant == ELSEWHERE and counter_inside(world.rack.disks[device.serial]) > device.clear_counter:
            # Nobody here can know; the disk is stopped and a person is asked.
            if device.status != DeviceStatus.FROZEN or case.status == CaseStatus.CLEARED:
                found.append(f"liveness: case {case.pk} ({meant}) stands at {case.status}, disk {device.status}")
            continue
        end = CaseStatus.CLEARED if meant in (FINE, ELSEWHERE) else CaseStatus.REVIEWING
        if case.status != end:
            found.append(f"liveness: case {case.pk} ({meant}) stands at {case.status} {case.waiting_code}")
        if device.status != DeviceStatus.ACTIVE:
            found.append(f"liveness: disk {device.serial} is {device.status}")
    return found
