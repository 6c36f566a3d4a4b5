"""Policy bundles (政策包) that were loaded, each with what it changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel


class PolicyBundle(AppendOnlyModel):
    """One signed bundle as it was loaded: the exact text, its signature, and the rows that it changed."""

    version = models.PositiveIntegerField(_("版本"), unique=True)
    title = models.CharField(_("标题"), max_length=100)
    issued_on = models.DateField(_("下发日期"))
    digest = models.CharField(_("SHA-256 摘要"), max_length=64, unique=True)
    content = models.TextField(_("内容"))
    signature = models.TextField(_("签名"))
    changes = models.JSONField(_("改动"))
    draft_count = models.PositiveIntegerField(_("数字有变的暂存申报表"), default=0)
    loaded_by = models.CharField(_("载入人"), max_length=100)
    at = models.DateTimeField(_("载入时间"), default=clock.now)

    class Meta:
        verbose_name = _("政策包")
        verbose_name_plural = _("政策包")
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="filing_bundle_version_positive"),
            models.CheckConstraint(condition=~Q(signature=""), name="filing_bundle_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.title}"
