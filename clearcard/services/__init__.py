"""Every write of clearcard: one function per action of a user, an officer or the hall itself."""

from __future__ import annotations

from clearcard.services.barred import close_unsent, hand_to_officer
from clearcard.services.basis import take_back_approvals
from clearcard.services.batch import approve_batch
from clearcard.services.complete import accept_receipt, complete_case
from clearcard.services.decide import approve_case, reject_case, return_case
from clearcard.services.execute import execute_clear, reconcile_case
from clearcard.services.hand_in import cancel_hand_in, carry_out_hand_ins, order_hand_in
from clearcard.services.materials import add_material, remove_material, reuse_material
from clearcard.services.prepare import check_device, choose_type, confirm_invoices, fill_case, start_case
from clearcard.services.recompare import compare_waiting, ring_to_compare
from clearcard.services.retry import retry_case
from clearcard.services.review import add_internal_note, claim_case, release_case, review_case
from clearcard.services.settle import settle_as_never_run
from clearcard.services.submit import submit_case, withdraw_case
from clearcard.services.sweep import ring_waiting_cases, sweep_cases
from clearcard.services.transfer import transfer_case
from clearcard.services.waiting import wake_cases

__all__ = [
    "accept_receipt",
    "add_internal_note",
    "add_material",
    "approve_batch",
    "approve_case",
    "cancel_hand_in",
    "carry_out_hand_ins",
    "check_device",
    "choose_type",
    "claim_case",
    "close_unsent",
    "compare_waiting",
    "complete_case",
    "confirm_invoices",
    "execute_clear",
    "fill_case",
    "hand_to_officer",
    "order_hand_in",
    "reconcile_case",
    "reject_case",
    "release_case",
    "remove_material",
    "retry_case",
    "return_case",
    "reuse_material",
    "review_case",
    "ring_to_compare",
    "ring_waiting_cases",
    "settle_as_never_run",
    "start_case",
    "submit_case",
    "sweep_cases",
    "take_back_approvals",
    "transfer_case",
    "wake_cases",
    "withdraw_case",
]
