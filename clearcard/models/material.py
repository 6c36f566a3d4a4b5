"""Papers handed in with a case."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import FileScan
from clearcard.choices import MaterialKind, MaterialState
from clearcard.models.case import ClearCardCase
from taxhall.common import clock


class Material(models.Model):
    """One paper (材料) of a case, stored under a generated name after its content was checked.

    A paper taken over from an earlier case points to it and shares its file. Only the state changes.
    """

    case = models.ForeignKey(ClearCardCase, on_delete=models.PROTECT, related_name="materials")
    kind = models.CharField(_("材料"), max_length=20, choices=MaterialKind)
    state = models.CharField(_("状态"), max_length=10, choices=MaterialState, default=MaterialState.READY)
    file = models.FileField(_("文件"), max_length=200)
    # Shared with the file by whoever takes the paper over.
    scan = models.ForeignKey(FileScan, on_delete=models.PROTECT, related_name="+", verbose_name=_("病毒检查"))
    original_name = models.CharField(_("原文件名"), max_length=200)
    media_type = models.CharField(_("类型"), max_length=40)
    size = models.PositiveIntegerField(_("大小"))
    pages = models.PositiveSmallIntegerField(_("页数"), default=1)
    sha256 = models.CharField(_("摘要"), max_length=64)
    expires_on = models.DateField(_("可沿用至"))
    reused_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("上传时间"), default=clock.now)

    class Meta:
        verbose_name = _("材料")
        verbose_name_plural = _("材料")
        ordering = ["case", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind"],
                condition=models.Q(state=MaterialState.READY),
                name="clearcard_material_one_ready_per_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=MaterialState.values), name="clearcard_material_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.original_name}"
