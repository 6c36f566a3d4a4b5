"""Declared inactivity (停业、季节性经营): declared, ended, with zero returns prepared and filed by one click."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from filing import policies, selectors
from filing.choices import SpanState
from filing.models import InactiveSpan, TaxReturn
from filing.services.returns import prepare_return, submit_return
from filing.services.second_person import require_words
from taxhall.common import clock
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require

LONGEST = timedelta(days=366)
_NO_RIGHT = "停业由法定代表人、财务负责人、管理员或办税员声明。"


@transaction.atomic
def declare_inactivity(*, actor: User, taxpayer: Taxpayer, starts_on: date, ends_on: date, reason: str) -> InactiveSpan:
    """Declare that the company sells nothing for a while; returns stay due, and disks have to be cleared.

    Rule: one time at once, a year at most, not from before this month; not over an invoice that was issued. The
    same declared again gives the one that stands.
    Raises: NotPermittedError; InvalidInputError; ConflictError.
    """
    taxpayer = Taxpayer.objects.select_for_update(of=("self",)).get(pk=taxpayer.pk)
    require(policies.can_start_return(actor, taxpayer), _(_NO_RIGHT))
    require_words(reason=reason)
    _require_days(starts_on, ends_on)
    standing = InactiveSpan.objects.filter(taxpayer=taxpayer, state=SpanState.DECLARED).first()
    if standing is not None:
        if (standing.starts_on, standing.ends_on) == (starts_on, ends_on):
            return standing
        raise ConflictError(
            _("已有一项停业声明，没有另外声明。"), code="filing.span_stands", next_step=_("请先结束原来的声明。")
        )
    span = InactiveSpan(
        taxpayer=taxpayer, starts_on=starts_on, ends_on=ends_on, reason=reason.strip(), declared_by=actor
    )
    _require_nothing_issued(span)
    span.save()
    _record(span, actor, "inactivity_declared")
    return span


@transaction.atomic
def end_inactivity(*, actor: User, span: InactiveSpan) -> InactiveSpan:
    """End a declared time before its day (提前复业); ending it twice changes nothing. Raises: NotPermittedError."""
    span = _lock(span.pk)
    require(policies.can_start_return(actor, span.taxpayer), _(_NO_RIGHT))
    if span.state == SpanState.DECLARED:
        _end(span, SpanState.WITHDRAWN, clock.today() - timedelta(days=1), actor=actor)
    return span


def keep_spans() -> int:
    """End the times that ran out or hold an invoice, and prepare zero returns; return how many acts it took."""
    today, acts = clock.today(), 0
    for pk in InactiveSpan.objects.filter(state=SpanState.DECLARED).values_list("pk", flat=True):
        acts += _end_if_over(pk, today)
    rested = Taxpayer.objects.filter(inactive_spans__ended_on__gte=today - LONGEST)
    rested |= Taxpayer.objects.filter(inactive_spans__state=SpanState.DECLARED, inactive_spans__starts_on__lte=today)
    for taxpayer in rested.distinct().select_related("bureau"):
        for period in selectors.restful_periods(taxpayer=taxpayer, today=today):
            acts += _prepare(taxpayer, period)
    return acts


def file_zero_return(*, actor: User, tax_return: TaxReturn, key: str, digest: str) -> TaxReturn:
    """File a prepared zero return as it was shown; the same key again returns what it filed.

    Raises: ConflictError when it is no zero return any more; as `submit_return` does.
    """
    is_repeat = not tax_return.is_draft and key == tax_return.submit_key
    known = selectors.ready_returns(taxpayer=tax_return.taxpayer, today=clock.today())
    if not is_repeat and tax_return.pk not in {each.tax_return.pk for each in known}:
        raise ConflictError(
            _("这张申报表已不是备好的零申报，没有提交。"),
            code="filing.not_a_zero_return",
            next_step=_("请打开申报表核对后提交。"),
        )
    return submit_return(actor=actor, tax_return=tax_return, key=key, digest=digest)


@transaction.atomic
def _end_if_over(pk: int, today: date) -> int:
    span = _lock(pk)
    if span.state != SpanState.DECLARED:
        return 0
    number, day = selectors.spoiling_invoice(span)
    if day is not None:
        span.invoice_number = number
        _end(span, SpanState.INVOICED, day - timedelta(days=1))
    elif today > span.ends_on:
        _end(span, SpanState.LAPSED, span.ends_on)
    else:
        return 0
    return 1


def _end(span: InactiveSpan, state: str, last: date, *, actor: User | None = None) -> None:
    span.state = state
    span.ended_on = min(last, span.ends_on) if last >= span.starts_on else None
    span.save(update_fields=["state", "ended_on", "invoice_number", "updated_at"])
    _record(span, actor, "inactivity_ended")
    account_services.send_notice(
        taxpayer=span.taxpayer,
        kind="filing",
        title=_("停业声明已结束：%(state)s") % {"state": span.get_state_display()},
        body=_ended_words(span),
        link=reverse("filing:rest"),
        dedupe_key=f"filing:span:{span.pk}:ended",
    )


def _ended_words(span: InactiveSpan) -> str:
    words = _("停业期间已备好的零申报表仍须您提交。开票之前请先查看设备是否已到锁死日期，到期的先抄报、清卡。")
    if span.state == SpanState.INVOICED:
        return _("停业期间开具了发票 %(number)s，声明随即结束。") % {"number": span.invoice_number} + words
    return words


@transaction.atomic
def _prepare(taxpayer: Taxpayer, period: TaxPeriod) -> int:
    draft = prepare_return(taxpayer=taxpayer, period=period)
    if draft is None:
        return 0
    last = selectors.deadline_for(period, bureau=taxpayer.bureau).date
    account_services.send_notice(
        taxpayer=taxpayer,
        kind="filing",
        title=_("%(period)s零申报表已备好，尚未申报") % {"period": period.label},
        body=_("停业期间仍须申报。申报期限 %(last)s，请在我的待办一键提交。") % {"last": last},
        link=reverse("filing:return-list"),
        dedupe_key=f"filing:zero:{draft.pk}",
    )
    return 1


def _require_nothing_issued(span: InactiveSpan) -> None:
    number, day = selectors.spoiling_invoice(span)
    if number:
        raise ConflictError(
            _("%(day)s 已开具发票 %(number)s，这段时间没有声明为停业。") % {"day": day, "number": number},
            code="filing.span_invoiced",
            next_step=_("请从最后一张发票之后开始。"),
        )


def _require_days(starts_on: date, ends_on: date) -> None:
    fields: dict[str, list[str]] = {}
    if starts_on < clock.today().replace(day=1):
        fields["starts_on"] = [_("不能早于本月 1 日")]
    if not starts_on <= ends_on <= starts_on + LONGEST or ends_on < clock.today():
        fields["ends_on"] = [_("须晚于开始日期和今天，且不超过一年")]
    if fields:
        raise InvalidInputError(_("停业的起止日期不对，没有声明。"), code="filing.span_days", fields=fields)


def _lock(pk: int) -> InactiveSpan:
    return InactiveSpan.objects.select_for_update(of=("self",)).select_related("taxpayer__bureau").get(pk=pk)


def _record(span: InactiveSpan, actor: User | None, act: str) -> None:
    data = {
        "starts_on": str(span.starts_on), "ends_on": str(span.ends_on), "state": span.state,
        "ended_on": str(span.ended_on or ""), "invoice": span.invoice_number, "reason": span.reason,
    }  # fmt: skip
    account_services.record_audit_event(
        actor=actor, action=f"filing.{act}", obj=span, taxpayer=span.taxpayer, data=data
    )
