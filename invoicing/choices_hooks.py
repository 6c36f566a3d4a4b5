"""Values of the news that companies' own systems are sent, and what each means."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class HookState(models.TextChoices):
    """Whether an endpoint is sent anything; news is gathered in every state."""

    ACTIVE = "active", _("启用")
    PAUSED = "paused", _("已暂停")  # by its people
    STOPPED = "stopped", _("停发")  # by the hall, because it took nothing for a day


class HookEventKind(models.TextChoices):
    """What happened; the trigger on invoices writes the first eight."""

    ISSUING = "invoice.issuing", _("已交给设备签发")
    ISSUED = "invoice.issued", _("已开具")
    REFUSED = "invoice.refused", _("没有开具，退回草稿")
    IN_DOUBT = "invoice.in_doubt", _("待核实")
    VOIDING = "invoice.voiding", _("已交给设备作废")
    VOIDED = "invoice.voided", _("已作废")
    VOID_REFUSED = "invoice.void_refused", _("没有作废，仍然有效")
    RED = "invoice.red", _("红冲金额变动")
    TEST = "endpoint.test", _("测试推送")


class HookDeliveryState(models.TextChoices):
    """Where one piece of news stands with one endpoint."""

    WAITING = "waiting", _("待送达")
    SENT = "sent", _("已送达")
    FAILED = "failed", _("未送达")  # a test is tried once
