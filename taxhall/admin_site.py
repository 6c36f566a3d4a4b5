"""The admin console: title, app order and who may enter."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class HallAdminSite(AdminSite):
    """Where officers work; everything on it calls services."""

    site_header = _("网上办税服务厅 · 税务人员工作台")
    site_title = _("税务人员工作台")
    index_title = _("工作台")
