"""Who signs for the hall, and how what was signed gets onto its row before anything is sent."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from devices.choices import CommandState
from devices.errors import CommandConflictError, KeyChangedError, SignerNotHereError
from devices.models import DeviceCommand
from devices.protocol.message import SignedMessage
from devices.signer.base import Signer, SignerError


def require_signer_role() -> None:
    """Let only the device worker go on; it alone has the key. Raises: SignerNotHereError."""
    if settings.HALL_ROLE != "device":
        raise SignerNotHereError(_("本进程不能代表大厅签名。"))


def hall_signer(algorithm: str) -> Signer:
    """Return the signer for disks of a profile; a disk believes no key of another. Raises: SignerNotHereError."""
    path, address = settings.DEVICE_SIGNERS.get(algorithm, ("", ""))
    if not path or not address:
        raise SignerNotHereError(_("大厅没有 %(name)s 算法的签名密钥。") % {"name": algorithm})
    try:
        signer: Signer = import_string(path)(address, algorithm=algorithm)
    except SignerError as error:
        raise SignerNotHereError(_("大厅的签名密钥不能使用。")) from error
    if signer.public_key.algorithm != algorithm:
        raise SignerNotHereError(_("大厅的签名密钥不是 %(name)s 算法的。") % {"name": algorithm})
    return signer


def is_signed_with_current_key(message: SignedMessage) -> bool:
    """Say whether the key that signed it is the one the hall signs with now; not when the hall has none here."""
    try:
        return bool(hall_signer(message.algorithm).public_key.key_id == message.key_id)
    except SignerNotHereError:
        return False


def require_current_key(message: SignedMessage) -> None:
    """Let only what the hall's present key signed be sent (trust.md S-37).

    Raises: KeyChangedError; SignerNotHereError when the hall cannot tell, which is no change.
    """
    if hall_signer(message.algorithm).public_key.key_id != message.key_id:
        raise KeyChangedError


def lock_for_signing(command: DeviceCommand) -> DeviceCommand:
    """Lock the row of a claimed command. Raises: CommandConflictError when another carrier has it."""
    row = DeviceCommand.objects.select_for_update().get(pk=command.pk)
    if row.state != CommandState.CLAIMED or row.fencing != command.fencing:
        raise CommandConflictError(_("这条指令已不在准备状态，没有签发。"))
    return row


def write_token(
    row: DeviceCommand, command: DeviceCommand, token: SignedMessage, *, action: str, data: dict[str, Any]
) -> None:
    """Keep the signed message on the locked row and on the caller's copy, with the audit of the key's use."""
    row.token = token.to_json()
    row.token_digest = token.digest
    row.save(update_fields=["token", "token_digest"])
    command.token, command.token_digest = row.token, row.token_digest
    account_services.record_audit_event(
        actor=None, action=action, obj=row, taxpayer=row.device.taxpayer, data={**data, "digest": token.digest}
    )
