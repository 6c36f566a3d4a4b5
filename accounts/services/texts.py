"""Short messages (短信): wanted by the person, written with what they tell, handed to the gateway by a worker."""

from __future__ import annotations

import logging
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import TextState
from accounts.models import TextMessage, User
from accounts.services.audit import record_audit_event
from accounts.sms.base import Sms, SmsError, SmsGateway, SmsRefusedError, sms_gateway
from taxhall.common import clock
from taxhall.common.errors import ConflictError, NotPermittedError

logger = logging.getLogger(__name__)

LONGEST_TEXT = 300
KEPT = timedelta(days=180)
# Reminders wake nobody up.
FIRST_HOUR, LAST_HOUR = 8, 21
RUN_SECONDS = 10.0
# A gateway that does not answer so often in a row is left alone until the next run.
MOST_FAILURES = 3
# Longer than one try takes; the key makes a message that is tried twice one message.
_HELD = timedelta(seconds=60)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=60), timedelta(hours=1)


@dataclass(frozen=True)
class TextDraft:
    """A short message to one person that is not written down yet."""

    recipient: User
    text: str
    useful_until: datetime
    dedupe_key: str


@transaction.atomic
def choose_texts(*, actor: User, wants: bool) -> User:
    """Have reminders come to the person's own telephone as well, or no more; choosing the same changes nothing.

    Raises: NotPermittedError for officers; ConflictError without a mobile number in the account.
    """
    user = User.objects.select_for_update().get(pk=actor.pk)
    if user.is_staff:
        raise NotPermittedError(_("税务人员不接收企业的到期提醒。"))
    if wants and not user.mobile:
        raise ConflictError(
            _("账户没有登记手机号码，没有开通短信提醒；站内消息照常提醒。"),
            code="accounts.no_mobile",
            next_step=_("请先在“我的账户”登记手机号码，再来选择。"),
        )
    if user.wants_texts != wants:
        user.wants_texts = wants
        user.save(update_fields=["wants_texts"])
        record_audit_event(actor=actor, action="accounts.texts_chosen", obj=user, data={"wants": wants})
    return user


def send_texts(drafts: Iterable[TextDraft]) -> int:
    """Write short messages down for those who want them; an event told before changes nothing. Return how many.

    Called in the transaction of what they tell; a worker sends them after it.
    """
    now = timezone.now()
    rows = [
        TextMessage(
            recipient=each.recipient, phone=each.recipient.phone, text=plain(each.text)[:LONGEST_TEXT],
            dedupe_key=each.dedupe_key, useful_until=each.useful_until, due_at=now,
        )
        for each in drafts
        if _may_be_sent(each.recipient, each.recipient.phone)
    ]  # fmt: skip
    known = TextMessage.objects.filter(dedupe_key__in=[each.dedupe_key for each in rows])
    told = set(known.values_list("dedupe_key", flat=True)) if rows else set()
    return len(TextMessage.objects.bulk_create(each for each in rows if each.dedupe_key not in told))


def send_account_text(*, user: User, phone: str, text: str, dedupe_key: str) -> None:
    """Write down a warning about the account to one number, chosen or not; a worker sends it within a day."""
    TextMessage.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={
            "recipient": user, "phone": phone, "text": plain(text)[:LONGEST_TEXT], "is_about_account": True,
            "useful_until": clock.now() + timedelta(days=1), "due_at": timezone.now(),
        },
    )  # fmt: skip


def deliver_texts() -> int:
    """Hand what is due to the gateway for a while, the longest waiting first; return how many it took.

    At night only warnings about accounts, without a gateway nothing; what nobody needs any more is ended unsent.
    """
    _end_useless()
    gateway = sms_gateway()
    if gateway is None:
        return 0
    is_night = not FIRST_HOUR <= timezone.localtime(clock.now()).hour < LAST_HOUR
    taken = failures = 0
    until = time.monotonic() + RUN_SECONDS
    while failures < MOST_FAILURES and time.monotonic() < until:
        message = _claim(is_night=is_night)
        if message is None:
            break
        is_answered = _deliver(gateway, message)
        taken, failures = taken + is_answered, 0 if is_answered else failures + 1
    return taken


def purge_texts(*, now: datetime) -> int:
    """Remove the short messages that ended long ago, with the numbers in them; return how many."""
    return TextMessage.objects.filter(ended_at__lt=now - KEPT).delete()[0]


def plain(text: str) -> str:
    """Return text on one line, without signs that steer how it is shown."""
    return " ".join("".join(each for each in text if unicodedata.category(each) != "Cf").split())


def _may_be_sent(user: User, phone: str) -> bool:
    return user.wants_texts and user.is_active and user.mobile == phone != ""


def _claim(*, is_night: bool) -> TextMessage | None:
    """Take the next due message for a minute, by a change that one worker alone can make."""
    now = timezone.now()
    waiting = TextMessage.objects.filter(state=TextState.WAITING)
    if is_night:
        waiting = waiting.filter(is_about_account=True)
    message = waiting.filter(due_at__lte=now).select_related("recipient").order_by("due_at", "pk").first()
    if message is None:
        return None
    same = waiting.filter(pk=message.pk, due_at=message.due_at)
    # Where another worker was faster, the rest is left to it.
    return message if same.update(due_at=now + _HELD, attempts=F("attempts") + 1) else None


def _deliver(gateway: SmsGateway, message: TextMessage) -> bool:
    """Send one message and note what came of it; say whether the gateway answered."""
    if not message.is_about_account and not _may_be_sent(message.recipient, message.phone):
        _end(message, TextState.UNWANTED)
        return True
    try:
        reference = gateway.send(Sms(key=message.uid.hex, phone=message.phone, text=message.text))
    except SmsRefusedError as error:
        _end(message, TextState.REFUSED, trouble=str(error))
        return True
    except (SmsError, OSError) as error:
        logger.warning("short message %s not handed over: %s", message.pk, error)
        pause = min(_FIRST_PAUSE * 2 ** min(message.attempts, 10), _LONGEST_PAUSE)
        waiting = TextMessage.objects.filter(pk=message.pk, state=TextState.WAITING)
        waiting.update(due_at=timezone.now() + pause, trouble=str(error)[:200])
        return False
    _end(message, TextState.SENT, reference=reference)
    return True


def _end(message: TextMessage, state: str, *, reference: str = "", trouble: str = "") -> None:
    waiting = TextMessage.objects.filter(pk=message.pk, state=TextState.WAITING)
    waiting.update(state=state, reference=reference, trouble=trouble[:200], due_at=None, ended_at=timezone.now())


def _end_useless() -> None:
    useless = TextMessage.objects.filter(state=TextState.WAITING, useful_until__lte=clock.now())
    useless.update(state=TextState.LATE, due_at=None, ended_at=timezone.now())
