"""A page of all parts, for whoever writes pages and for the accessibility test; staff only, demo only."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from taxhall.common import clock
from taxhall.common.forms import HallForm, MoneyFormField, PeriodFormField

_TONES = (
    ("plain", _("已清卡")),
    ("ok", _("通过")),
    ("blue", _("处理中")),
    ("amber", _("待核实")),
    ("red", _("未清卡")),
    ("grey", _("草稿")),
)


class GalleryForm(HallForm):
    """One field of each sort."""

    period = PeriodFormField(label=_("所属期"), help_text=_("例如 2026-10"))
    amount = MoneyFormField(label=_("开票金额"), help_text=_("来自设备汇总"))
    remark = forms.CharField(label=_("备注"), required=False, widget=forms.Textarea)
    kind = forms.ChoiceField(label=_("清卡类型"), choices=[("m", _("月度清卡")), ("q", _("季度清卡"))])
    way = forms.ChoiceField(
        label=_("领取方式"), choices=[("a", _("网上下载")), ("b", _("窗口领取"))], widget=forms.RadioSelect
    )
    paper = forms.FileField(label=_("营业执照"))
    declaration = forms.BooleanField(label=_("我已核对以上信息"))


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every part once, each with its states."""
    if not (settings.DEBUG or settings.HALL_DEMO) or not getattr(request.user, "is_staff", False):
        raise Http404
    return render(request, "pages/gallery.html", _parts(clock.now()))


def _parts(now: datetime) -> dict[str, Any]:
    numbers = list(range(1, 45))
    return {
        "form": GalleryForm(initial={"period": "2026-10", "amount": Decimal("1234.50")}),
        "form_with_errors": GalleryForm({"period": "2026-13", "amount": "1.234"}, {}, auto_id="bad_%s"),
        "tones": _TONES,
        "steps": [
            {"key": "prepare", "label": _("准备"), "url": "#"},
            {"key": "type", "label": _("选择类型"), "url": ""},
            {"key": "verify", "label": _("核对发票"), "url": ""},
        ],
        "rows": [
            {"key": _("所属期"), "value": "2026-10", "change_url": "#", "change_what": _("所属期"), "note": ""},
            {"key": _("情况说明"), "value": "", "change_url": "", "change_what": "", "note": ""},
        ],
        "events": [
            {"at": now, "title": _("审核通过"), "who": _("雁塔区税务局"), "note": _("各项一致")},
            {"at": now - timedelta(hours=2), "title": _("提交申请"), "who": _("办税员"), "note": ""},
        ],
        "page_obj": Paginator(numbers, 10).page(2),
    }
