"""Reads of the input side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from filing.choices import GONE_STATES, ReturnStatus, TickState, VoucherKind
from filing.models import InputTransfer, InputVoucher, TaxReturn
from filing.selectors.taken_back import red_transfers
from invoicing import selectors as invoicing_selectors
from taxhall.common import clock
from taxhall.common.errors import NotFoundError
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod


class VoucherLike(Protocol):
    """What is known of a voucher before it is entered."""

    @property
    def kind(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def dated_on(self) -> date: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def tax(self) -> Decimal: ...


@dataclass(frozen=True)
class VoucherCheckResult:
    """What is wrong with a voucher, in words, and whether the hall issued it just so."""

    problem: str = ""
    is_matched: bool = False


@dataclass(frozen=True)
class InputSums:
    """The input side of a period in three numbers."""

    deducted: Decimal
    transferred: Decimal
    open_count: int


@dataclass(frozen=True)
class ChosenSums:
    """What is chosen to be ticked, summed; so many of them are ticked already."""

    count: int
    amount: Decimal
    tax: Decimal
    ticked_count: int

    @property
    def words(self) -> str:
        """Say it as pages and messages do."""
        facts = {"count": self.count, "amount": f"{self.amount:,.2f}", "tax": f"{self.tax:,.2f}"}
        return _("%(count)s 张，金额 %(amount)s 元，税额 %(tax)s 元") % facts


def list_vouchers(*, visible_to: User, taxpayer: Taxpayer, period: TaxPeriod | None = None) -> QuerySet[InputVoucher]:
    """Return a buyer's vouchers: those ticked into a period and those open to it; all without one."""
    found = InputVoucher.objects.filter(
        taxpayer=taxpayer, taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to)
    )
    if period is not None:
        mine = Q(period_start__range=(period.start, period.end))
        found = found.filter(mine | Q(state=TickState.OPEN, dated_on__lte=period.end))
    return found.order_by("state", "-dated_on", "-pk")


def chosen_sums(*, visible_to: User, taxpayer: Taxpayer, period: TaxPeriod, pks: Iterable[int]) -> ChosenSums:
    """Sum the vouchers of a month that are chosen; what does not belong to its list counts nothing."""
    found = list_vouchers(visible_to=visible_to, taxpayer=taxpayer, period=period).filter(pk__in=set(pks))
    sums = found.order_by().aggregate(
        count=Count("pk"), amount=Sum("amount"), tax=Sum("tax"), ticked=Count("pk", filter=~Q(state=TickState.OPEN))
    )
    return ChosenSums(sums["count"], sums["amount"] or ZERO, sums["tax"] or ZERO, sums["ticked"])


def list_transfers(*, visible_to: User, taxpayer: Taxpayer, period: TaxPeriod) -> QuerySet[InputTransfer]:
    """Return what was transferred out in a period, cancelled ones included."""
    return InputTransfer.objects.filter(
        taxpayer=taxpayer,
        taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to),
        period_start__range=(period.start, period.end),
    ).select_related("voucher")


def get_transfer(*, visible_to: User, taxpayer: Taxpayer, pk: int) -> InputTransfer:
    """Return one transfer; absent and not visible are the same. Raises: NotFoundError."""
    found = InputTransfer.objects.filter(
        taxpayer=taxpayer, taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to), pk=pk
    ).first()
    if found is None:
        raise NotFoundError(_("没有找到这笔进项税额转出。"), code="filing.transfer_not_found")
    return found


def input_sums(*, taxpayer: Taxpayer, period: TaxPeriod) -> InputSums:
    """Return what a period deducts and transfers out, and how many vouchers are still open to it."""
    rows = InputVoucher.objects.filter(taxpayer=taxpayer)
    ticked = rows.filter(period_start=period.start, state=TickState.DEDUCTED).exclude(kind=VoucherKind.FEE)
    moved = InputTransfer.objects.filter(taxpayer=taxpayer, period_start=period.start, is_cancelled=False)
    taken_back = sum((each.tax for each in red_transfers(taxpayer=taxpayer, period=period)), ZERO)
    return InputSums(
        deducted=ticked.aggregate(whole=Sum("tax"))["whole"] or ZERO,
        transferred=(moved.aggregate(whole=Sum("tax"))["whole"] or ZERO) + taken_back,
        open_count=rows.filter(state=TickState.OPEN, dated_on__lte=period.end).count(),
    )


