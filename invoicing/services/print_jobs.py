"""Asking for invoices to be printed: one job, one file, counted once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from io import BytesIO
from itertools import accumulate
from typing import IO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies, selectors, tasks
from invoicing.choices_files import ExportFormat
from invoicing.errors_files import NoFaceError, PrintKeyReusedError, ReprintNotConfirmedError
from invoicing.models import ExportJob, Invoice
from invoicing.printing import PRINTABLE, PrintOptions, mode_of, page_count, page_weight
from invoicing.services.exports.printed import draw_invoices
from invoicing.services.prints import as_drawn, record_printed
from taxhall.common import doorbell
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require

# Pages drawn while the person waits.
DIRECT_PAGES = 50
# A stack of paper that one worker draws in a third of the time a task may take, so that a busy machine ends it, too: a
# page of a face takes an eighth of a second.
PRINT_PAGES = 200
PRINT_LIMIT = PRINT_PAGES


def request_print(
    *,
    actor: User,
    taxpayer: Taxpayer,
    pks: Sequence[int],
    options: PrintOptions,
    key: uuid.UUID,
    is_confirmed: bool = False,
) -> ExportJob:
    """Have invoices printed into one file; few of them at once, many by a worker. The same key again is the same job.

    Rule: what was printed before is printed again only when that is confirmed; the count goes up with the file.
    Raises: NotPermittedError; InvalidInputError when there is nothing to print or too much; NoFaceError;
    ReprintNotConfirmedError.
    """
    require(policies.can_print_invoice(actor, taxpayer), _("您的身份不能打印这家企业的发票。"))
    if (known := find_print(taxpayer=taxpayer, key=key)) is not None:
        return _same(known, pks, options)
    found = selectors.printable_invoices(visible_to=actor, taxpayer=taxpayer, pks=pks)
    _require_some(found, options)
    again = [invoice for invoice in found if invoice.print_count]
    if again and not is_confirmed:
        raise ReprintNotConfirmedError(len(again))
    job = _create(actor=actor, taxpayer=taxpayer, found=found, options=options, number=_number(taxpayer, key))
    if is_direct(found, options):
        tasks.perform_export(str(job.pk))
        job.refresh_from_db()
    return job


def find_print(*, taxpayer: Taxpayer, key: uuid.UUID) -> ExportJob | None:
    """Return the print that a form of this company led to already."""
    return ExportJob.objects.filter(number=_number(taxpayer, key), taxpayer=taxpayer).first()


def _number(taxpayer: Taxpayer, key: uuid.UUID) -> uuid.UUID:
    """Return the number of a print: of this company only, whatever key another one uses."""
    return uuid.uuid5(key, f"print {taxpayer.pk}")


def is_direct(found: Sequence[Invoice], options: PrintOptions) -> bool:
    """Say whether so few pages are drawn while the person waits."""
    return _weight(found, options) <= DIRECT_PAGES


def first_stack(found: Sequence[Invoice]) -> list[Invoice]:
    """Return as many of these invoices, from the first on, as one print takes when each is printed once."""
    weights = accumulate(page_weight(invoice, PrintOptions()) for invoice in found)
    return [invoice for invoice, weight in zip(found, weights, strict=True) if weight <= PRINT_PAGES]


def _weight(found: Sequence[Invoice], options: PrintOptions) -> int:
    return sum(page_weight(invoice, options) for invoice in found)


def _same(known: ExportJob, pks: Sequence[int], options: PrintOptions) -> ExportJob:
    kept = dict(known.filters)
    # What cannot be printed was left out when it was asked for first.
    if not set(kept.pop("pks")) <= set(pks) or kept != asdict(options) | {"copies": list(options.copies)}:
        raise PrintKeyReusedError
    return known


def _require_some(found: Sequence[Invoice], options: PrintOptions) -> None:
    if not found:
        raise InvalidInputError(
            _("选中的发票里没有可以打印的，没有生成文件；草稿要开具之后才能打印。"),
            code="print.empty",
            next_step=_("请回到发票查询选择已开具的发票。"),
        )
    for invoice in found:
        if invoice.kind not in PRINTABLE:
            raise NoFaceError(str(invoice.get_kind_display()))
    if _weight(found, options) > PRINT_PAGES:
        pages = sum(page_count(invoice, options) for invoice in found)
        raise InvalidInputError(
            _("要打印的发票有 %(count)d 张、%(pages)d 页；一次最多 %(limit)d 页（清单一页按三页计），没有生成文件。")
            % {"count": len(found), "pages": pages, "limit": PRINT_PAGES},
            code="print.too_many",
            next_step=_("请少选联次，或按日期、票种分次打印。"),
        )


@transaction.atomic
def _create(
    *,
    actor: User,
    taxpayer: Taxpayer,
    found: Sequence[Invoice],
    options: PrintOptions,
    number: uuid.UUID,
) -> ExportJob:
    kept = asdict(options) | {"copies": list(options.copies), "pks": [invoice.pk for invoice in found]}
    job, is_new = ExportJob.objects.get_or_create(
        number=number,
        defaults={"taxpayer": taxpayer, "format": ExportFormat.PRINT, "filters": kept, "requested_by": actor},
    )
    if not is_new:
        return job
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.print_requested",
        obj=job,
        taxpayer=taxpayer,
        data={"count": len(found), "mode": options.mode},
    )
    if not is_direct(found, options):
        doorbell.ring_on_commit(tasks.perform_export, job.pk)
    return job


def preview_invoice(*, invoice: Invoice, options: PrintOptions) -> bytes:
    """Return the face of one invoice, marked as a preview; nothing is counted. Raises: NoFaceError."""
    out = BytesIO()
    draw_invoices(out, invoices=[invoice], options=options)
    return out.getvalue()


def print_invoice(*, actor: User, invoice: Invoice, options: PrintOptions, is_confirmed: bool = False) -> bytes:
    """Return the face of one invoice and count the print.

    Raises: NotPermittedError; InvalidInputError; NoFaceError; ReprintNotConfirmedError.
    """
    require(policies.can_print_invoice(actor, invoice.taxpayer), _("您的身份不能打印这家企业的发票。"))
    _require_some([invoice] if invoice.is_numbered else [], options)
    if mode_of(invoice.kind, options.mode) != options.mode:
        words = _("这种发票没有空白纸质发票，不能套打；没有打印，也没有计次。")
        raise InvalidInputError(words, fields={"mode": [words]})
    if not is_direct([invoice], options):
        raise InvalidInputError(
            _("这张发票有 %(pages)d 页，不能在这里等候生成；没有打印，也没有计次。")
            % {"pages": page_count(invoice, options)},
            code="print.too_many",
            next_step=_("请在网页上打印，由后台生成文件。"),
        )
    if invoice.print_count and not is_confirmed:
        raise ReprintNotConfirmedError(1)
    out = BytesIO()
    draw_invoices(out, invoices=[invoice], options=options)
    drawn = as_drawn([invoice])
    record_printed(actor=actor, taxpayer=invoice.taxpayer, pks=drawn, mode=options.mode, drawn=drawn)
    return out.getvalue()


def print_period(
    out: IO[bytes],
    *,
    taxpayer: Taxpayer,
    period: TaxPeriod,
    options: PrintOptions,
    keep: Callable[[], None],
    is_new_only: bool = False,
) -> int:
    """Draw a period's invoices of a company for an operator and count them; return how many there were.

    `keep` makes the file safe before anything is counted.
    Rule: a preview counts nothing. Raises: InvalidInputError when there is none; NoFaceError.
    """
    found = selectors.period_faces(taxpayer=taxpayer, period=period, is_new_only=is_new_only)
    if not found:
        raise InvalidInputError(
            _("这个所属期没有可以打印的发票，没有生成文件。"),
            code="print.empty",
            next_step=_("请核对纳税人识别号和所属期。"),
        )
    count = draw_invoices(out, invoices=found, options=options)
    keep()
    if not options.is_preview:
        drawn = as_drawn(found)
        record_printed(actor=None, taxpayer=taxpayer, pks=drawn, mode=options.mode, drawn=drawn)
    return count
