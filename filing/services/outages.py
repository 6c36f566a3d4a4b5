"""Declaring an outage: one officer of the bureau asks, a head agrees; deadlines move, disks do not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.choices import ChangeState, TaxpayerStatus
from accounts.models import Bureau, Taxpayer, User
from filing import selectors
from filing.choices import GONE_STATES, ReturnStatus
from filing.models import Outage, TaxReturn
from filing.selectors import MovedSeason
from filing.services.second_person import asked_by, decide, is_settled_so, lock_asked, require_words
from taxhall.common import identifiers
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

LONGEST = timedelta(days=31)


@transaction.atomic
def declare_outage(
    *, actor: User, bureau: Bureau, starts_at: datetime, ends_at: datetime, source: str, reason: str
) -> Outage:
    """Ask to declare an outage of the hall for a bureau's companies; nothing moves before a head agrees.

    Rule: by an officer of the bureau or of its city's; the same outage is declared once, a repeat gives it back.
    Raises: NotPermittedError; InvalidInputError.
    """
    Bureau.objects.select_for_update().get(pk=bureau.pk)
    require(account_policies.post_covers(actor, bureau), _("停机公告由该税务机关的在岗人员提出，您没有这个权限。"))
    require_words(source=source, reason=reason)
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise InvalidInputError(
            _("停机的起止时间不对，没有提出。"),
            code="filing.outage_times",
            fields={"ends_at": [_("须晚于开始时间，且不超过 31 天；更长的停机请另行公告")]},
        )
    wanted = {"bureau": bureau, "starts_at": starts_at, "ends_at": ends_at}
    standing = Outage.objects.filter(**wanted).exclude(state=ChangeState.REFUSED).first()
    if standing is not None:
        return standing
    outage = Outage.objects.create(**wanted, source=source.strip(), reason=reason.strip(), **asked_by(actor))
    _record(outage, actor, "outage_asked")
    _tell_heads(outage)
    return outage


@transaction.atomic
def agree_outage(*, actor: User, outage: Outage) -> Outage:
    """Agree as the second person: deadlines that the outage touches move, and the companies are told once.

    Rule: a head of post of the bureau or its city's. Returns filed after the old last day and by the new one are in
    time, whenever the outage is declared. What a disk holds as its lock date stays: only the disk can move it.
    Raises: NotPermittedError; ConflictError once refused.
    """
    outage = _lock(actor, outage)
    if is_settled_so(outage, actor, ChangeState.AGREED):
        return outage
    moved = list(selectors.moved_seasons(outage))
    decide(outage, actor, ChangeState.AGREED)
    forgiven = [pk for season in moved for pk in _put_in_time(outage, season)]
    _record(outage, actor, "outage_agreed", moved=_moves(moved), returns=forgiven)
    _tell_companies(outage, moved)
    return outage


@transaction.atomic
def refuse_outage(*, actor: User, outage: Outage) -> Outage:
    """Refuse as the second person; no deadline moves. Refusing twice changes nothing.

    Raises: NotPermittedError; ConflictError once agreed.
    """
    outage = _lock(actor, outage)
    if not is_settled_so(outage, actor, ChangeState.REFUSED):
        decide(outage, actor, ChangeState.REFUSED)
        _record(outage, actor, "outage_refused")
    return outage


def _lock(actor: User, outage: Outage) -> Outage:
    outage = lock_asked(outage)
    is_head = account_policies.heads_bureau(actor, outage.bureau)
    require(is_head, _("停机公告由该机关的岗位负责人确认，您没有这个权限。"))
    return outage


def _reached(outage: Outage) -> Q:
    """Return which companies an outage reaches, as a filter of taxpayers."""
    code = outage.bureau.code
    return Q(bureau__code__startswith=code[:5]) if identifiers.is_city_bureau(code) else Q(bureau=outage.bureau_id)


def _put_in_time(outage: Outage, season: MovedSeason) -> list[int]:
    """Give returns of the season that were filed already the new last day; return those that were late before."""
    declared_end = date(season.year, season.month, 1) - timedelta(days=1)
    companies = Taxpayer.objects.filter(_reached(outage))
    filed = TaxReturn.objects.select_for_update(of=("self",)).filter(taxpayer__in=companies, period_end=declared_end)
    filed = filed.exclude(status__in=[*GONE_STATES, ReturnStatus.DRAFT]).select_related("taxpayer__bureau")
    forgiven = []
    for each in filed.filter(due_on__lt=season.now.date):
        was_late, day = each.is_late, timezone.localdate(each.submitted_at)
        # A district's own outage may give it more days than the city's does.
        last = selectors.deadline_for(each.period, bureau=each.taxpayer.bureau).date
        each.due_on, each.is_late = last, day > last
        each.save(update_fields=["due_on", "is_late", "updated_at"])
        if was_late and not each.is_late:
            forgiven.append(each.pk)
    return forgiven


def _moves(moved: list[MovedSeason]) -> list[list[str]]:
    return [[str(each.was.date), str(each.now.date)] for each in moved]


def _record(outage: Outage, actor: User, act: str, **more: object) -> None:
    data = {
        "bureau": outage.bureau.code, "starts_at": outage.starts_at.isoformat(), "ends_at": outage.ends_at.isoformat(),
        "source": outage.source, "reason": outage.reason, **more,
    }  # fmt: skip
    account_services.record_audit_event(actor=actor, action=f"filing.{act}", obj=outage, data=data)


def _span(outage: Outage) -> dict[str, str]:
    start, end = timezone.localtime(outage.starts_at), timezone.localtime(outage.ends_at)
    return {"start": f"{start:%Y-%m-%d %H:%M}", "end": f"{end:%Y-%m-%d %H:%M}", "source": outage.source}


def _tell_heads(outage: Outage) -> None:
    heads = account_selectors.list_heads(bureaus=[outage.bureau])
    account_services.send_staff_notice(
        officers=[head for head in heads if head.pk != outage.asked_by_id],
        kind="outage_asked",
        title=_("停机公告待您确认：%(start)s 至 %(end)s") % _span(outage),
        body=_("%(who)s 提出，依据：%(source)s") % {"who": outage.asked_by, "source": outage.source},
        link=reverse("admin:calendar"),
        dedupe_key=f"outage:{outage.pk}",
    )


def _tell_companies(outage: Outage, moved: list[MovedSeason]) -> None:
    body = _("停机时间 %(start)s 至 %(end)s。公告：%(source)s。") % _span(outage)
    for each in moved:
        body += _("申报期限由 %(was)s 顺延到 %(now)s。") % {"was": each.was.date, "now": each.now.date}
    body += _("设备里的锁死日期不会因公告改变：过了设备上的日期会停止开票，清卡后恢复。") if moved else ""
    account_services.send_notices(
        taxpayers=Taxpayer.objects.filter(_reached(outage)).exclude(status=TaxpayerStatus.CANCELLED),
        kind="filing",
        title=_("系统停机公告：申报期限顺延") if moved else _("系统停机公告"),
        body=body,
        link=reverse("filing:calendar"),
        dedupe_key=f"filing:outage:{outage.pk}",
    )
