"""What a company's administrators do with the endpoints of their systems."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies, tasks
from invoicing.choices_hooks import HookDeliveryState, HookEventKind, HookState
from invoicing.errors_hooks import HookAddressError, HookLimitError, HookStateError
from invoicing.hooks import addresses, signing
from invoicing.models import HookDelivery, HookEndpoint, HookEvent
from taxhall.common import clock, doorbell
from taxhall.common.policies import require

MOST_ENDPOINTS = 5
# Long enough to put the new secret in place everywhere.
FORMER_SIGNS_FOR = timedelta(hours=24)
NOT_YOURS = _("接口推送由法定代表人、财务负责人或管理员办理。")


def register_hook(*, actor: User, taxpayer: Taxpayer, url: str) -> tuple[HookEndpoint, str]:
    """Register an endpoint, and return it with its secret, which is shown this once.

    Raises: NotPermittedError; HookAddressError; HookLimitError.
    """
    require(policies.can_manage_hooks(actor, taxpayer), NOT_YOURS)
    try:
        # Asks the network, so before the transaction; asked again before each post.
        addresses.resolve(addresses.read_address(url))
    except addresses.AddressError as error:
        raise HookAddressError(error.words) from error
    return _register(actor, taxpayer, url)


@transaction.atomic
def _register(actor: User, taxpayer: Taxpayer, url: str) -> tuple[HookEndpoint, str]:
    # Two at once must not both be the last one that fits.
    locked = Taxpayer.objects.select_for_update(no_key=True).get(pk=taxpayer.pk)
    known = HookEndpoint.objects.filter(taxpayer=locked)
    if known.filter(url=url).exists():
        raise HookAddressError(_("这个接收地址已经登记过。"))
    if known.count() >= MOST_ENDPOINTS:
        raise HookLimitError(MOST_ENDPOINTS)
    secret = signing.new_secret()
    hook = HookEndpoint.objects.create(taxpayer=locked, url=url, secret=signing.seal(secret), created_by=actor)
    _audit(hook, "registered", actor)
    return hook, secret


@transaction.atomic
def rotate_hook_secret(*, actor: User, hook: HookEndpoint, key: uuid.UUID) -> str:
    """Give an endpoint a new secret, shown this once; the former one signs beside it for a day.

    The same key again, a page that is loaded anew, is the same secret: the one that is installed goes on signing.
    Raises: NotPermittedError.
    """
    locked = _lock(actor, hook)
    same = signing.unseal(locked.secret) if locked.rotation_key == key else None
    if same is not None:
        return same
    secret = signing.new_secret()
    locked.former_secret, locked.secret = locked.secret, signing.seal(secret)
    locked.secret_changed_at, locked.rotation_key = clock.now(), key
    locked.former_until = timezone.now() + FORMER_SIGNS_FOR
    locked.save(
        update_fields=["former_secret", "secret", "secret_changed_at", "former_until", "rotation_key", "updated_at"]
    )
    _audit(locked, "secret_rotated", actor)
    return secret


@transaction.atomic
def pause_hook(*, actor: User, hook: HookEndpoint) -> HookEndpoint:
    """Send nothing until it is resumed; what happens meanwhile waits. Raises: NotPermittedError; HookStateError."""
    locked = _lock(actor, hook)
    if locked.state == HookState.STOPPED:
        raise HookStateError(locked)
    if locked.state == HookState.ACTIVE:
        locked.state = HookState.PAUSED
        locked.save(update_fields=["state", "updated_at"])
        _audit(locked, "paused", actor)
    return locked


@transaction.atomic
def resume_hook(*, actor: User, hook: HookEndpoint) -> HookEndpoint:
    """Send again what waits, the oldest first, as if it had never been tried. Raises: NotPermittedError."""
    locked = _lock(actor, hook)
    if locked.state != HookState.ACTIVE:
        locked.state, locked.stopped_at, locked.resting_until = HookState.ACTIVE, None, None
        locked.save(update_fields=["state", "stopped_at", "resting_until", "updated_at"])
        waiting = HookDelivery.objects.filter(endpoint=locked, state=HookDeliveryState.WAITING)
        waiting.update(attempts=0, first_tried_at=None, next_attempt_at=None)
        _audit(locked, "resumed", actor)
        doorbell.ring_on_commit(tasks.deliver_hooks, locked.pk)
    return locked


@transaction.atomic
def remove_hook(*, actor: User, hook: HookEndpoint) -> None:
    """Remove an endpoint with its log; what waited is not sent. Raises: NotPermittedError."""
    # The whole row: whoever just writes a delivery for it is waited for.
    locked = _lock(actor, hook, no_key=False)
    _audit(locked, "removed", actor)
    locked.delete()


@transaction.atomic
def try_hook(*, actor: User, hook: HookEndpoint) -> HookDelivery:
    """Send a test on the same way as news, once, whatever the state; one that still waits is not doubled.

    Raises: NotPermittedError.
    """
    locked = _lock(actor, hook)
    waiting = HookDelivery.objects.filter(endpoint=locked, invoice_pk=None, state=HookDeliveryState.WAITING).first()
    if waiting is not None:
        return waiting
    event = HookEvent.objects.create(taxpayer=locked.taxpayer, kind=HookEventKind.TEST)
    delivery = HookDelivery.objects.create(endpoint=locked, event=event)
    _audit(locked, "tested", actor)
    doorbell.ring_on_commit(tasks.deliver_hooks, locked.pk)
    return delivery


def _lock(actor: User, hook: HookEndpoint, *, no_key: bool = True) -> HookEndpoint:
    """Lock the endpoint, but not its key: issuing invoices must not wait for its people."""
    rows = HookEndpoint.objects.select_for_update(of=("self",), no_key=no_key).select_related("taxpayer")
    locked = rows.get(pk=hook.pk)
    require(policies.can_manage_hooks(actor, locked.taxpayer), NOT_YOURS)
    return locked


def _audit(hook: HookEndpoint, act: str, actor: User) -> None:
    account_services.record_audit_event(
        actor=actor, action=f"invoicing.hook_{act}", obj=hook, taxpayer=hook.taxpayer, data={"url": hook.url}
    )
