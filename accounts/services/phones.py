"""Registering a mobile number: the password first, then a one-time code that came to the number itself.

The three steps of one change:
1. `ask_phone_code` proves the person by the password, keeps to the pace and commits the wish.
2. `send_phone_code` runs in a worker, which alone holds the gateway's key: it draws the code, keeps its digest and
   hands the text over. So the code stands in no row, no log and no task, and nobody can send it again: who dies over
   it leaves a wish that is over, and says that nobody knows whether it went out.
3. `change_phone` counts the try before it looks, and writes the number when the code fits.

A number proves nobody here: no sign-in and no reset goes by short message, so the password is enough to change it.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts import policies, tasks
from accounts.choices import OPEN_PHONE_CODES, TAKEN_PHONE_CODES, PhoneCodeState
from accounts.errors import (
    PasswordRefusedError,
    PhoneCodeOverError,
    PhoneCodeRefusedError,
    PhoneCodeWaitError,
    SignInRefusedError,
)
from accounts.models import Membership, PhoneCode, Taxpayer, User
from accounts.models.people import MOBILE, mask_phone
from accounts.models.phones import LIFE, MOST_TRIES, sending_since
from accounts.services.audit import record_audit_event
from accounts.services.notices import send_notices
from accounts.services.sign_in import Origin, prove_again
from accounts.services.texts import send_account_text
from accounts.sms.base import Sms, SmsError, SmsRefusedError, sms_gateway
from taxhall.common import doorbell
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.locks import hold_until_commit
from taxhall.common.policies import require

logger = logging.getLogger(__name__)

KEPT = timedelta(days=3)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# How many may be asked for in how long: for one number or person, from one network, and by everybody together.
_PERSONAL = ((_MINUTE, 1), (_HOUR, 5), (_DAY, 10))
_OF_NETWORK, _OF_ALL = (_HOUR, 20), (_HOUR, 500)


def ask_phone_code(*, actor: User, phone: str, password: str, origin: Origin) -> PhoneCode:
    """Have a one-time code sent to a new number; an earlier code of the person is void from then on.

    Raises: NotPermittedError; InvalidInputError; PasswordRefusedError, SignInPausedError, SignInClosedError;
    PhoneCodeWaitError; ConflictError without a gateway.
    """
    require(policies.can_change_own_phone(actor), _("税务人员的账户不在这里登记手机号码。"))
    _require_new(actor, phone)
    if sms_gateway() is None:
        raise ConflictError(
            _("本厅没有开通短信，不能在网上核对手机号码，没有改动。"),
            code="accounts.no_sms",
            next_step=_("请到办税服务厅登记手机号码。"),
        )
    try:
        prove_again(user=actor, password=password, origin=origin)
    except SignInRefusedError as error:
        raise PasswordRefusedError from error
    return _ask(actor, phone, origin.network)


@transaction.atomic
def _ask(actor: User, phone: str, network: str) -> PhoneCode:
    # Asked one after the other, so that askers at the same moment cannot pass a limit together.
    hold_until_commit("accounts.phone_codes")
    _keep_pace(Q(phone=phone) | Q(user=actor.pk), _PERSONAL)
    _keep_pace(Q(network=network), (_OF_NETWORK,))
    _keep_pace(Q(), (_OF_ALL,))
    PhoneCode.objects.filter(user=actor.pk, state__in=OPEN_PHONE_CODES).update(state=PhoneCodeState.REPLACED)
    asked = PhoneCode.objects.create(user=actor, phone=phone, network=network)
    data = {"phone": mask_phone(phone), "network": network}
    record_audit_event(actor=actor, action="accounts.phone_code_asked", obj=actor, data=data)
    doorbell.ring_on_commit(tasks.send_phone_code, asked.pk)
    return asked


def send_phone_code(*, code_id: int) -> None:
    """Draw the code of a wish and hand it to the gateway; only the first worker that takes the wish does."""
    gateway, now = sms_gateway(), timezone.now()
    asked = PhoneCode.objects.filter(pk=code_id, state=PhoneCodeState.WAITING, asked_at__gt=now - LIFE).first()
    if asked is None or gateway is None:
        return
    code = f"{secrets.randbelow(10**6):06d}"
    waiting = PhoneCode.objects.filter(pk=asked.pk, state=PhoneCodeState.WAITING)
    if not waiting.update(state=PhoneCodeState.SENDING, digest=_digest(asked, code), expires_at=now + LIFE):
        return
    text = _("验证码 %(code)s，用于在西安网上办税服务厅登记手机号码，5 分钟内有效。请不要告诉任何人。") % {"code": code}
    try:
        gateway.send(Sms(key=asked.uid.hex, phone=asked.phone, text=text))
    except SmsRefusedError:
        _give_up(asked, PhoneCodeState.REFUSED)
    except (SmsError, OSError) as error:
        logger.warning("code %s not handed over: %s", asked.pk, error)
        _give_up(asked, PhoneCodeState.FAILED)
    else:
        _sending(asked).update(state=PhoneCodeState.SENT)


def sweep_phone_codes() -> int:
    """End the wishes that outlived their time and ring for every one that waits; return for how many."""
    now = timezone.now()
    waiting = PhoneCode.objects.filter(state=PhoneCodeState.WAITING)
    waiting.filter(asked_at__lte=now - LIFE).update(state=PhoneCodeState.LATE)
    dead = PhoneCode.objects.filter(state=PhoneCodeState.SENDING, expires_at__lte=sending_since(now))
    dead.update(state=PhoneCodeState.FAILED, digest="", expires_at=None)
    fresh = waiting.filter(asked_at__gt=now - LIFE)
    ids = list(fresh.order_by("pk").values_list("pk", flat=True)[:200])
    for pk in ids:
        doorbell.ring(tasks.send_phone_code, pk)
    return len(ids)


def change_phone(*, actor: User, code_id: int, code: str) -> User:
    """Register the number whose code came back; the right code again changes nothing.

    Raises: NotPermittedError; PhoneCodeRefusedError; PhoneCodeOverError, the same for another person's wish.
    """
    require(policies.can_change_own_phone(actor), _("税务人员的账户不在这里登记手机号码。"))
    mine, now = PhoneCode.objects.filter(pk=code_id, user=actor.pk), timezone.now()
    open_code = mine.filter(state__in=TAKEN_PHONE_CODES, expires_at__gt=now, tries__lt=MOST_TRIES)
    open_code = open_code.exclude(state=PhoneCodeState.SENDING, expires_at__lte=sending_since(now))
    # Counted before it is looked at: tries at the same moment cannot pass the limit together.
    is_counted, asked = open_code.update(tries=F("tries") + 1), mine.first()
    if asked is None or (not is_counted and asked.state != PhoneCodeState.USED):
        raise PhoneCodeOverError
    if not constant_time_compare(asked.digest, _digest(asked, code)):
        _note_wrong(actor)
        raise PhoneCodeRefusedError(max(0, MOST_TRIES - asked.tries))
    return _register(actor, asked)


def purge_phone_codes(*, now: datetime) -> int:
    """Remove old wishes with the numbers in them; return how many."""
    return PhoneCode.objects.filter(asked_at__lt=now - KEPT).delete()[0]


def _require_new(actor: User, phone: str) -> None:
    problem = ""
    if not MOBILE.fullmatch(phone):
        problem = _("请填写 11 位手机号码，例如 13800001234")
    elif phone == actor.phone:
        problem = _("这就是现在登记的号码，不用更改")
    if problem:
        raise InvalidInputError(_("手机号码没有改动。"), fields={"phone": [problem]})


def _keep_pace(whose: Q, limits: tuple[tuple[timedelta, int], ...]) -> None:
    now = timezone.now()
    for span, most in limits:
        asked = PhoneCode.objects.filter(whose, asked_at__gt=now - span).order_by("-asked_at")
        lately = list(asked.values_list("asked_at", flat=True)[:most])
        if len(lately) >= most:
            logger.warning("one-time codes: %s in %s reached", most, span)
            raise PhoneCodeWaitError(lately[-1] + span)


def _digest(asked: PhoneCode, code: str) -> str:
    """Return what is kept of a code: it fits this wish, number and purpose alone."""
    value = f"{asked.uid.hex}:{asked.phone}:{code.strip()}"
    return salted_hmac("accounts.phone_code", value, algorithm="sha256").hexdigest()


def _give_up(asked: PhoneCode, state: PhoneCodeState) -> None:
    _sending(asked).update(state=state, digest="", expires_at=None)


def _sending(asked: PhoneCode) -> QuerySet[PhoneCode]:
    """Return the wish while it is being sent: what the person did meanwhile stands."""
    return PhoneCode.objects.filter(pk=asked.pk, state=PhoneCodeState.SENDING)


@transaction.atomic
def _note_wrong(actor: User) -> None:
    record_audit_event(actor=actor, action="accounts.phone_code_refused", obj=actor)


@transaction.atomic
def _register(actor: User, asked: PhoneCode) -> User:
    user = User.objects.select_for_update().get(pk=actor.pk)
    mine = PhoneCode.objects.filter(pk=asked.pk)
    if not mine.filter(state__in=TAKEN_PHONE_CODES).update(state=PhoneCodeState.USED):
        # The second press of one code, or a code that ended between its try and here.
        if mine.filter(state=PhoneCodeState.USED).exists():
            return user
        raise PhoneCodeOverError
    was, user.phone = user.phone, asked.phone
    user.save(update_fields=["phone"])
    data = {"was": mask_phone(was), "now": user.masked_phone}
    record_audit_event(actor=actor, action="accounts.phone_changed", obj=user, data=data)
    _tell(user, was, key=f"accounts:phone:{asked.pk}")
    return user


def _tell(user: User, was: str, *, key: str) -> None:
    """Tell the inboxes that the person reads, and the number that was registered before."""
    facts = {"name": str(user), "was": mask_phone(was) or _("没有登记"), "now": user.masked_phone}
    held = Membership.objects.active().filter(user=user.pk)
    send_notices(
        taxpayers=Taxpayer.objects.filter(pk__in=held.values("taxpayer_id")),
        kind="account",
        title=_("%(name)s登记的手机号码已更改") % facts,
        body=_(
            "原号码 %(was)s，新号码 %(now)s。到期提醒的短信改发到新号码；没有改动设备、发票和税款。"
            "不是本人操作的，请立即联系企业管理员或主管税务机关停用账户。"
        )
        % facts,
        link="",
        dedupe_key=key,
    )
    if MOBILE.fullmatch(was):
        text = _("您在西安网上办税服务厅登记的手机号码已改为 %(now)s。不是本人操作的，请立即联系企业管理员。") % facts
        send_account_text(user=user, phone=was, text=text, dedupe_key=key)
