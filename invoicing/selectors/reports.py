"""Reads of reports: what a company subscribed to and the files that were made."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts.choices import Post
from accounts.models import Bureau, Taxpayer, User
from invoicing.models import ReportFile, ReportSubscription
from taxhall.common.errors import NotFoundError


def list_report_subscriptions(*, visible_to: User, taxpayer: Taxpayer) -> QuerySet[ReportSubscription]:
    """Return what the company has made every month."""
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return ReportSubscription.objects.none()
    return ReportSubscription.objects.filter(taxpayer=taxpayer).select_related("created_by")


def list_report_files(*, visible_to: User, taxpayer: Taxpayer) -> QuerySet[ReportFile]:
    """Return the files made for the company, newest first, without what is in them."""
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return ReportFile.objects.none()
    return ReportFile.objects.filter(taxpayer=taxpayer).defer("content")


def list_district_subscriptions(*, officer: User) -> QuerySet[ReportSubscription]:
    """Return what an officer has made every month, of the bureaus where the officer has a post now."""
    found = ReportSubscription.objects.filter(created_by=officer.pk, bureau__in=report_bureaus(officer=officer))
    return found.select_related("bureau")


def list_district_files(*, officer: User) -> QuerySet[ReportFile]:
    """Return the files made for an officer, of bureaus where the officer has a post now, without what is in them."""
    found = ReportFile.objects.filter(officer=officer.pk, bureau__in=report_bureaus(officer=officer))
    return found.select_related("bureau").defer("content")


def report_bureaus(*, officer: User) -> QuerySet[Bureau]:
    """Return the bureaus whose reports an officer may have: the own ones, and a city's districts."""
    return account_selectors.headed_bureaus(officer=officer, posts=tuple(Post.values)).order_by("code")


def get_district_subscription(*, officer: User, pk: int) -> ReportSubscription:
    """Return one of the officer's own. Raises: NotFoundError."""
    return _subscription(list_district_subscriptions(officer=officer), pk)


def get_district_file(*, officer: User, pk: int) -> ReportFile:
    """Return one file made for the officer. Raises: NotFoundError."""
    return _file(list_district_files(officer=officer), pk)


def get_report_subscription(*, visible_to: User, taxpayer: Taxpayer, pk: int) -> ReportSubscription:
    """Return one subscription. Raises: NotFoundError."""
    return _subscription(list_report_subscriptions(visible_to=visible_to, taxpayer=taxpayer), pk)


def get_report_file(*, visible_to: User, taxpayer: Taxpayer, pk: int) -> ReportFile:
    """Return one file. Raises: NotFoundError."""
    return _file(list_report_files(visible_to=visible_to, taxpayer=taxpayer), pk)


def _subscription(visible: QuerySet[ReportSubscription], pk: int) -> ReportSubscription:
    found = visible.filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这项订阅，可能已经退订。"), next_step=_("请刷新报表页面。"))
    return found


def _file(visible: QuerySet[ReportFile], pk: int) -> ReportFile:
    found = visible.filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这个文件，可能已过保留期。"), next_step=_("请在报表页面重新下载。"))
    return found
