"""Applications as officers meet them, and how a page is sent and read."""

from __future__ import annotations

import io
import re
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image
from pypdf import PdfWriter

from clearcard.choices import MaterialKind, ReviewOutcome
from clearcard.models import ClearCardCase, Material, ReviewResult
from clearcard.rules.digests import content_digest
from taxhall.common import clock
from tests.factories.accounts import FileScanFactory
from tests.factories.clearcard import reviewing_case, show_current_figures
from tests.factories.invoicing import IssuedInvoiceFactory, line


def disk_row(rate: str, count: int, amount: str, tax: str, kind: str = "007") -> dict[str, Any]:
    """Return one row of a disk's report."""
    return {"kind": kind, "rate": rate, "total_kind": "positive", "count": count, "amount": amount, "tax": tax}


def differing_case(**changes: Any) -> ClearCardCase:
    """Return an application whose disk tells of one invoice more than the ledger, with its review kept."""
    rows = [disk_row("1", 2, "1500.00", "15.00"), disk_row("3", 1, "800.00", "24.00", kind="004")]
    case = reviewing_case(rows=rows, lane_reasons=["设备、台账、申报核对：普票 1%"], **changes)
    own = {"taxpayer": case.taxpayer, "device": case.device, "dated_on": case.period_start}
    IssuedInvoiceFactory(lines=[line("1000.00", "1")], **own)
    IssuedInvoiceFactory(kind="004", lines=[line("800.00", "3")], **own)
    form = {"invoiced_amount": "2300.00", "declared_amount": "1800.00", "clear_on": "2026-11-05", "explanation": "补开"}
    checks = [{"code": "connected", "title": "连接与供电", "outcome": "pass", "measured": "已连接"}]
    case.snapshot = case.snapshot | {"form": form, "checks": checks}
    show_current_figures(case)
    keep_results(case)
    return case


def keep_results(case: ClearCardCase) -> None:
    """Keep what three rules measured, one with each outcome."""
    for code, title, outcome, measured in (
        ("tables_agree", "设备、台账、申报核对", ReviewOutcome.FAIL, "普票 1%：设备上有台账没有的发票"),
        ("nothing_to_explain", "情况说明", ReviewOutcome.NEEDS_PERSON, "补开"),
        ("report_present", "设备抄报", ReviewOutcome.PASS, "已收到并验签"),
    ):
        ReviewResult.objects.create(
            case=case, round=case.round, rule_code=code, title=title, outcome=outcome, measured=measured
        )


def pdf(pages: int = 1) -> bytes:
    """Return a real PDF with so many blank pages."""
    writer, target = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(300, 400)
    writer.write(target)
    return target.getvalue()


def png(width: int = 400, height: int = 300) -> bytes:
    """Return a real image that is wider than high."""
    target = io.BytesIO()
    Image.new("RGB", (width, height), "#dce9f7").save(target, "PNG")
    return target.getvalue()


def hand_in_paper(case: ClearCardCase, kind: MaterialKind, content: bytes, **changes: Any) -> Material:
    """Put a paper into the application as if it had been handed in with it."""
    is_pdf = content.startswith(b"%PDF")
    stored = default_storage.save(f"materials/{kind}.bin", ContentFile(content))
    known = {
        "original_name": "扫描件.pdf" if is_pdf else "照片.png",
        "media_type": "application/pdf" if is_pdf else "image/png",
        "sha256": f"{case.pk:032x}{len(case.snapshot['materials']):032x}",
        "size": len(content),
        "expires_on": clock.today(),
        "uploaded_by": case.created_by,
    } | changes
    scan = FileScanFactory(file=stored, taxpayer=case.taxpayer)
    paper = Material.objects.create(case=case, kind=kind, file=stored, scan=scan, **known)
    listed = {"kind": paper.kind, "sha256": paper.sha256, "name": paper.original_name}
    case.snapshot = case.snapshot | {"materials": [*case.snapshot["materials"], listed]}
    case.snapshot_digest = content_digest(case.snapshot)
    case.save()
    return paper


def address(name: str, case: ClearCardCase, *args: Any) -> str:
    """Return the address of a page or an act of the console."""
    return reverse(f"admin:clearcard-{name}", args=[case.number, *args])


def seen(case: ClearCardCase) -> dict[str, Any]:
    """Return the hidden fields of a decision form: which content was on the screen."""
    return {"version": case.version, "digest": case.snapshot_digest}


def words_of(answer: Any) -> str:
    """Return the words of a page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())
