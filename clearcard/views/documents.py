"""The papers of an application as files: 清卡申请单 and 清卡凭证."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.http import TaxpayerRequest
from clearcard import documents, selectors
from clearcard.models import Certificate, ClearCardCase
from clearcard.views.guards import find_case
from taxhall.common.web import taxpayer_required

NO_CERTIFICATE = gettext_lazy("这份申请还没有清卡凭证；清卡完成后可以在这里查看和下载。")


@require_safe
@taxpayer_required
def case_application(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Give out the application as it was handed in."""
    case = find_case(request, number)
    if case.submitted_at is None:
        return not_yet(request, case, _("这份申请还没有提交，没有申请单；提交之后可以下载。"))
    return _pdf(documents.application_pdf(case), f"清卡申请单-{case.number}.pdf")


@require_safe
@taxpayer_required
def case_certificate_pdf(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Give out the certificate of a cleared case."""
    case = find_case(request, number)
    certificate = selectors.find_certificate(case)
    if certificate is None:
        return not_yet(request, case, NO_CERTIFICATE)
    content = documents.certificate_pdf(certificate, verify_url=verify_url(request, certificate))
    return _pdf(content, f"清卡凭证-{certificate.number}.pdf")


def not_yet(request: TaxpayerRequest, case: ClearCardCase, words: str | Promise) -> HttpResponse:
    """Lead to the progress of one's own application, saying why the paper is not there."""
    messages.info(request, str(words))
    return redirect("clearcard:case-detail", case.number)


def verify_url(request: TaxpayerRequest, certificate: Certificate) -> str:
    """Return the whole address of the public check, as the QR code carries it."""
    return request.build_absolute_uri(reverse("verify-result", args=[certificate.verify_token]))


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response.headers["Cache-Control"] = "no-store"
    return response
