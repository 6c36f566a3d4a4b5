"""What takes two persons, or is looked at afterwards: changes of posts, and acts in an emergency."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChangeKind, ChangeState, Post
from accounts.models.organisations import Bureau, Taxpayer
from accounts.models.people import Person
from accounts.models.second_person import SecondPersonModel
from accounts.querysets import EmergencyAccessQuerySet

USER = settings.AUTH_USER_MODEL


class PostChange(SecondPersonModel):
    """A post that one head asks to give or take, and another agrees to or refuses (S-12); decided once."""

    kind = models.CharField(_("事项"), max_length=10, choices=ChangeKind)
    officer = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", verbose_name=_("税务人员"))
    officer_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("税务人员（自然人）")
    )
    post = models.CharField(_("岗位"), max_length=20, choices=Post)
    bureau = models.ForeignKey(Bureau, on_delete=models.PROTECT, related_name="+", verbose_name=_("税务机关"))

    class Meta(SecondPersonModel.Meta):
        verbose_name = _("岗位变动")
        verbose_name_plural = _("岗位变动")
        constraints = [
            *SecondPersonModel.Meta.constraints,
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="accounts_postchange_kind_known"),
            models.CheckConstraint(condition=Q(post__in=Post.values), name="accounts_postchange_post_known"),
            models.UniqueConstraint(
                fields=["kind", "officer", "post", "bureau"],
                condition=Q(state=ChangeState.ASKED),
                name="accounts_postchange_asked_once",
            ),
            # Nobody gives a post to themself (A19); NULL compares as unknown and passes.
            models.CheckConstraint(condition=~Q(officer=F("decided_by")), name="accounts_postchange_not_for_oneself"),
            models.CheckConstraint(
                condition=~Q(officer_person=F("decided_person")), name="accounts_postchange_not_for_own_person"
            ),
            models.CheckConstraint(
                condition=Q(kind=ChangeKind.TAKE) | ~Q(officer=F("asked_by")), name="accounts_postchange_none_for_asker"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.officer} {self.get_post_display()}"


class EmergencyAccess(models.Model):
    """A time in which an officer acts for a company outside the own post or district (S-17), looked at afterwards.

    Only its early end and the later look are written to it.
    """

    officer = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="emergencies", verbose_name=_("税务人员"))
    officer_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("税务人员（自然人）")
    )
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+", verbose_name=_("纳税人"))
    reason = models.CharField(_("事由"), max_length=500)
    opened_at = models.DateTimeField(_("开始时间"), default=timezone.now)
    lasts_until = models.DateTimeField(_("有效至"))
    ended_at = models.DateTimeField(_("提前结束时间"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    reviewed_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人（自然人）")
    )
    reviewed_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    opinion = models.CharField(_("复核意见"), max_length=500, blank=True)

    objects: ClassVar[EmergencyAccessQuerySet] = EmergencyAccessQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("紧急处置")
        verbose_name_plural = _("紧急处置")
        ordering = ["-id"]
        indexes = [models.Index(fields=["officer", "taxpayer"], name="accounts_emergency_in_force")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="accounts_emergency_reason_given"),
            models.CheckConstraint(
                condition=Q(lasts_until__gt=F("opened_at")), name="accounts_emergency_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True) | (Q(reviewed_by__isnull=False) & ~Q(opinion="")),
                name="accounts_emergency_reviewed_in_words",
            ),
            models.CheckConstraint(condition=~Q(officer=F("reviewed_by")), name="accounts_emergency_two_accounts"),
            models.CheckConstraint(
                condition=~Q(officer_person=F("reviewed_person")), name="accounts_emergency_two_persons"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer} · {self.taxpayer}"

    def is_in_force(self, now: datetime) -> bool:
        """Whether the officer may act under it at a moment."""
        return self.ended_at is None and self.lasts_until > now
