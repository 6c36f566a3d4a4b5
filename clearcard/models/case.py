"""The clear-card case: one application to clear one disk for one period."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Taxpayer
from clearcard.choices import (
    DECIDED_STATUSES,
    REOPENABLE_STATUSES,
    CaseStatus,
    ClearKind,
    Lane,
    RejectReason,
    SpecialReason,
)
from clearcard.querysets import CaseQuerySet
from devices.models import Device, DeviceCommand
from taxhall.common.models import TimestampedModel
from taxhall.common.money import MoneyField
from taxhall.common.periods import TaxPeriod

USER = settings.AUTH_USER_MODEL
# What must be there from the moment the application is handed in.
_HANDED_IN = [each for each in CaseStatus if each not in (CaseStatus.DRAFT, CaseStatus.WITHDRAWN)]


class ClearCardCase(TimestampedModel):
    """One application (清卡申请) for one disk, period and group of invoice kinds.

    Made when the taxpayer starts; the content may change in draft and returned, the status only
    along the workflow table, which the database holds as well.
    """

    number = models.CharField(_("申请单号"), max_length=24, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="cases", verbose_name=_("税控设备"))
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="cases", verbose_name=_("纳税人"))
    group = models.CharField(_("票种组"), max_length=1, default="A")
    period_start = models.DateField(_("所属期起"))
    period_end = models.DateField(_("所属期止"))
    kind = models.CharField(_("清卡类型"), max_length=10, choices=ClearKind, blank=True)
    special_reason = models.CharField(_("特殊原因"), max_length=12, choices=SpecialReason, blank=True)
    status = models.CharField(_("状态"), max_length=12, choices=CaseStatus, default=CaseStatus.DRAFT)
    version = models.PositiveIntegerField(_("版本"), default=1)
    round = models.PositiveSmallIntegerField(_("提交轮次"), default=0)
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", verbose_name=_("创建人"))

    confirmed_digest = models.CharField(_("核对摘要"), max_length=64, blank=True)
    confirmed_at = models.DateTimeField(_("核对时间"), null=True, blank=True)
    invoiced_amount = MoneyField(_("开票金额"), null=True, blank=True)
    declared_amount = MoneyField(_("已申报金额"), null=True, blank=True)
    clear_on = models.DateField(_("清卡日期"), null=True, blank=True)
    explanation = models.TextField(_("情况说明"), max_length=1000, blank=True)

    submit_key = models.CharField(_("提交键"), max_length=80, unique=True, null=True, blank=True)
    submitted_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提交人")
    )
    submitter_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提交人（自然人）")
    )
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    snapshot = models.JSONField(_("提交内容"), default=dict, blank=True)
    snapshot_digest = models.CharField(_("提交内容摘要"), max_length=64, blank=True)

    lane = models.CharField(_("通道"), max_length=10, choices=Lane, blank=True)
    lane_reasons = models.JSONField(_("转人工原因"), default=list, blank=True)
    claimed_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("认领人")
    )
    claimed_until = models.DateTimeField(_("认领有效至"), null=True, blank=True)
    first_reviewer = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("初审人")
    )
    first_reviewer_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("初审人（自然人）")
    )
    first_opinion = models.TextField(_("初审意见"), blank=True)
    approver = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审批人")
    )
    approver_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审批人（自然人）")
    )
    approved_digest = models.CharField(_("审批依据摘要"), max_length=64, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    reason_code = models.CharField(_("驳回原因"), max_length=20, choices=RejectReason, blank=True)
    reason_text = models.TextField(_("决定说明"), blank=True)
    returned_items = models.JSONField(_("补正事项"), default=list, blank=True)

    command = models.ForeignKey(
        DeviceCommand, on_delete=models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("清卡指令")
    )
    command_count = models.PositiveSmallIntegerField(_("指令次数"), default=0)
    waiting_code = models.CharField(_("等待条件"), max_length=60, blank=True)
    waiting_text = models.TextField(_("等待说明"), blank=True)
    waiting_since = models.DateTimeField(_("等待开始"), null=True, blank=True)
    failure_code = models.CharField(_("失败代码"), max_length=60, blank=True)
    failure_text = models.TextField(_("失败原因"), blank=True)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    # Technical times: when the hall looks at the case again, and until when a worker holds it.
    next_attempt_at = models.DateTimeField(_("下次处理"), null=True, blank=True)

    old_cut_off = models.DateField(_("原锁死日期"), null=True, blank=True)
    new_period_start = models.DateField(_("新所属期起"), null=True, blank=True)
    new_period_end = models.DateField(_("新所属期止"), null=True, blank=True)
    new_cut_off = models.DateField(_("新锁死日期"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("清卡时间"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("清卡申请")
        verbose_name_plural = _("清卡申请")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CaseStatus.values), name="clearcard_case_status_known"),
            models.UniqueConstraint(
                fields=["device", "period_start", "group"],
                condition=~Q(status__in=REOPENABLE_STATUSES),
                name="clearcard_case_one_open_per_period",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_HANDED_IN)
                | (Q(submitted_at__isnull=False) & Q(submitted_by__isnull=False) & ~Q(snapshot_digest="")),
                name="clearcard_case_submission_complete",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=DECIDED_STATUSES)
                | (
                    Q(approved_digest=F("snapshot_digest"))
                    & ~Q(approved_digest="")
                    & (Q(lane=Lane.GREEN) | Q(approver__isnull=False))
                ),
                name="clearcard_case_decided_over_digest",
            ),
            models.CheckConstraint(
                condition=~Q(kind=ClearKind.SPECIAL)
                | ~Q(status__in=DECIDED_STATUSES)
                | Q(first_reviewer__isnull=False),
                name="clearcard_case_special_has_two_officers",
            ),
            models.CheckConstraint(
                condition=~Q(status=CaseStatus.CLEARED)
                | (Q(cleared_at__isnull=False) & Q(new_cut_off__isnull=False) & Q(command__isnull=False)),
                name="clearcard_case_cleared_has_proof",
            ),
            # Four eyes (S-12): accounts and natural persons alike; NULL compares as unknown and passes.
            *(
                models.CheckConstraint(condition=~Q(**{left: F(right)}), name=f"clearcard_case_{name}")
                for left, right, name in (
                    ("submitted_by", "first_reviewer", "submitter_not_reviewer"),
                    ("submitted_by", "approver", "submitter_not_approver"),
                    ("first_reviewer", "approver", "reviewer_not_approver"),
                    ("submitter_person", "first_reviewer_person", "submitter_person_not_reviewer"),
                    ("submitter_person", "approver_person", "submitter_person_not_approver"),
                    ("first_reviewer_person", "approver_person", "reviewer_person_not_approver"),
                )
            ),
        ]
        indexes = [
            models.Index(fields=["status", "next_attempt_at"], name="clearcard_case_work"),
            models.Index(fields=["taxpayer", "-created_at"], name="clearcard_case_taxpayer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def period(self) -> TaxPeriod:
        """The period that is cleared."""
        return TaxPeriod(self.period_start, self.period_end)

    @property
    def is_editable(self) -> bool:
        """Whether the taxpayer may change the content now."""
        return self.status in (CaseStatus.DRAFT, CaseStatus.RETURNED)

    @property
    def is_overdue(self) -> bool:
        """Whether the application was handed in after the disk's lock date, by the day of the hall's clock."""
        if self.submitted_at is None or self.old_cut_off is None:
            return False
        return timezone.localdate(self.submitted_at) > self.old_cut_off
