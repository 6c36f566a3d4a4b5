"""Approving several harmless applications together; each still by itself, under its own lock, with its own record."""

from __future__ import annotations

from collections.abc import Sequence, Set

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from clearcard import selectors
from clearcard.errors import BatchRefusedError
from clearcard.rules import batch as batch_rules
from clearcard.services._cases import lock_case
from clearcard.services.decide import approve_case
from clearcard.shapes import BatchOutcome, SeenCase
from taxhall.common.errors import ConflictError, TaxhallError


def approve_batch(*, actor: User, seen: Sequence[SeenCase], opened: Set[str], note: str = "") -> list[BatchOutcome]:
    """Approve each application that is still exactly what was listed; tell for every one what became of it.

    Rule: one that moved, is held by another or is not harmless any more is left out and named; the others are not
    held up by it. `opened` are the digests whose review page the officer opened. Raises: BatchRefusedError when there
    are none, too many, or the sample was not opened; nothing is approved then.
    """
    seen = list({each.number: each for each in seen}.values())
    _require_sound(actor, seen, opened)
    outcomes = [_approve_one(actor, each, note.strip()) for each in seen]
    with transaction.atomic():
        data = {"approved": [each.number for each in outcomes if each.is_done], "note": note.strip()}
        data["left_out"] = [each.number for each in outcomes if not each.is_done]
        account_services.record_audit_event(actor=actor, action="clearcard.batch_approved", obj=None, data=data)
    return outcomes


def _require_sound(actor: User, seen: Sequence[SeenCase], opened: Set[str]) -> None:
    if not seen:
        raise BatchRefusedError(_("没有勾选申请，什么都没有改变。"), next_step=_("请至少勾选一份。"))
    if len(seen) > batch_rules.LARGEST:
        words = _("一次最多批量审核 %(most)s 份，什么都没有改变。") % {"most": batch_rules.LARGEST}
        raise BatchRefusedError(words, next_step=_("请分批办理。"))
    # Drawn from what waits just so: nothing else that was opened before stands in for one of them.
    waiting = selectors.listed_cases(visible_to=actor, numbers=[each.number for each in seen])
    known = {case.number: case.snapshot_digest for case in waiting}
    drawn = batch_rules.sample([each.digest for each in seen if known.get(each.number) == each.digest])
    unread = set(drawn) - opened
    if names := [each.number for each in seen if each.digest in unread]:
        words = _("抽查的申请还没有打开看过：%(names)s。什么都没有改变。") % {"names": "、".join(names)}
        raise BatchRefusedError(words, next_step=_("请逐份打开抽查的申请，看过后回到本页再确认。"))


def _approve_one(actor: User, seen: SeenCase, note: str) -> BatchOutcome:
    try:
        _approve_locked(actor, seen, note)
    except TaxhallError as error:
        return BatchOutcome(seen.number, is_done=False, words=f"{error.message}{error.next_step}")
    return BatchOutcome(seen.number, is_done=True, words=_("审核通过，系统将自动清卡"))


@transaction.atomic
def _approve_locked(actor: User, seen: SeenCase, note: str) -> None:
    case = lock_case(selectors.get_case(visible_to=actor, number=seen.number), "taxpayer")
    if why_not := selectors.why_not_batch(case):
        raise ConflictError(_("没有批量通过：%(why)s。") % {"why": why_not}, next_step=_("请打开这份申请单独办理。"))
    words = _("批量审核通过。%(note)s") % {"note": note}
    approve_case(actor=actor, case=case, version=seen.version, digest=seen.digest, note=words)
