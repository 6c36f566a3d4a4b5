"""Reads of endpoints and of what was delivered to them; only those who manage a company's people see them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer, User
from invoicing import policies
from invoicing.models import HookDelivery, HookEndpoint
from taxhall.common.errors import NotFoundError


def list_hooks(*, visible_to: User, taxpayer: Taxpayer) -> QuerySet[HookEndpoint]:
    """Return the endpoints of a company."""
    if not policies.can_manage_hooks(visible_to, taxpayer):
        return HookEndpoint.objects.none()
    return HookEndpoint.objects.filter(taxpayer=taxpayer).select_related("created_by", "taxpayer")


def get_hook(*, visible_to: User, taxpayer: Taxpayer, pk: int) -> HookEndpoint:
    """Return one endpoint. Raises: NotFoundError when it is absent or not to be seen."""
    found = list_hooks(visible_to=visible_to, taxpayer=taxpayer).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这个接收地址。"), next_step=_("请从列表中选择。"))
    return found


def list_deliveries(endpoint: HookEndpoint) -> QuerySet[HookDelivery]:
    """Return what went or goes to an endpoint, newest first."""
    return HookDelivery.objects.filter(endpoint=endpoint).select_related("event").order_by("-event")
