"""Opening a session, and what it acts for: the only code that signs an account in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import login as open_django_session
from django.contrib.auth import logout as end_django_session
from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp import login as mark_verified
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.errors import CodeRefusedError, StepUpNeededError, StepUpRefusedError
from accounts.models import Membership, User
from accounts.services.audit import record_audit_event
from accounts.services.officers import check_code
from accounts.services.sign_in import Origin, prove_again
from taxhall.common.errors import NotFoundError

CONFIRMED_AT = "confirmed_at"
BACKEND = "accounts.backends.AccountBackend"
SIGNED_IN_AT = "signed_in_at"
LAST_SEEN_AT = "last_seen_at"
MEMBERSHIP = "membership_id"
TAXPAYER_IDLE = timedelta(minutes=30)
TAXPAYER_LONGEST = timedelta(hours=12)
OFFICER_IDLE = timedelta(minutes=15)
OFFICER_LONGEST = timedelta(hours=8)
# Writing the session at every request would cost a row update each; a minute is near enough.
SEEN_STEP = timedelta(seconds=60)
CONFIRMED_FOR = timedelta(minutes=5)


def open_session(*, request: HttpRequest, user: User, device: TOTPDevice | None = None) -> None:
    """Open a session under a new key for an account that has proven itself.

    Raises: RuntimeError for an officer without a verified second factor: no path may do that.
    """
    if user.is_staff and device is None:
        raise RuntimeError("an officer's session needs a verified second factor")
    with transaction.atomic():
        open_django_session(request, user, backend=BACKEND)
        # Django keeps the key when the same account signs in again over its own session.
        request.session.cycle_key()
        if device is not None:
            mark_verified(request, device)
        record_audit_event(actor=user, action="accounts.signed_in", obj=user)


def end_session(*, request: HttpRequest, reason: str) -> None:
    """End the session; its key and everything in it are gone."""
    user = User.objects.filter(pk=request.user.pk).first() if request.user.is_authenticated else None
    if user is not None:
        with transaction.atomic():
            record_audit_event(actor=user, action="accounts.signed_out", obj=user, data={"reason": reason})
    end_django_session(request)


def choose_identity(*, request: HttpRequest, membership: Membership) -> None:
    """Act for a company in a role from now on, under a new session key.

    Raises: NotFoundError for a role that is not the signed-in person's, or has ended.
    """
    if membership.user_id != request.user.pk or not membership.is_active:
        raise NotFoundError(_("没有找到这个企业身份。"), next_step=_("请在切换企业页面选择。"))
    request.session.cycle_key()
    rotate_token(request)
    request.session[MEMBERSHIP] = membership.pk
    with transaction.atomic():
        record_audit_event(
            actor=membership.user, action="accounts.identity_chosen", obj=membership, taxpayer=membership.taxpayer
        )


def confirm_password(*, request: HttpRequest, password: str, origin: Origin) -> None:
    """Prove once more, before a weighty act, that the person at the keyboard is the account's owner.

    Raises: SignInRefusedError, SignInPausedError, SignInClosedError.
    """
    prove_again(user=User.objects.get(pk=request.user.pk or 0), password=password, origin=origin)
    request.session[CONFIRMED_AT] = timezone.now().timestamp()


def require_confirmed(*, request: HttpRequest, code: str, act: str) -> None:
    """Let a weighty act of an officer through: proven within five minutes, or by this one-time code now (S-10).

    Raises: StepUpNeededError with an audit row when there is no proof; StepUpRefusedError, SignInPausedError.
    """
    if is_confirmed(request=request):
        return
    user = User.objects.get(pk=request.user.pk or 0)
    if not code:
        with transaction.atomic():
            record_audit_event(actor=user, action="accounts.step_up_missing", obj=user, data={"act": act})
        raise StepUpNeededError
    try:
        check_code(user=user, code=code)
    except CodeRefusedError as error:
        raise StepUpRefusedError from error
    request.session[CONFIRMED_AT] = timezone.now().timestamp()


def is_confirmed(*, request: HttpRequest) -> bool:
    """Tell whether the owner was proven within the last five minutes, by sign-in or by a further proof."""
    latest = max(_moment(request.session, SIGNED_IN_AT), _moment(request.session, CONFIRMED_AT))
    return timezone.now() - latest <= CONFIRMED_FOR


def start_clock(session: Any) -> None:
    """Set the marks from which the limits of a new session run."""
    now = timezone.now().timestamp()
    session[SIGNED_IN_AT] = now
    session[LAST_SEEN_AT] = now


def find_chosen(session: Any, memberships: list[Membership]) -> Membership | None:
    """Return the role chosen in this session if it is still in force, or the only company there is."""
    chosen = session.get(MEMBERSHIP)
    for membership in memberships:
        if membership.pk == chosen:
            return membership
    companies = {membership.taxpayer_id for membership in memberships}
    return memberships[0] if len(companies) == 1 and chosen is None else None


def end_of_session(session: Any, *, is_staff: bool) -> tuple[datetime, str]:
    """Return when the session ends and why: "idle" without a further request, or "longest"."""
    idle, longest = (OFFICER_IDLE, OFFICER_LONGEST) if is_staff else (TAXPAYER_IDLE, TAXPAYER_LONGEST)
    idle_end = _moment(session, LAST_SEEN_AT) + idle
    hard_end = _moment(session, SIGNED_IN_AT) + longest
    return (idle_end, "idle") if idle_end < hard_end else (hard_end, "longest")


def note_seen(session: Any) -> None:
    """Remember that the person is still there."""
    now = timezone.now()
    if now - _moment(session, LAST_SEEN_AT) >= SEEN_STEP:
        session[LAST_SEEN_AT] = now.timestamp()


def _moment(session: Any, key: str) -> datetime:
    # A session without the mark was not opened by a sign-in: it is over.
    return datetime.fromtimestamp(float(session.get(key, 0)), tz=timezone.get_default_timezone())
