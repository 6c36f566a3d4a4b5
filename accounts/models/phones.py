"""New mobile numbers that people want registered, each proved by a one-time code."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import MOVING_PHONE_CODES, OPEN_PHONE_CODES, PROVABLE_PHONE_CODES, PhoneCodeState
from accounts.models.people import User

MOST_TRIES = 5
# How long a wish waits for a worker, and its code may be typed.
LIFE = timedelta(minutes=5)
# Far longer than a gateway is waited for: whoever was sending is gone.
LONGEST_SENDING = timedelta(minutes=1)


class PhoneCode(models.Model):
    """A number that a person wants registered, until the code that a worker sends to it came back.

    Made when the person asks; the worker draws the code and keeps only its keyed digest. Counts as one sent message
    in every limit, whatever became of it, and is removed with the number in it after a few days.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="phone_codes", verbose_name=_("用户"))
    phone = models.CharField(_("新手机号"), max_length=20)
    network = models.CharField(_("网络"), max_length=64)
    state = models.CharField(_("状态"), max_length=10, choices=PhoneCodeState, default=PhoneCodeState.WAITING)
    digest = models.CharField(_("验证码摘要"), max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(_("试填次数"), default=0)
    # On the wall clock, as every limit of sign-in.
    asked_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    expires_at = models.DateTimeField(_("有效至"), null=True, blank=True)

    class Meta:
        verbose_name = _("手机验证码")
        verbose_name_plural = _("手机验证码")
        ordering = ["-id"]
        indexes = [models.Index(fields=["asked_at"], name="accounts_phonecode_age")]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state__in=OPEN_PHONE_CODES), name="accounts_phonecode_one_open"
            ),
            models.CheckConstraint(condition=Q(state__in=PhoneCodeState.values), name="accounts_phonecode_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=PROVABLE_PHONE_CODES) | (~Q(digest="") & Q(expires_at__isnull=False)),
                name="accounts_phonecode_sent_has_code",
            ),
            models.CheckConstraint(condition=Q(tries__lte=MOST_TRIES), name="accounts_phonecode_few_tries"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.get_state_display()}"

    def state_at(self, now: datetime) -> PhoneCodeState:
        """Return how far it is; what outlived its time is over, whether or not a sweep wrote it down already."""
        if self.state == PhoneCodeState.WAITING and self.asked_at <= now - LIFE:
            return PhoneCodeState.LATE
        if self.state == PhoneCodeState.SENDING and self.expires_at and self.expires_at <= sending_since(now):
            return PhoneCodeState.FAILED
        return PhoneCodeState(self.state)

    def is_open_at(self, now: datetime) -> bool:
        """Say whether its code may still come back and be taken."""
        state = self.state_at(now)
        if state in MOVING_PHONE_CODES:
            return True
        return state == PhoneCodeState.SENT and self.tries_left > 0 and not self.is_expired_at(now)

    def is_expired_at(self, now: datetime) -> bool:
        """Say whether the time of its code is over."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def tries_left(self) -> int:
        """How many more codes are looked at."""
        return MOST_TRIES - self.tries


def sending_since(now: datetime) -> datetime:
    """Return when codes expire whose sending began so long ago that nobody is at it any more."""
    return now - LONGEST_SENDING + LIFE
