"""What was asked for, and handing it out."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies, selectors, tasks
from invoicing.choices_files import LIST_FORMATS, ExportFormat, ExportState
from invoicing.errors_files import ExportNotReadyError
from invoicing.filters import InvoiceFilters
from invoicing.models import ExportJob
from taxhall.common import doorbell
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require

# Written while the person waits.
DIRECT_LIMIT = 500
# One worker writes as many within the time a task may take; the command knows no limit.
EXPORT_LIMIT = 100_000


def request_export(*, actor: User, taxpayer: Taxpayer, format: str, filters: InvoiceFilters) -> ExportJob:  # noqa: A002
    """Have the invoices of a list written as a file; a short list at once.

    Raises: NotPermittedError; InvalidInputError when nothing matches or too many do.
    """
    require(account_policies.can_view_taxpayer(actor, taxpayer), _("您的身份不能导出这家企业的发票。"))
    if format not in dict(LIST_FORMATS):
        raise InvalidInputError(_("没有这种导出格式。"), fields={"format": [_("请选择导出格式。")]})
    count = selectors.list_invoices(visible_to=actor, taxpayer=taxpayer, filters=filters).order_by().count()
    if not 0 < count <= EXPORT_LIMIT:
        raise _wrong_count(count)
    job = _create(actor=actor, taxpayer=taxpayer, format_name=format, filters=filters, is_direct=count <= DIRECT_LIMIT)
    if count <= DIRECT_LIMIT:
        tasks.perform_export(str(job.pk))
        job.refresh_from_db()
    return job


def _wrong_count(count: int) -> InvalidInputError:
    if not count:
        return InvalidInputError(
            _("没有符合条件的发票，没有生成文件。"), code="export.empty", next_step=_("请修改查询条件后再导出。")
        )
    return InvalidInputError(
        _("符合条件的发票有 %(count)d 张，一次最多导出 %(limit)d 张，没有生成文件。")
        % {"count": count, "limit": EXPORT_LIMIT},
        code="export.too_many",
        next_step=_("请按月份分次导出，或请系统管理员用命令导出。"),
    )


@transaction.atomic
def _create(
    *, actor: User, taxpayer: Taxpayer, format_name: str, filters: InvoiceFilters, is_direct: bool
) -> ExportJob:
    job = ExportJob.objects.create(taxpayer=taxpayer, format=format_name, filters=as_json(filters), requested_by=actor)
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.export_requested",
        obj=job,
        taxpayer=taxpayer,
        data={"format": format_name, "filters": job.filters},
    )
    if not is_direct:
        doorbell.ring_on_commit(tasks.perform_export, job.pk)
    return job


def open_export(*, actor: User, job: ExportJob) -> IO[bytes]:
    """Hand the file out and write down to whom. Raises: NotPermittedError; ExportNotReadyError."""
    require(account_policies.can_view_taxpayer(actor, job.taxpayer), _("您的身份不能下载这家企业的文件。"))
    if job.format == ExportFormat.PRINT:
        # A print without a mark is the company's to hand out; others look at previews.
        require(policies.can_print_invoice(actor, job.taxpayer), _("您的身份不能取用这家企业的打印件。"))
    if job.state != ExportState.READY:
        raise ExportNotReadyError
    try:
        stored: IO[bytes] = job.file.open("rb")
    except OSError as error:
        raise ExportNotReadyError from error
    with transaction.atomic():
        account_services.record_audit_event(
            actor=actor,
            action="invoicing.export_downloaded",
            obj=job,
            taxpayer=job.taxpayer,
            data={"sha256": job.sha256, "rows": job.row_count},
        )
    return stored


def as_json(filters: InvoiceFilters) -> dict[str, Any]:
    """Return the filters that are set, in words a row can hold; an amount of zero narrows the list like any other."""
    usual = asdict(InvoiceFilters())
    found = {name: value for name, value in asdict(filters).items() if value != usual[name]}
    if filters.period is not None:
        found["period"] = filters.period.code
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in found.items()}


def from_json(kept: dict[str, Any]) -> InvoiceFilters:
    """Return the filters that a row holds."""
    values = dict(kept)
    if "period" in values:
        values["period"] = TaxPeriod.parse(values["period"])
    for name in ("amount_from", "amount_to"):
        if name in values:
            values[name] = Decimal(values[name])
    return InvoiceFilters(**values | {"states": tuple(values.get("states", ()))})
