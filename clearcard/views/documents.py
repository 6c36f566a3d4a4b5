"""The papers of an application as files: 清卡申请单 and 清卡凭证."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import TaxpayerRequest
from clearcard import documents, selectors
from clearcard.models import Certificate, ClearCardCase
from clearcard.views.application import find_case
from taxhall.common.errors import NotFoundError
from taxhall.common.web import taxpayer_required


@require_safe
@taxpayer_required
def case_application(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Give out the application as it was handed in."""
    case = find_case(request, number)
    if case.submitted_at is None:
        raise NotFoundError(_("这份申请还没有提交，没有申请单。"), next_step=_("提交之后可以下载申请单。"))
    return _pdf(documents.application_pdf(case), f"清卡申请单-{case.number}.pdf")


@require_safe
@taxpayer_required
def case_certificate_pdf(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Give out the certificate of a cleared case."""
    certificate = get_certificate(find_case(request, number))
    content = documents.certificate_pdf(certificate, verify_url=verify_url(request, certificate))
    return _pdf(content, f"清卡凭证-{certificate.number}.pdf")


def get_certificate(case: ClearCardCase) -> Certificate:
    """Return the certificate of a case. Raises: NotFoundError before the disk was cleared."""
    certificate = selectors.find_certificate(case)
    if certificate is None:
        raise NotFoundError(_("这份申请还没有清卡凭证。"), next_step=_("清卡完成后可在这里查看和下载。"))
    return certificate


def verify_url(request: TaxpayerRequest, certificate: Certificate) -> str:
    """Return the whole address of the public check, as the QR code carries it."""
    return request.build_absolute_uri(reverse("verify-result", args=[certificate.verify_token]))


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response.headers["Cache-Control"] = "no-store"
    return response
