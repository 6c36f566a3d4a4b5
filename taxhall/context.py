"""What every page of the hall needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from taxhall.common import clock
from taxhall.common.web import CONSOLE_KEYS_COOKIE

LARGE_TEXT_COOKIE = "hall_text"


@dataclass(frozen=True)
class MenuLink:
    """One line of a menu."""

    label: str | Promise
    url_name: str

    @property
    def url(self) -> str:
        """The address."""
        return reverse(self.url_name)


@dataclass(frozen=True)
class Menu:
    """One of the five menus; `section` is what a page names to mark itself as inside it."""

    label: str | Promise
    section: str
    links: tuple[MenuLink, ...]


MENUS = (
    Menu(
        _("我要办税"),
        "desk",
        (
            MenuLink(_("我的待办"), "desk"),
            MenuLink(_("抄报与税控设备"), "devices:device-list"),
            MenuLink(_("申报税费"), "filing:return-list"),
            MenuLink(_("办税日历"), "filing:calendar"),
        ),
    ),
    Menu(
        _("发票管理"),
        "invoicing",
        (
            MenuLink(_("发票查询"), "invoicing:invoice-list"),
            MenuLink(_("发票填开"), "invoicing:invoice-create"),
            MenuLink(_("统计报表"), "invoicing:report-list"),
            MenuLink(_("红字信息表"), "invoicing:red-form-list"),
            MenuLink(_("红字确认单"), "invoicing:confirmation-list"),
            MenuLink(_("基础资料"), "invoicing:basic-home"),
            MenuLink(_("批量导入"), "invoicing:import-list"),
            MenuLink(_("导出文件"), "invoicing:export-list"),
            MenuLink(_("发票备份"), "invoicing:backup-list"),
            MenuLink(_("接口推送"), "invoicing:hook-list"),
            MenuLink(_("发票清卡"), "clearcard:case-list"),
        ),
    ),
    Menu(
        _("申报缴款"),
        "filing",
        (
            MenuLink(_("本期应申报"), "filing:return-list"),
            MenuLink(_("进项发票"), "filing:input-list"),
            MenuLink(_("办税日历"), "filing:calendar"),
            MenuLink(_("到期提醒"), "filing:reminders"),
        ),
    ),
    Menu(
        _("抄报清卡"),
        "clearcard",
        (
            MenuLink(_("清卡申请与进度"), "clearcard:case-list"),
            MenuLink(_("税控设备"), "devices:device-list"),
            MenuLink(_("清卡凭证核验"), "verify"),
        ),
    ),
    Menu(
        _("我的信息"),
        "accounts",
        (
            MenuLink(_("消息"), "accounts:inbox"),
            MenuLink(_("切换企业"), "accounts:identity"),
            MenuLink(_("我的账户"), "accounts:account"),
        ),
    ),
)


def _menus(request: HttpRequest) -> SafeString:
    """Return the menus as HTML, with the one that holds this page and the link to it marked."""
    match = request.resolver_match
    section = (match.app_name or match.url_name or "") if match else ""
    return _drawn_menus(get_language(), section, request.path if request.path in _addresses() else "")


@lru_cache(maxsize=256)
def _drawn_menus(_language: str | None, section: str, here: str) -> SafeString:
    # The same for everybody at the same place: drawn once per process instead of for every page.
    menus = [{"label": menu.label, "is_current": menu.section == section, "links": menu.links} for menu in MENUS]
    return render_to_string("components/menus.html", {"menus": menus, "here": here})


@cache
def _addresses() -> frozenset[str]:
    return frozenset(link.url for menu in MENUS for link in menu.links)


def hall(request: HttpRequest) -> dict[str, Any]:
    """Return the demo mark, the business date, the company in sight and the menus."""
    return {
        "hall_demo": settings.HALL_DEMO,
        "business_day": clock.today(),
        "taxpayer": getattr(request, "taxpayer", None),
        "membership": getattr(request, "membership", None),
        "officer_post": getattr(request, "officer_post", None),
        "officer_posts": getattr(request, "officer_posts", ()),
        "hall_menus": partial(_menus, request),
        "console_keys": request.COOKIES.get(CONSOLE_KEYS_COOKIE) != "off",
        "large_text": request.COOKIES.get(LARGE_TEXT_COOKIE) == "large",
    }
