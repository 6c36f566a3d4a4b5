"""Work calendar and filing deadlines as rows with a source (征期日历)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from filing.choices import DeadlineBasis, HolidayKind
from taxhall.common.models import TimestampedModel


class Holiday(TimestampedModel):
    """One day that the State Council's holiday notice moves; plain weekends have no row."""

    day = models.DateField(_("日期"), unique=True)
    kind = models.CharField(_("类别"), max_length=4, choices=HolidayKind)
    source = models.CharField(_("来源"), max_length=200)

    class Meta:
        verbose_name = _("节假日")
        verbose_name_plural = _("节假日")
        ordering = ["day"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=HolidayKind.values), name="filing_holiday_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.get_kind_display()}"


class TaxDeadline(TimestampedModel):
    """The last day of one month's filing season (征期截止日); a row always wins over the computation."""

    year = models.PositiveSmallIntegerField(_("年"))
    month = models.PositiveSmallIntegerField(_("月"))
    deadline = models.DateField(_("截止日期"))
    source = models.CharField(_("来源"), max_length=200)
    basis = models.CharField(_("性质"), max_length=10, choices=DeadlineBasis)

    class Meta:
        verbose_name = _("征期截止日")
        verbose_name_plural = _("征期截止日")
        ordering = ["-year", "-month"]
        constraints = [
            models.UniqueConstraint(fields=["year", "month"], name="filing_deadline_one_per_month"),
            models.CheckConstraint(condition=Q(month__gte=1, month__lte=12), name="filing_deadline_month_exists"),
            models.CheckConstraint(condition=Q(basis__in=DeadlineBasis.values), name="filing_deadline_basis_known"),
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}: {self.deadline}"


class CalendarFeed(TimestampedModel):
    """The private address at which one person's calendar program reads deadlines; made anew or removed at will.

    Only the digest of its secret is kept: nobody can read the address out of the database.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed", verbose_name=_("用户")
    )
    digest = models.CharField(_("密钥摘要"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("日历订阅")
        verbose_name_plural = _("日历订阅")

    def __str__(self) -> str:
        return str(self.user_id)
