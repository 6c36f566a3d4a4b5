"""Changing the PIN (设备口令) of a disk: by whoever knows the old one, in memory only, never tried again by itself."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices import policies
from devices.errors import CardOutcomeUnknownError, CardRefusedError
from devices.gateway import wire
from devices.models import Device
from devices.protocol.constants import PIN_TRIES
from devices.services.host import visit
from devices.signals import disk_ready
from taxhall.common.policies import require


def change_card_pin(*, actor: User, device: Device, old_pin: str, new_pin: str) -> None:
    """Set a new PIN; after an order to unblock, the transport PIN is the old one.

    The act, not the PINs, is audited. A lost answer is told as such: a person tries the new PIN first.
    Raises: NotPermittedError; CardRefusedError disk.pin_wrong with tries left, disk.pin_blocked,
    disk.pin_unchanged, disk.wrong_length; CardOutcomeUnknownError disk.pin_change_unknown.
    """
    require(policies.can_unlock_device(actor, device), _("您没有使用这块税控设备的权限。"))
    try:
        visit(device, {"op": "change_pin"}, deadline=wire.APPLY_DEADLINE, pin=old_pin, new_pin=new_pin)
    except CardRefusedError as error:
        _note(actor, device, outcome=error.code, tries_left=error.tries_left)
        raise
    except CardOutcomeUnknownError as error:
        _note(actor, device, outcome="disk.pin_change_unknown", tries_left=None)
        raise CardOutcomeUnknownError("disk.pin_change_unknown") from error
    _note(actor, device, outcome="changed", tries_left=PIN_TRIES)
    disk_ready.send_robust(sender=Device, device=device, is_unlocked=True)


@transaction.atomic
def _note(actor: User, device: Device, *, outcome: str, tries_left: int | None) -> None:
    if tries_left is not None:
        Device.objects.filter(pk=device.pk).update(pin_tries=tries_left)
    account_services.record_audit_event(
        actor=actor,
        action="devices.pin_changed" if outcome == "changed" else "devices.pin_change_not_done",
        obj=device,
        taxpayer=device.taxpayer,
        data={"outcome": outcome, "tries_left": tries_left},
    )
