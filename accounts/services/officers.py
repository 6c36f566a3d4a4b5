"""Officers' second factor: binding an authenticator (TOTP, RFC 6238) and checking its codes."""

from __future__ import annotations

import base64

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from accounts.errors import CodeRefusedError, EnrolmentNotPossibleError, SignInPausedError
from accounts.models import User
from accounts.services import limiter
from accounts.services.audit import record_audit_event
from accounts.services.sign_in import NOBODY
from taxhall.common.errors import InvalidInputError

DEVICE_NAME = "authenticator"


def has_authenticator(*, user: User) -> bool:
    """Tell whether the officer has a confirmed authenticator."""
    return bool(TOTPDevice.objects.filter(user=user.pk, confirmed=True).exists())


@transaction.atomic
def begin_enrolment(*, user: User) -> TOTPDevice:
    """Make a new secret for an officer who has none confirmed; an earlier unconfirmed one is void.

    Raises: EnrolmentNotPossibleError when an authenticator is bound already.
    """
    _lock(user)
    if has_authenticator(user=user):
        raise EnrolmentNotPossibleError(
            _("您已绑定验证器，不能在此更换。"), next_step=_("请用验证器上的动态口令登录；遗失时请系统管理员解除绑定。")
        )
    device, _created = TOTPDevice.objects.update_or_create(
        user=user, name=DEVICE_NAME, confirmed=False, defaults={"key": default_key(), "last_t": -1, "drift": 0}
    )
    record_audit_event(actor=user, action="accounts.enrolment_begun", obj=user)
    return device


def find_enrolment(*, user: User) -> TOTPDevice | None:
    """Return the authenticator that waits for its first code."""
    return TOTPDevice.objects.filter(user=user.pk, confirmed=False).order_by("pk").first()


def readable_secret(device: TOTPDevice) -> str:
    """Return the secret in groups of four for typing into an authenticator."""
    text = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def confirm_enrolment(*, user: User, code: str) -> TOTPDevice:
    """Bind the authenticator by its first code; the secret is not shown again.

    Raises: CodeRefusedError, SignInPausedError, EnrolmentNotPossibleError.
    """
    return _check(user, code, confirmed=False)


def check_code(*, user: User, code: str) -> TOTPDevice:
    """Return the officer's authenticator if the code is its current one and was not used before.

    Raises: CodeRefusedError, SignInPausedError, SignInClosedError.
    """
    return _check(user, code, confirmed=True)


@transaction.atomic
def unbind_authenticator(*, actor: User | None, user: User, reason: str) -> None:
    """Take a lost authenticator off an officer's account, so that the next sign-in binds a new one.

    Sessions that it had proven are officers' sessions no longer. Raises: InvalidInputError without a
    reason; EnrolmentNotPossibleError when none is bound.
    """
    _lock(user)
    if not reason.strip():
        raise InvalidInputError(_("请写明解除绑定的原因。"), fields={"reason": [_("请写明解除绑定的原因。")]})
    if not TOTPDevice.objects.filter(user=user.pk).delete()[0]:
        raise EnrolmentNotPossibleError(_("该人员没有绑定验证器。"))
    record_audit_event(actor=actor, action="accounts.authenticator_unbound", obj=user, data={"reason": reason.strip()})


@transaction.atomic
def enrol_demo_officer(*, user: User, key: str) -> TOTPDevice:
    """Bind a demo officer's authenticator with a known secret. Raises: RuntimeError outside demo settings."""
    if not settings.HALL_DEMO:
        raise RuntimeError("officers are enrolled by themselves outside demo settings")
    device, _created = TOTPDevice.objects.update_or_create(
        user=user, name=DEVICE_NAME, defaults={"key": key, "confirmed": True}
    )
    return device


def _check(user: User, code: str, *, confirmed: bool) -> TOTPDevice:
    ticket = limiter.ticket(limiter.CODE, user.pk)
    reservation = limiter.reserve([ticket])
    device = _accept(user, code, confirmed=confirmed)
    if device is not None:
        limiter.release(reservation, cleared=[ticket])
        return device
    with transaction.atomic():
        record_audit_event(actor=None, action="accounts.code_refused", obj=user, label=NOBODY)
    if reservation.paused_until is not None and reservation.paused_until < limiter.CLOSED:
        raise SignInPausedError(reservation.paused_until)
    raise CodeRefusedError


@transaction.atomic
def _accept(user: User, code: str, *, confirmed: bool) -> TOTPDevice | None:
    """Verify under the account's lock, so that one code cannot be used by two requests at once."""
    _lock(user)
    if not confirmed and has_authenticator(user=user):
        raise EnrolmentNotPossibleError(_("您已绑定验证器。"), next_step=_("请用动态口令登录。"))
    device = TOTPDevice.objects.filter(user=user.pk, confirmed=confirmed).order_by("pk").first()
    if device is None or not _is_code(code) or not device.verify_token(code):
        return None
    if not confirmed:
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        record_audit_event(actor=user, action="accounts.authenticator_bound", obj=user)
    return device


def _is_code(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdigit()


def _lock(user: User) -> None:
    User.objects.select_for_update().get(pk=user.pk)
