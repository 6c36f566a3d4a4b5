"""Certificates: the facts on them and the public check."""

from __future__ import annotations

import re

from django.utils import timezone
from django.utils.translation import gettext as _

from clearcard.models import Certificate, ClearCardCase
from clearcard.rules.digests import content_digest
from clearcard.shapes import CertificateCheck

# What secrets.token_urlsafe makes; anything else cannot be a verification code.
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


def find_certificate(case: ClearCardCase) -> Certificate | None:
    """Return the certificate of a cleared case."""
    return Certificate.objects.filter(case=case).select_related("case__device", "case__taxpayer").first()


def update_way(case: ClearCardCase) -> str:
    """Say by which way the disk of a cleared case was updated, as it was booked; empty where that is not known."""
    certificate = getattr(case, "certificate", None)
    return str(certificate.payload.get("way", "")) if certificate else ""


def certificate_facts(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """Return what the certificate states, as rows for page and PDF alike."""
    data = certificate.payload
    counters = _("%(before)d → %(after)d") % {
        "before": data["clear_counter_before"],
        "after": data["clear_counter_after"],
    }
    # Certificates of before this was kept do not state it.
    way = ((_("设备更新方式"), data["way"]),) if data.get("way") else ()
    return (
        (_("凭证编号"), certificate.number),
        (_("申请单号"), data["case_number"]),
        (_("纳税人名称"), data["taxpayer_name"]),
        (_("纳税人识别号"), data["taxpayer_number"]),
        (_("税控设备"), f"{data['device_kind']} {data['device_serial']}"),
        (_("清卡类型"), data["kind"]),
        (_("所属期"), data["period_label"]),
        (_("锁死日期"), f"{data['old_cut_off']} → {data['new_cut_off']}"),
        (_("清卡次数"), counters),
        (_("清卡时间"), data["cleared_at"].replace("T", " ")[:19]),
        *way,
        (_("审核"), data["approved_by"]),
        (_("设备回执摘要"), data["receipt_digest"]),
        (_("凭证摘要"), certificate.digest),
    )


def verify_certificate(token: str) -> CertificateCheck:
    """Answer the public check: digest recomputed, receipt still in the ledger, facts masked (S-18)."""
    certificate = _by_code(token)
    if certificate is None:
        words = _("没有这张清卡凭证。请核对核验码，或重新扫描二维码。")
        return CertificateCheck(False, _("不存在"), words, data={"status": "absent"})
    receipt = getattr(certificate.case.command, "receipt", None)
    proved = receipt is not None and receipt.digest == certificate.payload["receipt_digest"]
    if not proved or content_digest(certificate.payload) != certificate.digest:
        words = _("凭证内容与登记的摘要不一致，请勿采信，并向主管税务机关反映。")
        return CertificateCheck(False, _("未通过核验"), words, data={"status": "changed"})
    return CertificateCheck(
        True, _("有效"), _("这张清卡凭证由本大厅出具，内容未被改动。"), _masked(certificate), _data(certificate)
    )


def is_certificate_code(text: str) -> bool:
    """Say whether a text has the shape of a verification code."""
    return _CODE.fullmatch(text) is not None


def _by_code(token: str) -> Certificate | None:
    if not is_certificate_code(token):
        return None
    return Certificate.objects.filter(verify_token=token).select_related("case__command__receipt").first()


def _masked(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    data = certificate.payload
    return (
        (_("凭证编号"), certificate.number),
        (_("纳税人名称"), _mask(data["taxpayer_name"], keep=2)),
        (_("纳税人识别号"), _mask(data["taxpayer_number"], keep=4)),
        (_("税控设备"), _mask(data["device_serial"], keep=4)),
        (_("所属期"), data["period_label"]),
        (_("清卡日期"), data["cleared_at"][:10]),
        (_("新锁死日期"), data["new_cut_off"]),
        (_("出具时间"), f"{timezone.localtime(certificate.issued_at):%Y-%m-%d %H:%M}"),
    )


def _data(certificate: Certificate) -> dict[str, str]:
    data = certificate.payload
    return {
        "status": "valid",
        "number": certificate.number,
        "period": data["period"],
        "cleared_on": data["cleared_at"][:10],
        "new_cut_off": data["new_cut_off"],
        "digest": certificate.digest,
    }


def _mask(text: str, *, keep: int) -> str:
    """Keep both ends and hide the middle; short texts keep their first character only."""
    if len(text) <= keep * 2:
        return text[:1] + "*" * (len(text) - 1)
    return text[:keep] + "*" * (len(text) - keep * 2) + text[-keep:]
