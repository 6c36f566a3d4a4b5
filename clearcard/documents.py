"""The papers that the hall gives out: 清卡申请单 and 清卡凭证, as PDF."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from clearcard import selectors
from clearcard.choices import ClearKind, MaterialKind, SpecialReason
from clearcard.models import Certificate, ClearCardCase
from taxhall.common.pdf import qr_svg, render_pdf


def application_pdf(case: ClearCardCase) -> bytes:
    """Return the application (清卡申请单) exactly as it was last handed in."""
    snapshot = case.snapshot
    context = {
        "case": case,
        "facts": _application_facts(case),
        "form": snapshot["form"],
        "table": selectors.stored_three_way(case),
        "checks": snapshot["checks"],
        "materials": [each | {"label": MaterialKind(each["kind"]).label} for each in snapshot["materials"]],
    }
    return render_pdf("documents/clear_application.html", context)


def certificate_pdf(certificate: Certificate, *, verify_url: str) -> bytes:
    """Return the certificate (清卡凭证) with the QR code of its public check."""
    context = {
        "certificate": certificate,
        "facts": selectors.certificate_facts(certificate),
        "verify_url": verify_url,
        "qr": certificate_qr(verify_url),
    }
    return render_pdf("documents/clear_certificate.html", context)


def certificate_qr(verify_url: str) -> str:
    """Return the QR code that leads to the public check of a certificate."""
    return qr_svg(verify_url, title=_("核验二维码"))


def _application_facts(case: ClearCardCase) -> tuple[tuple[str, Any], ...]:
    snapshot = case.snapshot
    kind = str(ClearKind(snapshot["kind"]).label)
    if reason := snapshot["special_reason"]:
        kind = f"{kind}（{SpecialReason(reason).label}）"
    return (
        (_("申请单号"), case.number if snapshot["round"] == 1 else f"{case.number}（第 {snapshot['round']} 次提交）"),
        (_("纳税人名称"), case.taxpayer.name),
        (_("纳税人识别号"), snapshot["taxpayer"]),
        (_("主管税务机关"), str(case.taxpayer.bureau)),
        (_("税控设备"), str(case.device)),
        (_("清卡类型"), kind),
        (_("所属期"), case.period.label),
        (_("提交人"), str(case.submitted_by)),
    )
