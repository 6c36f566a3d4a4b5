"""What happened to a case: written once, never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clearcard.choices import CaseAction, CaseStatus, ReviewOutcome
from clearcard.models.case import ClearCardCase
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel

USER = settings.AUTH_USER_MODEL


class CaseTransition(AppendOnlyModel):
    """One step of a case, in the same transaction as the status; actor is empty for the hall itself."""

    case = models.ForeignKey(ClearCardCase, on_delete=models.PROTECT, related_name="transitions")
    sequence = models.PositiveIntegerField(_("序号"))
    source = models.CharField(_("原状态"), max_length=12, choices=CaseStatus)
    target = models.CharField(_("新状态"), max_length=12, choices=CaseStatus)
    action = models.CharField(_("动作"), max_length=16, choices=CaseAction)
    actor = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("时间"), default=clock.now)
    note = models.TextField(_("说明"), blank=True)

    class Meta:
        verbose_name = _("流转记录")
        verbose_name_plural = _("流转记录")
        ordering = ["case", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["case", "sequence"], name="clearcard_transition_numbered_per_case"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.sequence} {self.source} → {self.target}"


class CaseSubmission(AppendOnlyModel):
    """One hand-in with exactly what was shown to the taxpayer; a resubmission adds another."""

    case = models.ForeignKey(ClearCardCase, on_delete=models.PROTECT, related_name="submissions")
    round = models.PositiveSmallIntegerField(_("轮次"))
    key = models.CharField(_("提交键"), max_length=80, unique=True)
    submitted_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=clock.now)
    snapshot = models.JSONField(_("内容"))
    digest = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = _("提交记录")
        verbose_name_plural = _("提交记录")
        ordering = ["case", "round"]
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="clearcard_submission_once_per_round"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} #{self.round}"


class ReviewResult(AppendOnlyModel):
    """What one rule of the automatic review measured in one round."""

    case = models.ForeignKey(ClearCardCase, on_delete=models.PROTECT, related_name="review_results")
    round = models.PositiveSmallIntegerField(_("轮次"))
    rule_code = models.CharField(_("规则"), max_length=40)
    title = models.CharField(_("核查事项"), max_length=100)
    outcome = models.CharField(_("结果"), max_length=12, choices=ReviewOutcome)
    measured = models.TextField(_("实测"), blank=True)
    evidence_link = models.CharField(_("依据"), max_length=300, blank=True)
    at = models.DateTimeField(_("时间"), default=clock.now)

    class Meta:
        verbose_name = _("核查结果")
        verbose_name_plural = _("核查结果")
        ordering = ["case", "round", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "round", "rule_code"], name="clearcard_review_once_per_round"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code}: {self.outcome}"


class CaseNote(AppendOnlyModel):
    """An officers' internal note; never shown to the taxpayer."""

    case = models.ForeignKey(ClearCardCase, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=clock.now)
    text = models.TextField(_("内容"), max_length=2000)

    class Meta:
        verbose_name = _("内部备注")
        verbose_name_plural = _("内部备注")
        ordering = ["case", "id"]

    def __str__(self) -> str:
        return f"{self.case_id} {timezone.localdate(self.at)}"


class CaseHandover(AppendOnlyModel):
    """One transfer (转交) of a case from the officer who held it, if any, to another of the district."""

    case = models.ForeignKey(ClearCardCase, on_delete=models.PROTECT, related_name="handovers")
    actor = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    giver = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    receiver = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=clock.now)
    reason = models.CharField(_("转交原因"), max_length=300)

    class Meta:
        verbose_name = _("转交记录")
        verbose_name_plural = _("转交记录")
        ordering = ["case", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="clearcard_handover_reason_given"),
            models.CheckConstraint(condition=~Q(actor=F("receiver")), name="clearcard_handover_never_to_oneself"),
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="clearcard_handover_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.giver} → {self.receiver}"
