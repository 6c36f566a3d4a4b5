"""The fill page: amounts, day and the five papers (U-33)."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import selectors as account_selectors
from accounts.http import TaxpayerRequest
from accounts.models import User
from clearcard import selectors, services
from clearcard.errors import MaterialMissingError, MaterialRefusedError, PartNotReturnedError
from clearcard.forms import FillForm
from clearcard.models import ClearCardCase
from clearcard.rules import returning
from clearcard.rules import types as type_rules
from clearcard.shapes import MaterialSlot
from clearcard.views.application import render_step
from clearcard.views.guards import find_case, step_page
from taxhall.common.errors import InvalidInputError, TaxhallError
from taxhall.common.web import taxpayer_required

PAPER_PREFIX = "paper_"
PAPER_REFUSALS = (MaterialRefusedError, PartNotReturnedError)


@step_page
def case_fill(request: TaxpayerRequest, case: ClearCardCase) -> HttpResponse:
    """Confirm the prefilled amounts and bring the papers; every button keeps what was typed."""
    if request.method != "POST":
        return _render(request, case, _form(case), {})
    problems = _apply_papers(request, case)
    if "continue" not in request.POST:
        return _render(request, case, _form(case, initial=request.POST.dict()), problems)
    form = _form(case, data=request.POST)
    if form.is_valid() and not problems:
        try:
            services.fill_case(actor=request.user, case=case, data=form.to_case_form())
            return redirect("clearcard:case-check", case.number)
        except (InvalidInputError, PartNotReturnedError) as error:
            form.add_domain_error(error)
    return _render(request, case, form, problems)


@require_safe
@taxpayer_required
def material_download(request: TaxpayerRequest, number: str, pk: int) -> FileResponse:
    """Give one paper of the case back to the company."""
    material = selectors.get_material(case=find_case(request, number), pk=pk)
    account_selectors.require_clean(material.scan)
    try:
        content = material.file.open("rb")
    except FileNotFoundError as error:
        raise MaterialMissingError(
            _("这份材料的文件暂时读不到，申请和设备不受影响。"),
            next_step=_("请稍后再试；仍然读不到的，请联系技术支持，或在可以修改时重新上传。"),
        ) from error
    return FileResponse(content, as_attachment=True, filename=material.original_name, content_type=material.media_type)


def _apply_papers(request: TaxpayerRequest, case: ClearCardCase) -> dict[str, TaxhallError]:
    """Store, take over or take out papers; return what was refused by kind of paper."""
    problems: dict[str, TaxhallError] = {}
    for name, upload in request.FILES.items():
        kind = name.removeprefix(PAPER_PREFIX)
        if not isinstance(upload, UploadedFile):
            continue
        try:
            services.add_material(actor=request.user, case=case, kind=kind, upload=upload)
        except PAPER_REFUSALS as error:
            problems[kind] = error
    for button, service in (("remove", services.remove_material), ("reuse", _take_over)):
        if pressed := request.POST.get(button):
            try:
                service(actor=request.user, case=case, kind=pressed)
            except PAPER_REFUSALS as error:
                problems[pressed] = error
    return problems


def _take_over(*, actor: User, case: ClearCardCase, kind: str) -> None:
    """Take over the paper that the page offered; one that is no longer offered changes nothing."""
    for slot in selectors.material_slots(case):
        if slot.kind == kind and slot.reusable is not None:
            services.reuse_material(actor=actor, case=case, material=slot.reusable)


def _form(case: ClearCardCase, **kwargs: Any) -> FillForm:
    prefills = selectors.prefill(case)
    known = {prefill.name: prefill.value for prefill in prefills}
    typed = {name: value for name, value in kwargs.pop("initial", {}).items() if name in FillForm.base_fields}
    open_fields = {name for name in FillForm.base_fields if _is_open(case, name)}
    no_words = type_rules.why_not_without_words(case.kind, "")
    return FillForm(prefills=prefills, open_fields=open_fields, no_words=no_words, initial=known | typed, **kwargs)


def _may_be_changed(case: ClearCardCase, slot: MaterialSlot) -> bool:
    is_lacking = slot.material is None or slot.material.scan.is_rejected
    return is_lacking or _is_open(case, f"material:{slot.kind.value}")


def _is_open(case: ClearCardCase, target: str) -> bool:
    return returning.is_open(target, status=case.status, returned_items=case.returned_items)


def _render(
    request: TaxpayerRequest, case: ClearCardCase, form: FillForm, problems: dict[str, TaxhallError]
) -> HttpResponse:
    words = {item["target"]: item["words"] for item in case.returned_items}
    papers = [
        {
            "slot": slot,
            "name": f"{PAPER_PREFIX}{slot.kind.value}",
            "problem": problems.get(slot.kind.value),
            "words": words.get(f"material:{slot.kind.value}", ""),
            "is_open": _may_be_changed(case, slot),
        }
        for slot in selectors.material_slots(case)
    ]
    fields = [{"field": field, "words": words.get(field.name, "")} for field in form]
    context = {
        "form": form,
        "papers": papers,
        "fields": fields,
        "problems": problems,
        "is_scanning": any(each.scan.is_waiting for each in selectors.unproved_materials(case)),
    }
    return render_step(request, case, "fill", context, status=422 if form.errors or problems else 200)