def find_counting_period(*, taxpayer: Taxpayer, pks: Iterable[int], but: TaxPeriod) -> TaxPeriod | None:
    """Return another period whose filed return counts one of the vouchers, wherever they are ticked now.

    A voucher may have been taken out of it for a correction; until that is filed, the filed return stands.
    """
    found = _counting(taxpayer, pks)
    counting = found.exclude(period_start=but.start).order_by("period_start").first()
    return counting.period if counting else None


def counted_by_filed(*, taxpayer: Taxpayer, pks: Iterable[int]) -> set[int]:
    """Return which of the vouchers a filed return counts, whatever period it is of."""
    wanted = set(pks)
    lists = _counting(taxpayer, wanted).values_list("receipt__content__vouchers", flat=True)
    return wanted & {int(pk) for counted in lists for pk in counted}


def _counting(taxpayer: Taxpayer, pks: Iterable[int]) -> QuerySet[TaxReturn]:
    filed = TaxReturn.objects.filter(taxpayer=taxpayer).exclude(status__in=(ReturnStatus.DRAFT, *GONE_STATES))
    return filed.filter(receipt__content__vouchers__has_any_keys=sorted(map(str, pks)))


def counted_vouchers(*, taxpayer: Taxpayer, period: TaxPeriod) -> list[str]:
    """Return the keys of the vouchers that a return of the period would deduct, as its receipt keeps them."""
    rows = InputVoucher.objects.filter(taxpayer=taxpayer, period_start=period.start, state=TickState.DEDUCTED)
    return [str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)]


def check_vouchers(*, taxpayer: Taxpayer, drafts: Sequence[VoucherLike]) -> list[VoucherCheckResult]:
    """Check vouchers against each other, those entered before and those issued in this hall."""
    keys = {(each.code, each.number) for each in drafts}
    numbers = {number for _code, number in keys}
    entered = set(InputVoucher.objects.filter(taxpayer=taxpayer, number__in=numbers).values_list("code", "number"))
    issued = invoicing_selectors.find_issued(numbers=numbers)
    seen: set[tuple[str, str]] = set()
    results = []
    for each in drafts:
        key = (each.code, each.number)
        problem = _("与已录入的凭证重复") if key in entered else _("与本次录入的另一行重复") if key in seen else ""
        seen.add(key)
        results.append(_against_ledger(taxpayer, each, issued.get(key), problem))
    return results


def _against_ledger(
    taxpayer: Taxpayer, draft: VoucherLike, issued: invoicing_selectors.IssuedFacts | None, problem: str
) -> VoucherCheckResult:
    if not problem and draft.dated_on > clock.today():
        problem = _("开具日期在将来")
    if problem or issued is None:
        return VoucherCheckResult(problem)
    # The hall tells a stranger nothing of an invoice that was issued to somebody else.
    if issued.buyer_number != taxpayer.number:
        return VoucherCheckResult(_("与开票记录不一致，请核对代码、号码和购方"))
    if issued.is_voided or issued.is_taken_back:
        return VoucherCheckResult(_("这张发票已作废或被全额红冲，不能抵扣"))
    if draft.kind == VoucherKind.SPECIAL and not issued.is_special:
        return VoucherCheckResult(_("这张发票不是专用发票，不能按专用发票抵扣"))
    if (issued.dated_on, issued.amount, issued.tax) != (draft.dated_on, draft.amount, draft.tax):
        return VoucherCheckResult(_("日期、金额或税额与开票记录不一致"))
    return VoucherCheckResult(is_matched=True)
