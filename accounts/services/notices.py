"""Telling a company, or an officer, something once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import Notice, StaffNotice, Taxpayer, User
from taxhall.common import clock


@dataclass(frozen=True)
class NoticeDraft:
    """A message to one company that is not sent yet."""

    taxpayer_id: int
    kind: str
    title: str
    body: str
    link: str
    dedupe_key: str


def send_notice(*, taxpayer: Taxpayer, kind: str, title: str, body: str, link: str, dedupe_key: str) -> None:
    """Put a message in the company's inbox; the same event told again changes nothing.

    The key names the event ("case:QK2026…:approved"), so that a repeated task tells it once: one statement,
    and the database decides.
    """
    notice = Notice(dedupe_key=dedupe_key, recipient=taxpayer, kind=kind, title=title, body=body, link=link)
    Notice.objects.bulk_create([notice], ignore_conflicts=True)


def send_notices(
    *, taxpayers: QuerySet[Taxpayer], kind: str, title: str, body: str, link: str, dedupe_key: str
) -> None:
    """Put one message into the inboxes of many companies; the key names the event, told to each of them once."""
    rows = (
        Notice(dedupe_key=f"{dedupe_key}:{pk}", recipient_id=pk, kind=kind, title=title, body=body, link=link)
        for pk in taxpayers.values_list("pk", flat=True).iterator(chunk_size=2000)
    )
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def send_drafted_notices(drafts: Iterable[NoticeDraft]) -> None:
    """Put messages of their own into the inboxes of many companies; an event told before changes nothing."""
    rows = (
        Notice(
            recipient_id=each.taxpayer_id, kind=each.kind, title=each.title, body=each.body, link=each.link,
            dedupe_key=each.dedupe_key,
        )
        for each in drafts
    )  # fmt: skip
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def mark_notice_read(*, actor: User, notice: Notice) -> Notice:
    """Remember when the company first opened a message; opening it again changes nothing."""
    mark_notices_read(actor=actor, taxpayer=notice.recipient, pks=[notice.pk])
    notice.refresh_from_db(fields=["read_at"])
    return notice


def mark_notices_read(*, actor: User, taxpayer: Taxpayer, pks: Iterable[int] | None = None) -> int:
    """Mark the listed messages of the company as read, or all of them; return how many were new.

    Ids of another company's messages are passed over: they do not exist for this reader.
    """
    unread = Notice.objects.filter(recipient=taxpayer.pk, recipient__memberships__user=actor.pk).unread()
    if pks is not None:
        unread = unread.filter(pk__in=list(pks))
    # Two roles in one company must not count a message twice.
    return Notice.objects.filter(pk__in=unread.values("pk"), read_at__isnull=True).update(read_at=clock.now())


def send_staff_notice(
    *, officers: Iterable[User], kind: str, title: str, body: str, link: str, dedupe_key: str
) -> list[StaffNotice]:
    """Put a message on the desk of each officer; the same event told again changes nothing."""
    known = {"kind": kind, "title": title, "body": body, "link": link}
    return [
        StaffNotice.objects.get_or_create(recipient=officer, dedupe_key=dedupe_key, defaults=known)[0]
        for officer in officers
    ]


def mark_staff_notices_read(*, actor: User, pks: Iterable[int] | None = None) -> int:
    """Take the listed messages off the officer's own desk, or all of them; return how many were new."""
    unread = StaffNotice.objects.filter(recipient=actor.pk, read_at__isnull=True)
    if pks is not None:
        unread = unread.filter(pk__in=list(pks))
    return unread.update(read_at=clock.now())
