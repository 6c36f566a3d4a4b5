"""Reminders of deadlines (到期提醒): what a company was told, and how far each day's run has come."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from filing.choices import ReminderKind
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod


class Reminder(models.Model):
    """One reminder that a company was sent; made in the transaction of its message and never changed.

    The subject names what is due and, where a moved day counts anew, the day; so the row is what makes a reminder
    come once.
    """

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="reminders", verbose_name=_("纳税人"))
    kind = models.CharField(_("事项"), max_length=10, choices=ReminderKind)
    subject = models.CharField(_("所属期或设备"), max_length=60)
    due_on = models.DateField(_("期限"))
    # So many days before the deadline it was meant to come; a missed one comes later, before the next.
    step = models.PositiveSmallIntegerField(_("提前天数"))
    day = models.DateField(_("提醒日期"))
    at = models.DateTimeField(_("发送时间"), default=clock.now)

    class Meta:
        verbose_name = _("到期提醒")
        verbose_name_plural = _("到期提醒")
        ordering = ["-id"]
        indexes = [models.Index(fields=["day", "taxpayer"], name="filing_reminder_of_day")]
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "kind", "subject", "step"], name="filing_reminder_once"),
            models.CheckConstraint(condition=Q(kind__in=ReminderKind.values), name="filing_reminder_kind_known"),
            models.CheckConstraint(condition=~Q(subject=""), name="filing_reminder_names_its_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.taxpayer_id} {self.kind} {self.subject} {self.step}"

    @property
    def subject_words(self) -> str:
        """What is due: the period, or the number of the disk."""
        if self.kind == ReminderKind.UPLOAD:
            return self.subject.partition(":")[0]
        return TaxPeriod.parse(self.subject.partition("@")[0]).label


class ReminderRun(models.Model):
    """One business day's walk over all companies, then over the people who want short messages.

    The positions are the keys of the last row that is done; they move in the transaction of what was sent.
    """

    day = models.DateField(_("日期"), unique=True)
    company_position = models.BigIntegerField(_("企业处理到"), default=0)
    companies_done_at = models.DateTimeField(_("企业处理完毕"), null=True, blank=True)
    person_position = models.BigIntegerField(_("人员处理到"), default=0)
    finished_at = models.DateTimeField(_("全部完毕"), null=True, blank=True)
    reminded = models.PositiveIntegerField(_("提醒条数"), default=0)
    texted = models.PositiveIntegerField(_("短信条数"), default=0)

    class Meta:
        verbose_name = _("到期提醒批次")
        verbose_name_plural = _("到期提醒批次")
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(companies_done_at__isnull=False),
                name="filing_reminderrun_companies_first",
            ),
        ]

    def __str__(self) -> str:
        return str(self.day)
