"""The worker's part of news: post what waits, in order for each invoice, until it is taken or the time is over.

An event is written in the transaction of the change and keeps its id at every attempt; a worker that dies between the
post and its record posts the same event again, so a receiver counts each id once.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import services as account_services
from invoicing import tasks
from invoicing.choices_hooks import HookDeliveryState, HookState
from invoicing.hooks import payload, signing
from invoicing.hooks.posting import PostError, post
from invoicing.models import HookDelivery, HookEndpoint, HookEvent
from taxhall.common import clock, doorbell, failpoints

# Longer than a run and its last post take.
LEASE = timedelta(seconds=60)
RUN_SECONDS = 8.0
# So many endpoints are rung for at once; the queue is of their own, so slow ones hold up nothing else.
MOST_RUNG = 50
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
# Of the whole endpoint; what is new should not wait an hour for it.
LONGEST_REST = timedelta(minutes=5)
# So long news is tried; then the endpoint is stopped and its people are told.
TRIED_FOR = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)
# An endpoint that answers, but refuses this many in one run, is left alone for a while.
MOST_FAILURES = 3
SLICE = 1_000


def deliver_hooks(*, endpoint_id: int) -> int:
    """Post what is due to one endpoint for a while, and return how much was taken; nothing when a worker has it."""
    token, now = uuid.uuid4(), timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    rows = HookEndpoint.objects.filter(pk=endpoint_id)
    if not rows.filter(free).update(lease_token=token, leased_until=now + LEASE):
        return 0
    try:
        return _run(endpoint_id)
    finally:
        rows.filter(lease_token=token).update(lease_token=None, leased_until=None)


def sweep_hooks() -> int:
    """Ring for every endpoint with something due that no worker holds, and return how many."""
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    awake = Q(resting_until__isnull=True) | Q(resting_until__lte=now)
    due = _due(now).filter(endpoint=OuterRef("pk"))
    # What is stopped or rests may have much waiting: only its tests are looked for.
    hooks = HookEndpoint.objects.filter(
        free, Q(state=HookState.ACTIVE) & awake & Exists(due) | Exists(due.filter(invoice_pk__isnull=True))
    )
    # In no order, so that none is always the last; who is not rung for now is a few seconds later.
    pks = list(hooks.order_by("?").values_list("pk", flat=True)[:MOST_RUNG])
    for pk in pks:
        doorbell.ring(tasks.deliver_hooks, pk)
    return len(pks)


def purge_hooks() -> int:
    """Remove news that is a month old, delivered or not, and return how much."""
    old, gone = HookEvent.objects.filter(at__lt=clock.now() - KEPT_FOR), 0
    # In slices: what a stop leaves is fewer the next time.
    while pks := list(old.values_list("pk", flat=True)[:SLICE]):
        gone += HookEvent.objects.filter(pk__in=pks).delete()[1].get(HookEvent._meta.label, 0)
    return gone


def _due(now: datetime) -> QuerySet[HookDelivery]:
    """Return what may be posted now: the oldest of each invoice, and tests whatever the state of the endpoint."""
    earlier = HookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        invoice_pk=OuterRef("invoice_pk"),
        event__lt=OuterRef("event"),
        state=HookDeliveryState.WAITING,
    )
    is_awake = Q(endpoint__resting_until__isnull=True) | Q(endpoint__resting_until__lte=now)
    return HookDelivery.objects.filter(
        Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now),
        Q(endpoint__state=HookState.ACTIVE) & is_awake | Q(invoice_pk__isnull=True),
        ~Exists(earlier),
        state=HookDeliveryState.WAITING,
    )


def _run(endpoint_id: int) -> int:
    taken = failures = 0
    last: HookDelivery | None = None
    until = time.monotonic() + RUN_SECONDS
    while failures < MOST_FAILURES and time.monotonic() < until:
        due = _due(timezone.now()).filter(endpoint=endpoint_id).select_related("endpoint", "event__taxpayer")
        delivery = due.order_by("event").first()
        if delivery is None:
            break
        if _deliver(delivery):
            taken += 1
        else:
            failures, last = failures + 1, delivery
    if failures >= MOST_FAILURES and last is not None:
        _rest(last)
    return taken


def _deliver(delivery: HookDelivery) -> bool:
    """Post one event and record what became of it; say whether it was taken."""
    now = timezone.now()
    delivery.attempts += 1
    delivery.first_tried_at = delivery.first_tried_at or now
    delivery.last_tried_at = now
    # Before the first byte, so that an attempt that kills its worker counts as well.
    if not _keep(delivery, "attempts", "first_tried_at", "last_tried_at"):
        # Removed with its endpoint meanwhile: it is not sent.
        return False
    failpoints.reach("hook.post.before", delivery.pk)
    try:
        body = payload.body_of(delivery.event)
        status = post(delivery.endpoint.url, body=body, headers=_headers(delivery, body, now))
    except PostError as error:
        _note_failure(delivery, status=None, words=error.words)
        return False
    failpoints.reach("hook.post.after", delivery.pk)
    if 200 <= status < 300:
        _note_taken(delivery, status)
        return True
    _note_failure(delivery, status=status, words=_refusal(status))
    return False


def _headers(delivery: HookDelivery, body: bytes, now: datetime) -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "taxhall-webhook/1",
        "Taxhall-Event-Id": str(delivery.event.uid),
        "Taxhall-Attempt": str(delivery.attempts),
        signing.HEADER: signing.signature(body, at=int(now.timestamp()), keys=_keys(delivery.endpoint, now)),
    }


def _keys(hook: HookEndpoint, now: datetime) -> list[str]:
    sealed = [hook.secret]
    if hook.former_secret and hook.former_until is not None and hook.former_until > now:
        sealed.append(hook.former_secret)
    return [key for key in map(signing.unseal, sealed) if key is not None]


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return _("对方要求转到别的地址，大厅不跟随；请登记最终地址。")
    return _("对方没有接收。")


def _keep(delivery: HookDelivery, *names: str) -> bool:
    """Write the named fields of what still waits; say whether it does. A late note takes no success of another back."""
    row = HookDelivery.objects.filter(pk=delivery.pk, state=HookDeliveryState.WAITING)
    return bool(row.update(**{name: getattr(delivery, name) for name in names}))


def _hold_endpoint(delivery: HookDelivery) -> None:
    """Lock the endpoint before its delivery, as those who resume and remove it do."""
    HookEndpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id).first()


@transaction.atomic
def _note_taken(delivery: HookDelivery, status: int) -> None:
    _hold_endpoint(delivery)
    delivery.state = HookDeliveryState.SENT
    delivery.last_status, delivery.last_error, delivery.next_attempt_at = status, "", None
    _keep(delivery, "state", "last_status", "last_error", "next_attempt_at")
    HookEndpoint.objects.filter(pk=delivery.endpoint_id, resting_until__isnull=False).update(resting_until=None)


@transaction.atomic
def _note_failure(delivery: HookDelivery, *, status: int | None, words: str | Promise) -> None:
    _hold_endpoint(delivery)
    now = timezone.now()
    delivery.last_status, delivery.last_error = status, str(words)[:200]
    delivery.next_attempt_at = now + _pause(delivery)
    if delivery.invoice_pk is None:
        delivery.state, delivery.next_attempt_at = HookDeliveryState.FAILED, None
    _keep(delivery, "state", "last_status", "last_error", "next_attempt_at")
    if delivery.invoice_pk is None:
        return
    if status is None:
        _rest(delivery)
    if delivery.first_tried_at is not None and now - delivery.first_tried_at >= TRIED_FOR:
        _give_up(delivery, since=now - TRIED_FOR)


def _give_up(delivery: HookDelivery, *, since: datetime) -> None:
    """Stop an endpoint that took nothing for so long; where it took others, only this one is given up."""
    others = HookDelivery.objects.filter(endpoint=delivery.endpoint_id, state=HookDeliveryState.SENT)
    if not others.filter(last_tried_at__gte=since).exists():
        _stop(delivery)
        return
    delivery.state, delivery.next_attempt_at = HookDeliveryState.FAILED, None
    _keep(delivery, "state", "next_attempt_at")


def _pause(delivery: HookDelivery) -> timedelta:
    # No larger than what an hour is reached with.
    doublings = min(delivery.attempts - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _rest(delivery: HookDelivery) -> None:
    until = timezone.now() + min(_pause(delivery), LONGEST_REST)
    HookEndpoint.objects.filter(pk=delivery.endpoint_id).update(resting_until=until)


def _stop(delivery: HookDelivery) -> None:
    now = clock.now()
    active = HookEndpoint.objects.filter(pk=delivery.endpoint_id, state=HookState.ACTIVE)
    if not active.update(state=HookState.STOPPED, stopped_at=now, updated_at=now):
        return
    hook = HookEndpoint.objects.select_related("taxpayer").get(pk=delivery.endpoint_id)
    account_services.record_audit_event(
        actor=None,
        action="invoicing.hook_stopped",
        obj=hook,
        taxpayer=hook.taxpayer,
        data={"url": hook.url, "reason": delivery.last_error},
    )
    account_services.send_notice(
        taxpayer=hook.taxpayer,
        kind="hook",
        title=_("接口推送已停发"),
        body=_(
            "接收地址 %(url)s 连续 24 小时没有接收推送（%(why)s），大厅已停发；发票不受影响，恢复后补发 30 天内的推送。"
        )
        % {"url": hook.url, "why": delivery.last_error},
        link=reverse("invoicing:hook-detail", args=[hook.pk]),
        dedupe_key=f"hook:{hook.pk}:{now.isoformat()}",
    )
