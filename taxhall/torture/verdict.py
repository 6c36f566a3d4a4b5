"""What became of a case, read anew from the disk's file and from every row: the invariants I1-I11, one by one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from accounts.models import AuditEvent
from clearcard import selectors
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices.choices import CommandKind, DeviceStatus
from devices.models import ClearReceiptRecord, Device, DeviceCommand, DeviceReport
from devices.protocol.certificates import DiskCertificate
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import ClearReceipt
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from taxhall.torture.diskfile import DiskFile
from taxhall.torture.lane import Lane
from taxhall.torture.watch import CLEARED, is_strange

SURVIVED, LOST, DOUBLE, UNTRUE, UNFINISHED, BROKEN = "survived", "lost", "double", "untrue", "unfinished", "broken"
NOT_REACHED = "the place was not reached"


@dataclass
class Verdict:
    """The worst that is true of a case, and why."""

    outcome: str = SURVIVED
    was_in_doubt: bool = False
    reasons: list[str] = field(default_factory=list)

    @property
    def is_miss(self) -> bool:
        """Whether the blow found nobody at its place and nothing else is amiss: this says nothing of the hall."""
        return self.reasons == [NOT_REACHED]

    def add(self, outcome: str, reason: str, *, when: bool) -> None:
        """Note what is wrong; the first outcome that is not survival stays."""
        if not when:
            return
        self.reasons.append(reason)
        if self.outcome == SURVIVED:
            self.outcome = outcome


def judge(lane: Lane) -> Verdict:
    """Return the verdict on a case that has come to rest."""
    verdict = Verdict()
    if lane.is_issue:
        _judge_issue(lane, verdict)
    else:
        _judge_clear(lane, verdict)
    if lane.understudy is not None:
        other = DiskFile(lane.grounds.served / lane.understudy.path.name)
        written = other.clears != 0 or other.signatures != 1
        verdict.add(BROKEN, "the wrong disk was written", when=written)
    verdict.add(UNTRUE, "; ".join(lane.untrue), when=bool(lane.untrue))
    return verdict


def is_at_rest(lane: Lane) -> bool:
    """Say whether nothing more will happen by itself."""
    if lane.is_issue:
        return bool(Invoice.objects.get(pk=lane.pk).state == InvoiceState.ISSUED)
    case = ClearCardCase.objects.select_related("device").get(pk=lane.pk)
    if is_strange(lane):
        stands = case.status in (CaseStatus.REVIEWING, CaseStatus.MANUAL) or case.waiting_code == "disk.frozen"
        return bool(stands and case.device.status == DeviceStatus.FROZEN)
    return bool(case.status == CaseStatus.CLEARED)


def _judge_clear(lane: Lane, verdict: Verdict) -> None:
    case = ClearCardCase.objects.select_related("device", "command").get(pk=lane.pk)
    device: Device = case.device
    receipts = list(ClearReceiptRecord.objects.filter(device=device))
    own = 0 if is_strange(lane) else lane.disk.clears
    cleared = case.status == CaseStatus.CLEARED
    verdict.was_in_doubt = case.transitions.filter(target=CaseStatus.IN_DOUBT).exists()
    verdict.add(DOUBLE, f"I1: the disk was cleared {lane.disk.clears} times", when=lane.disk.clears > 1)
    verdict.add(DOUBLE, f"I1: {len(receipts)} receipts", when=len(receipts) > 1)
    verdict.add(LOST, "I1: the disk moved and no receipt is booked", when=own > len(receipts))
    verdict.add(LOST, "I2: a receipt is booked and the disk did not move", when=len(receipts) > lane.disk.clears)
    verdict.add(LOST, "I1: the receipt is booked and the case is not cleared", when=len(receipts) != int(cleared))
    for row in receipts:
        _judge_receipt(row, case, lane, verdict)
    _judge_rows(case, device, lane, verdict)
    verdict.add(UNFINISHED, _standing(case), when=not is_at_rest(lane))


def _judge_receipt(row: ClearReceiptRecord, case: ClearCardCase, lane: Lane, verdict: Verdict) -> None:
    receipt = ClearReceipt.from_json(row.message)
    try:
        receipt.verify(DiskCertificate.from_pem(case.device.certificate).public_key)
    except ProtocolError as error:
        verdict.add(BROKEN, f"I2: {error}", when=True)
    verdict.add(BROKEN, "I2: the receipt names another command", when=receipt.command_id != str(case.command_id))
    step = (receipt.clear_counter_before, receipt.clear_counter_after)
    verdict.add(BROKEN, f"I2: the receipt goes {step}", when=step != (0, 1))
    kept = lane.disk.receipt
    verdict.add(BROKEN, "I2: the disk holds another receipt", when=kept is None or kept[0] != receipt.raw)
    known = DeviceReport.objects.filter(device=case.device, digest=receipt.report_digest).exists()
    verdict.add(BROKEN, "I5: cleared without the report in the hall", when=not known)
    paper = selectors.find_certificate(case)
    told = "" if paper is None else str(paper.payload["receipt_digest"])
    verdict.add(LOST, "the certificate does not state this receipt", when=told != row.digest)


def _judge_rows(case: ClearCardCase, device: Device, lane: Lane, verdict: Verdict) -> None:
    steps = list(case.transitions.all())
    command = case.command
    approved = command is None or command.payload["approved_digest"] == case.approved_digest == case.snapshot_digest
    verdict.add(BROKEN, "I4: the command is of another approval", when=not approved)
    live = DeviceCommand.objects.filter(device=device, kind=CommandKind.CLEAR).live_clears().count()
    verdict.add(DOUBLE, f"I6: {live} live commands", when=live > 1)
    numbered = [each.sequence for each in steps] == list(range(1, len(steps) + 1))
    chained = all(left.target == right.source for left, right in itertools.pairwise(steps))
    told = AuditEvent.objects.filter(action__in=[f"clearcard.case_{each.action}" for each in steps])
    audited = told.filter(data__case=case.number).count()
    whole = numbered and chained and audited == len(steps)
    verdict.add(BROKEN, f"I7: {len(steps)} steps, {audited} in the audit trail", when=not whole)
    same = is_strange(lane) or device.issue_allowed_until.isoformat() == lane.disk.lock_date
    verdict.add(BROKEN, f"I8: lock date {device.issue_allowed_until}, disk {lane.disk.lock_date}", when=not same)
    verdict.add(BROKEN, "I9: the disk does not answer any more", when=lane.visit({"op": "status"}) is None)
    word = selectors.status_words(case).word
    verdict.add(
        UNTRUE, f"I10: at the end it reads {word}", when=(word == CLEARED) != (case.status == CaseStatus.CLEARED)
    )


def _standing(case: ClearCardCase) -> str:
    return f"liveness: stands at {case.status} {case.waiting_code} {case.failure_code}"


def _judge_issue(lane: Lane, verdict: Verdict) -> None:
    invoice = Invoice.objects.select_related("device").get(pk=lane.pk)
    request = "" if invoice.request_id is None else invoice.request_id.hex
    signed = [each for each in lane.disk.records_of(request) if not each["is_void"]]
    fresh = lane.disk.signatures - lane.signatures_before
    issued = invoice.state == InvoiceState.ISSUED
    doubted = AuditEvent.objects.filter(action="invoicing.outcome_unknown", object_id=str(invoice.pk))
    verdict.was_in_doubt = doubted.exists()
    verdict.add(DOUBLE, f"the disk signed {fresh} records for one order", when=fresh > 1 or len(signed) > 1)
    verdict.add(LOST, "the disk signed and the ledger does not have it", when=fresh == 1 and not issued)
    verdict.add(LOST, "the ledger has it and the disk did not sign", when=issued and fresh == 0)
    same = not issued or (len(signed) == 1 and signed[0]["number"] == invoice.number)
    verdict.add(BROKEN, f"number {invoice.number} is not the disk's", when=not same)
    verdict.add(BROKEN, "I9: the disk does not answer any more", when=lane.visit({"op": "status"}) is None)
    words = f"liveness: stands at {invoice.state} {invoice.error_code}"
    verdict.add(UNFINISHED, words, when=not is_at_rest(lane))
