"""What is known of uploaded files: whether a scanner has looked at them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import REJECTED_SCANS, ScanLimit, ScanState
from accounts.models.organisations import Taxpayer
from accounts.scan_limits import limit_cause, limit_step
from taxhall.common.models import TimestampedModel


class FileScan(TimestampedModel):
    """One stored file and the last verdict on it; made with the row that owns the file, before anybody may open it.

    A file is unavailable until a verdict says clean. A later look (new signatures) leaves the verdict as it is until
    the new one is there. Rows are not removed: they say who looked at which file with what.
    """

    file = models.CharField(_("文件"), max_length=200, unique=True)
    sha256 = models.CharField(_("摘要"), max_length=64)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+", verbose_name=_("纳税人"))
    state = models.CharField(_("病毒检查"), max_length=10, choices=ScanState, default=ScanState.SCANNING)
    finding = models.CharField(_("发现"), max_length=200, blank=True)
    limit = models.CharField(_("超出的限度"), max_length=10, choices=ScanLimit, blank=True)
    engine = models.CharField(_("扫描引擎"), max_length=60, blank=True)
    signatures = models.CharField(_("特征库版本"), max_length=20, blank=True)
    is_demo = models.BooleanField(_("演示"), default=False)
    verdict_at = models.DateTimeField(_("检查时间"), null=True, blank=True)
    # Without a verdict since: how often it was tried, what the last try met, when the next one is due.
    attempts = models.PositiveIntegerField(_("未得结果次数"), default=0)
    trouble = models.CharField(_("未得结果的原因"), max_length=200, blank=True)
    due_at = models.DateTimeField(_("下次检查"), null=True, blank=True)

    class Meta:
        verbose_name = _("病毒检查")
        verbose_name_plural = _("病毒检查")
        ordering = ["id"]
        indexes = [
            models.Index("due_at", name="accounts_filescan_due", condition=Q(due_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ScanState.values), name="accounts_filescan_state_known"),
            models.CheckConstraint(
                name="accounts_filescan_verdict_has_engine",
                condition=Q(state=ScanState.SCANNING, verdict_at__isnull=True, due_at__isnull=False)
                | (~Q(state=ScanState.SCANNING) & ~Q(engine="") & Q(verdict_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="accounts_filescan_finding_is_infected",
                condition=(Q(state=ScanState.INFECTED) & ~Q(finding=""))
                | (~Q(state=ScanState.INFECTED) & Q(finding="")),
            ),
            models.CheckConstraint(
                name="accounts_filescan_limit_is_of_too_large",
                condition=Q(limit="") | Q(state=ScanState.TOO_LARGE, limit__in=ScanLimit.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file} {self.get_state_display()}"

    @property
    def is_clean(self) -> bool:
        """Whether the file may be opened."""
        return self.state == ScanState.CLEAN

    @property
    def is_waiting(self) -> bool:
        """Whether there is no verdict yet."""
        return self.state == ScanState.SCANNING

    @property
    def is_infected(self) -> bool:
        """Whether something was found."""
        return self.state == ScanState.INFECTED

    @property
    def is_too_large(self) -> bool:
        """Whether the scanner met a limit before it had looked at all of it."""
        return self.state == ScanState.TOO_LARGE

    @property
    def limit_cause(self) -> str:
        """Which limit that was, in words that begin a sentence."""
        return str(limit_cause(self.limit))

    @property
    def limit_step(self) -> str:
        """What to do about it."""
        return str(limit_step(self.limit))

    @property
    def is_rejected(self) -> bool:
        """Whether a scanner has spoken and the file stays closed, so that another one is needed."""
        return self.state in REJECTED_SCANS
