"""Changes of the work calendar and of filing seasons, each by two persons."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import ChangeState
from accounts.models import SecondPersonModel
from filing.choices import CalendarSubject, HolidayKind


class CalendarChange(SecondPersonModel):
    """One row of the calendar that is to be set or taken away; kept for good, with what the row said before."""

    subject = models.CharField(gettext_lazy("事项"), max_length=10, choices=CalendarSubject)
    # The day itself, or the first of the month whose season ends elsewhere.
    day = models.DateField(gettext_lazy("日期"))
    # What the row is to say; both empty take the row away.
    kind = models.CharField(gettext_lazy("类别"), max_length=4, choices=HolidayKind, blank=True)
    deadline = models.DateField(gettext_lazy("截止日期"), null=True, blank=True)
    source = models.CharField(gettext_lazy("依据（公告文号）"), max_length=200)
    before = models.JSONField(gettext_lazy("原来的内容"), default=dict)

    class Meta(SecondPersonModel.Meta):
        verbose_name = gettext_lazy("日历变动")
        verbose_name_plural = gettext_lazy("日历变动")
        constraints = [
            *SecondPersonModel.Meta.constraints,
            models.CheckConstraint(condition=~Q(source=""), name="filing_calendarchange_source_given"),
            models.CheckConstraint(
                condition=Q(subject__in=CalendarSubject.values), name="filing_calendarchange_subject_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="") | Q(kind__in=HolidayKind.values), name="filing_calendarchange_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(subject=CalendarSubject.DAY, deadline__isnull=True)
                | Q(subject=CalendarSubject.SEASON, kind="", day__day=1),
                name="filing_calendarchange_fits_subject",
            ),
            models.UniqueConstraint(
                fields=["subject", "day"],
                condition=Q(state=ChangeState.ASKED),
                name="filing_calendarchange_asked_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}：{self.wanted}"

    @property
    def place(self) -> str:
        """Which row is meant, in words."""
        if self.subject == CalendarSubject.SEASON:
            return _("%(year)s 年 %(month)s 月征期截止日") % {"year": self.day.year, "month": self.day.month}
        return date_format(self.day, "Y-m-d")

    @property
    def wanted(self) -> str:
        """What the row is to say, in words."""
        return self._said(self.kind, str(self.deadline or ""))

    @property
    def was(self) -> str:
        """What the row said when the change was asked for, in words."""
        return self._said(self.before.get("kind", ""), self.before.get("deadline", ""))

    def _said(self, kind: str, deadline: str) -> str:
        if self.subject == CalendarSubject.SEASON:
            return deadline or _("没有公告，按规则推算")
        return str(HolidayKind(kind).label) if kind else _("平日，按星期")
