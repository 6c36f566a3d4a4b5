"""What happened with a disk: the hall's own records and the disk's own log as one story, a page at a time.

The hall looks at each disk every minute. Looks of one reader between two other events are told as one line, so that
what happened is not buried; pages are counted by the other events alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, CharField, Count, F, IntegerField, Max, Min, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from devices.gateway import reader_names
from devices.models import (
    ClearReceiptRecord,
    Device,
    DeviceReading,
    DeviceReport,
    DeviceRequest,
    DiskLogRecord,
    OrderReceiptRecord,
)

PAGE_SIZE = 20
# The disk's own words for what it did; what is not listed is shown as the disk wrote it.
LOG_WORDS: dict[str, str | Promise] = {
    "invoice_issued": _("开具发票"),
    "invoice_voided": _("作废发票"),
    "period_reported": _("抄报"),
    "clear_begun": _("请求清卡"),
    "clear_applied": _("执行清卡"),
    "clear_aborted": _("放弃清卡请求"),
    "clear_refused": _("拒绝清卡指令"),
    "uploaded": _("收到上传回执"),
    "upload_refused": _("拒绝上传回执"),
    "order_applied": _("执行税务指令"),
    "order_refused": _("拒绝税务指令"),
    "pin_changed": _("口令已修改"),
    "pin_wrong": _("口令错误"),
    "pin_blocked": _("口令已锁定"),
}


@dataclass(frozen=True)
class JournalEntry:
    """One line of what happened with a disk, newest first on its page."""

    at: datetime
    title: str | Promise
    note: str | Promise
    who: str | Promise = ""


def journal_page(
    *, device: Device, number: str | int | None = 1, size: int = PAGE_SIZE, with_looks: bool = True
) -> Page[Any]:
    """Return one page of the disk's story, newest first; its `object_list` are `JournalEntry`.

    Only the keys are sorted over everything; the rows themselves are read for the page alone, and the looks at the
    disk between the first event of the page and the first of the next.
    """
    first, *others = [_keys(source(device), name, at) for name, (source, at, _words) in _SOURCES.items()]
    keys = first.union(*others, all=True).order_by("-moment", "-what", "-key")
    found: Page[Any] = Paginator(keys, size).get_page(number)
    shown = list(found.object_list)
    entries = _entries(shown)
    if with_looks:
        after = list(keys[found.end_index() : found.end_index() + 1]) if found.has_next() else []
        entries += _looks(
            device,
            marks=[moment for moment, _what, _key in shown],
            until=shown[0][0] if found.has_previous() else None,
            since=after[0][0] if after else None,
        )
    found.object_list = sorted(entries, key=lambda each: each.at, reverse=True)
    return found


def journal(*, device: Device, limit: int = PAGE_SIZE) -> list[JournalEntry]:
    """Return the newest lines of the disk's story."""
    return list(journal_page(device=device, size=limit).object_list)[:limit]


def _looks(
    device: Device, *, marks: list[datetime], until: datetime | None, since: datetime | None
) -> list[JournalEntry]:
    """Return the looks at the disk between each two of the marks, those of one reader as one line."""
    rows = DeviceReading.objects.filter(device=device)
    rows = rows.filter(taken_at__lte=until) if until is not None else rows
    rows = rows.filter(taken_at__gt=since) if since is not None else rows
    between = [When(taken_at__gt=mark, then=Value(place)) for place, mark in enumerate(marks)]
    runs = (
        rows.order_by()
        .annotate(place=Case(*between, default=Value(len(marks)), output_field=IntegerField()))
        .values("place", "reader")
        .annotate(times=Count("pk"), first=Min("taken_at"), last=Max("taken_at"))
    )
    return [_look(run["reader"], run["times"], run["first"], run["last"]) for run in runs]


def _look(reader: str, times: int, first: datetime, last: datetime) -> JournalEntry:
    note = reader_names.spoken(reader) or _("读卡器未记录")
    if times > 1:
        span = {"first": _local(first), "last": _local(last), "times": times, "reader": note}
        note = _now("%(reader)s；从 %(first)s 到 %(last)s，共 %(times)d 次") % span
    return JournalEntry(last, _("读卡"), note)


def _local(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _keys(rows: QuerySet[Any], name: str, at: str) -> QuerySet[Any, Any]:
    """Return what of each row is needed to sort it among those of other tables."""
    named = rows.order_by().annotate(moment=F(at), what=Value(name), key=Cast("pk", CharField()))
    keys: QuerySet[Any, Any] = named.values_list("moment", "what", "key")
    return keys


def _entries(keys: Iterable[tuple[datetime, str, Any]]) -> list[JournalEntry]:
    wanted: dict[str, list[Any]] = {}
    for _at, what, pk in keys:
        wanted.setdefault(what, []).append(pk)
    return [
        words(row)
        for name, pks in wanted.items()
        for source, _at, words in [_SOURCES[name]]
        for row in source(None).filter(pk__in=pks)
    ]


def _report(row: DeviceReport) -> JournalEntry:
    title = _("抄报 %(period)s") % {"period": row.period.label}
    return JournalEntry(row.created_at, title, _("第 %(number)d 次抄报，已验签") % {"number": row.report_counter})


def _receipt(row: ClearReceiptRecord) -> JournalEntry:
    title = _("清卡 %(period)s") % {"period": row.period.label}
    note = _("锁死日期改为 %(day)s，回执已验签") % {"day": row.new_cut_off.isoformat()}
    return JournalEntry(row.cleared_at, title, note)


def _order(row: OrderReceiptRecord) -> JournalEntry:
    note = _("第 %(number)d 次变更，回执已验签") % {"number": row.order_counter_after}
    return JournalEntry(row.applied_at, row.get_action_display(), note)


def _log(row: DiskLogRecord) -> JournalEntry:
    title = LOG_WORDS.get(row.event, row.event)
    return JournalEntry(row.at, title, row.detail, who=_("设备日志第 %(number)d 条") % {"number": row.number})


def _request(row: DeviceRequest) -> JournalEntry:
    title = _("申请%(what)s") % {"what": row.get_kind_display()}
    return JournalEntry(row.created_at, title, row.get_state_display(), who=str(row.created_by))


def _of(model: Any) -> Callable[[Device | None], QuerySet[Any]]:
    """Return what gives the rows of one disk, or of all where they are named by key."""

    def rows(device: Device | None) -> QuerySet[Any]:
        found: QuerySet[Any] = model.objects.all()
        return found if device is None else found.filter(device=device)

    return rows


def _all_requests(device: Device | None) -> QuerySet[Any]:
    return _of(DeviceRequest)(device).select_related("created_by")


# All but the looks at the disk: name, rows, the moment by which they are sorted, and how one is told.
_SOURCES: dict[str, tuple[Callable[[Device | None], QuerySet[Any]], str, Callable[[Any], JournalEntry]]] = {
    "log": (_of(DiskLogRecord), "at", _log),
    "order": (_of(OrderReceiptRecord), "applied_at", _order),
    "receipt": (_of(ClearReceiptRecord), "cleared_at", _receipt),
    "report": (_of(DeviceReport), "created_at", _report),
    "request": (_all_requests, "created_at", _request),
}
