"""Red confirmations (红字发票信息确认单): asked for by one side, answered by the other within 72 hours, used once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from devices.choices import DIGITAL_KINDS
from invoicing import policies, rules, selectors
from invoicing.choices import ConfirmationSide, ConfirmationState
from invoicing.errors import ConfirmationStateError, RedNotAllowedError, RedProblemsError, RequestReusedError
from invoicing.models import BuyerUse, Invoice, RedConfirmation
from invoicing.rules import confirmation as law
from invoicing.services.numbering import next_in_series
from invoicing.services.red import NOT_YOURS, lock_blue, require_possible, take
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError, NotFoundError
from taxhall.common.money import ZERO
from taxhall.common.policies import require


@dataclass(frozen=True)
class Asked:
    """What a person asks for; no chosen amounts mean all that is left."""

    reason: str
    key: uuid.UUID
    chosen: Mapping[int, Decimal] | None = None
    says_used: bool = False


@transaction.atomic
def request_confirmation(*, actor: User, taxpayer: Taxpayer, blue: Invoice, asked: Asked) -> RedConfirmation:
    """Ask for a digital invoice to be taken back; at once allowed when the buyer has not used it.

    Rule: 国家税务总局公告2024年第11号: unused, the seller alone, the whole; used, either side, and the other one
    answers within 72 hours. One in progress per invoice. The same key is the same confirmation, in whatever state.
    Raises: NotPermittedError; NotFoundError for another's invoice; RedNotAllowedError; RedProblemsError;
    RequestReusedError for a key under which something else was asked for.
    """
    locked = lock_blue(blue.pk)
    side = _side(locked, taxpayer)
    require(policies.can_issue_invoice(actor, taxpayer), NOT_YOURS)
    made = RedConfirmation.objects.filter(key=asked.key).first()
    if made is not None:
        return _same(made, locked, side, asked)
    _require_none_open(locked)
    units = selectors.red_units(locked)
    require_possible(locked, units)
    chosen = rules.whole_of(units) if asked.chosen is None else asked.chosen
    shares = take(units, chosen)
    is_used = asked.says_used or selectors.buyer_has_used(locked)
    problems = list(law.wish_problems(law.Wish(side, asked.reason, is_used, dict(chosen) == rules.whole_of(units))))
    if problems:
        raise RedProblemsError(problems)
    waits = law.needs_answer(is_used=is_used)
    confirmation = RedConfirmation.objects.create(
        key=asked.key,
        number=next_in_series("red_confirmation", f"{locked.taxpayer.bureau.code[1:7]}{clock.today():%y%m}", digits=6),
        taxpayer=locked.taxpayer,
        buyer=Taxpayer.objects.filter(number=locked.buyer_number).first(),
        blue=locked,
        side=side,
        reason=asked.reason,
        is_used=is_used,
        shares={str(each.line): [str(each.amount), str(each.tax)] for each in shares},
        amount=sum((each.amount for each in shares), ZERO),
        tax=sum((each.tax for each in shares), ZERO),
        state=ConfirmationState.WAITING if waits else ConfirmationState.CONFIRMED,
        expires_at=clock.now() + law.ANSWER_WITHIN if waits else None,
        requested_by=actor,
    )
    _audit(actor, "invoicing.confirmation_requested", confirmation)
    _tell_other_side(confirmation, _("请确认红字发票信息确认单") if waits else _("销售方将全额红冲一张发票"))
    return confirmation


def answer_confirmation(
    *,
    actor: User,
    taxpayer: Taxpayer,
    confirmation: RedConfirmation,
    agrees: bool,
    note: str = "",
    outside_number: str = "",
) -> RedConfirmation:
    """Answer for the other side; the same answer again changes nothing.

    Where the buyer is no taxpayer of this hall, the seller records the number under which the buyer confirmed in
    its own hall.
    Raises: NotFoundError for a third company; NotPermittedError; ConfirmationStateError when it is over, also when
    that happened while this answer waited; InvalidInputError.
    """
    lapse_if_overdue(confirmation.pk)
    with transaction.atomic():
        lock_blue(confirmation.blue_id)
        locked = _lock(confirmation.pk)
        side = selectors.side_of(locked, taxpayer)
        require(policies.can_issue_invoice(actor, taxpayer), NOT_YOURS)
        wanted = ConfirmationState.CONFIRMED if agrees else ConfirmationState.REFUSED
        if locked.state == wanted and locked.answered_by_id is not None:
            return locked
        now = clock.now()
        if locked.state != ConfirmationState.WAITING or selectors.is_overdue(locked, now):
            raise ConfirmationStateError(locked)
        locked.outside_number = _who_answers(locked, side, agrees=agrees, outside_number=outside_number)
        if not agrees and not note.strip():
            raise _unclear("note", _("请写明不同意的原因，对方会看到。"))
        locked.state = wanted
        locked.answered_by, locked.answered_at, locked.answer_note = actor, now, note.strip()[:200]
        locked.save()
        _audit(actor, f"invoicing.confirmation_{wanted.value}", locked)
        _tell_other_side(locked, _("红字发票信息确认单：%(state)s") % {"state": wanted.label}, answered=True)
        return locked


@transaction.atomic
def withdraw_confirmation(*, actor: User, taxpayer: Taxpayer, confirmation: RedConfirmation) -> RedConfirmation:
    """Take a confirmation back; only who asked may, and not once a red draft names it.

    Raises: NotPermittedError; ConfirmationStateError.
    """
    lock_blue(confirmation.blue_id)
    locked = _lock(confirmation.pk)
    is_own = selectors.side_of(locked, taxpayer) == locked.side
    require(is_own and policies.can_issue_invoice(actor, taxpayer), _("只有发起确认单的一方可以撤销。"))
    if locked.state == ConfirmationState.WITHDRAWN:
        return locked
    if not locked.is_open or locked.red_id is not None:
        raise ConfirmationStateError(locked)
    locked.state = ConfirmationState.WITHDRAWN
    locked.save(update_fields=["state", "updated_at"])
    _audit(actor, "invoicing.confirmation_withdrawn", locked)
    return locked


@transaction.atomic
def lapse_if_overdue(pk: int) -> bool:
    """Let one confirmation lapse when its 72 hours are over; say whether it did."""
    changed = RedConfirmation.objects.filter(
        pk=pk, state=ConfirmationState.WAITING, expires_at__lte=clock.now()
    ).update(state=ConfirmationState.LAPSED, updated_at=clock.now())
    if changed:
        lapsed = RedConfirmation.objects.select_related("taxpayer", "blue", "buyer").get(pk=pk)
        _audit(None, "invoicing.confirmation_lapsed", lapsed)
    return bool(changed)


def sweep_confirmations() -> int:
    """Let every confirmation lapse that nobody answered in time, and return how many."""
    due = RedConfirmation.objects.filter(state=ConfirmationState.WAITING, expires_at__lte=clock.now())
    return sum(lapse_if_overdue(pk) for pk in list(due.values_list("pk", flat=True)[:500]))


@transaction.atomic
def note_buyer_use(*, buyer: Taxpayer, numbers: Iterable[str], is_used: bool) -> int:
    """Remember that a buyer confirmed the use of digital invoices, or took it back; return how many it concerns.

    Raises: InvalidInputError for the use of one that its seller has taken back as a whole.
    """
    blues = Invoice.objects.filter(kind__in=DIGITAL_KINDS, code="", number__in=set(numbers))
    blues = blues.filter(buyer_number=buyer.number)
    # The same lock that a request takes: it sees the use, or the use sees the request.
    for blue in blues.select_for_update().order_by("pk"):
        if is_used and blue.red_amount and blue.red_amount == blue.amount:
            raise InvalidInputError(
                _("%(number)s 已被销售方全额红冲，不能抵扣，本次没有改动。") % {"number": blue.number},
                next_step=_("请向销售方核实；重新开具的，请录入新的发票。"),
            )
        BuyerUse.objects.update_or_create(invoice=blue, defaults={"is_used": is_used, "changed_at": clock.now()})
    return len(blues)


def _side(blue: Invoice, taxpayer: Taxpayer) -> str:
    if blue.is_digital and blue.taxpayer_id == taxpayer.pk:
        return ConfirmationSide.SELLER.value
    if blue.is_digital and blue.buyer_number == taxpayer.number:
        return ConfirmationSide.BUYER.value
    raise NotFoundError(_("没有找到这张数电票。"))


def _require_none_open(blue: Invoice) -> None:
    standing = selectors.open_confirmation(blue)
    if standing is None or lapse_if_overdue(standing.pk):
        return
    why = _("这张发票已有一份进行中的确认单 %(number)s") % {"number": standing.number}
    raise RedNotAllowedError(code="confirmation.one_open", why=why)


def _who_answers(locked: RedConfirmation, side: str, *, agrees: bool, outside_number: str) -> str:
    """Check that it is the other side that answers; return the number by which an outside buyer did."""
    if locked.buyer_id is None and side == locked.side == ConfirmationSide.SELLER:
        number = "".join(outside_number.split())
        if agrees and not (number.isascii() and number.isdigit() and 16 <= len(number) <= 20):
            raise _unclear("outside_number", _("请填写购买方在其办税平台确认后取得的编号，16 至 20 位数字。"))
        return number[:20]
    require(side != locked.side, _("确认单须由对方确认，发起方不能自己确认。"))
    return ""


def _unclear(field: str, why: str) -> InvalidInputError:
    return InvalidInputError(
        _("没有答复：%(why)s") % {"why": why},
        code="confirmation.unclear",
        next_step=_("请改正后再提交；确认单和发票都没有变化。"),
        fields={field: [why]},
    )


def _same(made: RedConfirmation, blue: Invoice, side: str, asked: Asked) -> RedConfirmation:
    if made.blue_id != blue.pk:
        raise NotFoundError(_("没有找到这份确认单。"))
    chosen = asked.chosen
    if chosen is None and made.state == ConfirmationState.WAITING:
        # Nothing was taken back since, so that all that is left is what it was.
        chosen = rules.whole_of(selectors.red_units(blue))
    is_other_sum = chosen is not None and sum(chosen.values(), ZERO) != made.amount
    if (made.side, made.reason) != (side, asked.reason) or is_other_sum or (asked.says_used and not made.is_used):
        raise RequestReusedError
    return made


def _lock(pk: int) -> RedConfirmation:
    return (
        RedConfirmation.objects.select_for_update(of=("self",)).select_related("taxpayer", "blue", "buyer").get(pk=pk)
    )


def _tell_other_side(confirmation: RedConfirmation, title: str, *, answered: bool = False) -> None:
    to_seller = (confirmation.side == ConfirmationSide.BUYER) != answered
    recipient = confirmation.taxpayer if to_seller else confirmation.buyer
    if recipient is None:
        return
    facts = {"number": confirmation.blue.number, "amount": f"{confirmation.amount + confirmation.tax:,.2f}"}
    account_services.send_notice(
        taxpayer=recipient,
        kind="confirmation",
        title=title,
        body=_("数电票 %(number)s，红冲价税合计 %(amount)s 元。") % facts,
        link=reverse("invoicing:confirmation-detail", args=[confirmation.number]),
        dedupe_key=f"confirmation:{confirmation.number}:{confirmation.state}",
    )


def _audit(actor: User | None, action: str, confirmation: RedConfirmation) -> None:
    data = {
        "number": confirmation.number,
        "reason": confirmation.number,
        "amount": str(confirmation.amount),
        "tax": str(confirmation.tax),
    }
    account_services.record_audit_event(
        actor=actor, action=action, obj=confirmation.blue, taxpayer=confirmation.taxpayer, data=data
    )
