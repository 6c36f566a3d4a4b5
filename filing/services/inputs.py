"""The input side: entering vouchers, ticking them into a period, transferring tax out again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from filing import policies, selectors
from filing.choices import TickState, TransferLine, VoucherCheck
from filing.errors import InputLockedError, VoucherRefusedError
from filing.models import InputTransfer, InputVoucher
from filing.services.uses import free_uses
from invoicing import selectors as invoicing_selectors
from invoicing import services as invoicing_services
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require


@dataclass(frozen=True)
class VoucherDraft:
    """One voucher as it was typed or read from a file."""

    kind: str
    code: str
    number: str
    dated_on: date
    seller_number: str
    seller_name: str
    amount: Decimal
    tax: Decimal
    is_real_estate: bool = False


@transaction.atomic
def add_vouchers(*, actor: User, taxpayer: Taxpayer, drafts: Sequence[VoucherDraft]) -> list[InputVoucher]:
    """Enter vouchers, all or none; each is checked against those entered and those the hall issued.

    Raises: NotPermittedError; VoucherRefusedError that names every refused row and why.
    """
    taxpayer = _hold_company(taxpayer.pk)
    require(policies.can_start_return(actor, taxpayer), _("您在这家企业的身份不能录入进项凭证。"))
    found = selectors.check_vouchers(taxpayer=taxpayer, drafts=drafts)
    refused = {f"{row + 1}": [each.problem] for row, each in enumerate(found) if each.problem}
    if refused:
        raise VoucherRefusedError(
            _("有 %(count)s 张凭证不能录入，本次一张都没有录入。") % {"count": len(refused)},
            next_step=_("请按下面逐行改正后再录入。"), fields=refused,
        )  # fmt: skip
    rows = InputVoucher.objects.bulk_create(
        InputVoucher(
            taxpayer=taxpayer, added_by=actor, kind=each.kind, code=each.code, number=each.number,
            dated_on=each.dated_on, seller_number=each.seller_number, seller_name=each.seller_name,
            amount=each.amount, tax=each.tax, is_real_estate=each.is_real_estate,
            check_result=VoucherCheck.MATCHED if result.is_matched else VoucherCheck.UNKNOWN,
        )
        for each, result in zip(drafts, found, strict=True)
    )  # fmt: skip
    _audit(actor, "filing.vouchers_added", taxpayer, count=len(rows))
    return rows


def _hold_company(pk: int) -> Taxpayer:
    """Let one act on the input side of a company go on at a time.

    Not against those who only name the company in a new row: who takes a digital invoice back does so while it
    holds the invoice for which a tick waits.
    """
    found: Taxpayer = Taxpayer.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    return found


@transaction.atomic
def tick_vouchers(
    *, actor: User, taxpayer: Taxpayer, period: TaxPeriod, pks: Iterable[int], state: str
) -> list[InputVoucher]:
    """Tick vouchers into a period for deduction or not (勾选), or take the tick back; all or none.

    Rule: a period whose return is filed no longer changes; a voucher counts in one period only, and what a filed
    return counts is not deducted elsewhere before its correction is filed.
    Raises: NotPermittedError; InputLockedError; InvalidInputError.
    """
    taxpayer = _hold_company(taxpayer.pk)
    require(policies.can_start_return(actor, taxpayer), _("您在这家企业的身份不能勾选进项凭证。"))
    if state not in TickState.values:
        raise InvalidInputError(_("没有这种勾选，本次没有改动。"))
    wanted = set(pks)
    rows = list(InputVoucher.objects.select_for_update().filter(taxpayer=taxpayer, pk__in=wanted).order_by("pk"))
    if not rows or len(rows) != len(wanted):
        raise InvalidInputError(_("没有选中可以勾选的凭证，本次没有改动。"), next_step=_("请在列表里选中凭证后再试。"))
    _require_open(taxpayer, period)
    if state != TickState.OPEN:
        _require_not_counted(taxpayer, period, wanted)
    for row in rows:
        _require_tickable(row, period)
        row.state = state
        row.period_start = None if state == TickState.OPEN else period.start
        row.ticked_at = None if state == TickState.OPEN else clock.now()
        row.save(update_fields=["state", "period_start", "ticked_at", "updated_at"])
    numbers = [row.number for row in rows]
    if state == TickState.DEDUCTED:
        _require_standing(rows)
    # The seller of a digital invoice may take it back alone only while its buyer has not used it.
    if state == TickState.OPEN:
        free_uses(taxpayer=taxpayer, pks=wanted)
    else:
        invoicing_services.note_buyer_use(buyer=taxpayer, numbers=numbers, is_used=True)
    _audit(actor, "filing.vouchers_ticked", taxpayer, period=period.code, state=state, count=len(rows))
    return rows


def _require_not_counted(taxpayer: Taxpayer, period: TaxPeriod, pks: set[int]) -> None:
    counting = selectors.find_counting_period(taxpayer=taxpayer, pks=pks, but=period)
    if counting is not None:
        raise InputLockedError(
            _("%(period)s的申报表已抵扣其中的凭证，更正申报还没有提交，本次没有改动。") % {"period": counting.label},
            next_step=_("请先提交那一期的更正申报，再在这一期勾选。"),
        )


def _require_standing(rows: list[InputVoucher]) -> None:
    """Let nothing be deducted that its seller took back as a whole; of a digital one its lock is asked again."""
    issued = invoicing_selectors.find_issued(numbers=[row.number for row in rows])
    for row in rows:
        facts = issued.get((row.code, row.number))
        if facts is not None and (facts.is_voided or facts.is_taken_back):
            raise InvalidInputError(
                _("%(voucher)s 已被销售方作废或全额红冲，不能抵扣，本次没有改动。") % {"voucher": row},
                next_step=_("请向销售方核实；重新开具的，请录入新的发票。"),
            )


def _require_tickable(row: InputVoucher, period: TaxPeriod) -> None:
    if row.period_start is not None and row.period_start != period.start:
        raise InputLockedError(
            _("%(voucher)s 已勾选在别的所属期，本次没有改动。") % {"voucher": row},
            next_step=_("请先到那个所属期撤销勾选。"),
        )
    if row.dated_on > period.end:
        raise InvalidInputError(
            _("%(voucher)s 的开具日期晚于 %(period)s，不能在这一期勾选，本次没有改动。")
            % {"voucher": row, "period": period.label}
        )
    if row.state == TickState.DEDUCTED and row.transfers.filter(is_cancelled=False).exists():
        raise InputLockedError(
            _("%(voucher)s 已登记进项税额转出，本次没有改动。") % {"voucher": row}, next_step=_("请先撤销转出登记。")
        )


@transaction.atomic
def record_transfer(
    *, actor: User, taxpayer: Taxpayer, period: TaxPeriod, line: str, tax: Decimal, reason: str,
    notice_number: str = "", voucher: InputVoucher | None = None,
) -> InputTransfer:  # fmt: skip
    """Record input tax that is transferred out in a period (进项税额转出).

    Raises: NotPermittedError; InputLockedError; InvalidInputError for a sum, row or notice that does not do.
    """
    taxpayer = _hold_company(taxpayer.pk)
    require(policies.can_start_return(actor, taxpayer), _("您在这家企业的身份不能登记进项税额转出。"))
    _require_open(taxpayer, period)
    row = InputTransfer(
        taxpayer=taxpayer, period_start=period.start, line=line, tax=tax, reason=reason.strip()[:200],
        notice_number=notice_number.strip(), voucher=voucher, recorded_by=actor,
    )  # fmt: skip
    problems = _transfer_problems(row)
    if problems:
        raise InvalidInputError(_("这笔进项税额转出不能登记，没有保存。"), fields=problems)
    row.save()
    _audit(actor, "filing.input_transferred", taxpayer, period=period.code, line=line, tax=str(tax))
    return row


def _transfer_problems(row: InputTransfer) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if row.line not in TransferLine.values:
        problems["line"] = [_("请选择转出的原因类别")]
    if row.tax <= ZERO:
        problems["tax"] = [_("转出税额应大于零")]
    if not row.reason:
        problems["reason"] = [_("请填写转出原因")]
    if row.line == TransferLine.RED_NOTICE and not row.notice_number:
        problems["notice_number"] = [_("红字信息表的转出，请填写信息表编号")]
    taken = InputTransfer.objects.filter(taxpayer=row.taxpayer, notice_number=row.notice_number, is_cancelled=False)
    if row.notice_number and taken.exists():
        problems["notice_number"] = [_("这个信息表编号已经登记过")]
    known = selectors.red_transfers(taxpayer=row.taxpayer)
    if standing := next((each for each in known if row.notice_number == each.notice), None):
        problems["notice_number"] = [
            _("这个编号的转出已由系统计入 %(period)s，不用登记") % {"period": standing.period.label}
        ]
    if row.voucher is not None and not _covers(row.voucher, row):
        problems["voucher"] = [_("只能从已抵扣的凭证转出，且不超过它的税额")]
    return problems


def _covers(voucher: InputVoucher, row: InputTransfer) -> bool:
    moved = sum((each.tax for each in voucher.transfers.filter(is_cancelled=False)), ZERO)
    known = selectors.red_transfers(taxpayer=row.taxpayer)
    moved += sum((each.tax for each in known if each.voucher == voucher), ZERO)
    is_deducted = voucher.taxpayer_id == row.taxpayer_id and voucher.state == TickState.DEDUCTED
    return is_deducted and moved + row.tax <= voucher.tax


@transaction.atomic
def cancel_transfer(*, actor: User, transfer: InputTransfer) -> InputTransfer:
    """Take a transfer back while its period is not filed. Raises: NotPermittedError; InputLockedError."""
    taxpayer = _hold_company(transfer.taxpayer_id)
    require(policies.can_start_return(actor, taxpayer), _("您在这家企业的身份不能撤销进项税额转出。"))
    row = InputTransfer.objects.select_for_update().get(pk=transfer.pk)
    if row.is_cancelled:
        return row
    _require_open(taxpayer, TaxPeriod.of_month(row.period_start))
    row.is_cancelled = True
    row.save(update_fields=["is_cancelled", "updated_at"])
    _audit(actor, "filing.input_transfer_cancelled", taxpayer, transfer=row.pk, tax=str(row.tax))
    return row


def _require_open(taxpayer: Taxpayer, period: TaxPeriod) -> None:
    if selectors.is_closed(taxpayer=taxpayer, period=period):
        raise InputLockedError(
            _("%(period)s已经申报，进项不能再改动，本次没有保存。") % {"period": period.label},
            next_step=_("如数字有误，请先开始更正申报，再来改动。"),
        )


def _audit(actor: User, action: str, taxpayer: Taxpayer, **data: Any) -> None:
    account_services.record_audit_event(actor=actor, action=action, obj=taxpayer, taxpayer=taxpayer, data=data)
