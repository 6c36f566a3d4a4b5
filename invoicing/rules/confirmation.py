"""Red confirmations (红字发票信息确认单) of digital invoices: who may ask for what, and who must agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from invoicing.choices import ConfirmationSide, ConfirmationState, RedReason
from invoicing.rules.problems import Problem

# 国家税务总局公告2024年第11号: who does not answer in 72 hours has let it lapse.
ANSWER_WITHIN = timedelta(hours=72)


@dataclass(frozen=True)
class Wish:
    """What one side asks for."""

    side: str
    reason: str
    is_used: bool
    is_whole: bool


def needs_answer(*, is_used: bool) -> bool:
    """Say whether the other side must confirm: only once the buyer has used the invoice."""
    return is_used


def wish_problems(wish: Wish) -> Iterator[Problem]:
    """Yield what the law does not allow of a wish."""
    if wish.side == ConfirmationSide.BUYER and not wish.is_used:
        yield Problem(
            "confirmation.buyer_has_not_used",
            "reason",
            _("您还没有对这张发票用途确认或入账，应由销售方发起。"),
            _("请联系销售方红冲；已经入账的，请勾选“已用于抵扣或入账”。"),
        )
    if not wish.is_used and not wish.is_whole:
        yield Problem(
            "confirmation.whole_only",
            "extent",
            _("购买方还没有用途确认，也没有入账的，只能全额红冲。"),
            _("请选择全部剩余金额，再按正确的金额重新开具。"),
        )
    if wish.reason == RedReason.ERROR and not wish.is_whole:
        yield Problem(
            "confirmation.error_whole_only",
            "extent",
            _("原因是“开票有误”的，只能全额红冲。"),
            _("请选择全部剩余金额，或改选实际的原因。"),
        )


def use_problems(*, state: str, was_used: bool, is_used: bool) -> Iterator[Problem]:
    """Yield why a confirmation does not allow its red invoice now."""
    if state != ConfirmationState.CONFIRMED:
        yield Problem(
            "red.confirmation_missing",
            "lines",
            _("数电票红冲须有已确认的红字发票信息确认单，目前没有，或已经失效。"),
            _("请删除这份草稿，打开原发票重新发起确认单。"),
        )
    elif is_used and not was_used:
        yield Problem(
            "red.buyer_has_used",
            "lines",
            _("发起确认单之后，购买方已对原发票用途确认，须经购买方确认才能红冲。"),
            _("请删除这份草稿，撤销确认单，再重新发起。"),
        )
