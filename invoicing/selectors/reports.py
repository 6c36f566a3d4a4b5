"""Reads of reports: what a company subscribed to and the files that were made."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts.models import Taxpayer, User
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


def get_report_subscription(*, visible_to: User, taxpayer: Taxpayer, pk: int) -> ReportSubscription:
    """Return one subscription. Raises: NotFoundError."""
    found = list_report_subscriptions(visible_to=visible_to, taxpayer=taxpayer).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这项订阅，可能已经退订。"), next_step=_("请刷新报表页面。"))
    return found


def get_report_file(*, visible_to: User, taxpayer: Taxpayer, pk: int) -> ReportFile:
    """Return one file. Raises: NotFoundError."""
    found = list_report_files(visible_to=visible_to, taxpayer=taxpayer).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这个文件，可能已过保留期。"), next_step=_("请在报表页面重新下载。"))
    return found
