"""Customers and goods from files and into files: check, decide, take along."""

from __future__ import annotations

import io
from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import held
from invoicing import selectors, services
from invoicing.basic_files import WITH_FILES, entries_of, problem_rows, stored_cells
from invoicing.basics import BASICS, Basic
from invoicing.errors_files import BasicsChangedError
from invoicing.files.basics import LIMITS, MOST_ROWS, basics_file, basics_template, read_basics
from invoicing.files.problems import FileRefusedError
from invoicing.forms_files import BasicsForm
from invoicing.http import TaxpayerRequest
from taxhall.common.errors import NotFoundError
from taxhall.common.forms import KeptFileField
from taxhall.common.web import taxpayer_required

# Named on the page one by one; the counts above are of all.
NAMED = 200
_LISTED = (services.Fate.NEW, services.Fate.CHANGED)


@require_http_methods(["GET", "POST"])
@taxpayer_required
def basic_import(request: TaxpayerRequest, slug: str) -> HttpResponse:
    """Check a file row by row, and import what is right once that was seen."""
    basic = _basic(slug)
    if request.method == "GET":
        return _show(request, basic, BasicsForm())
    form = BasicsForm(request.POST, request.FILES)
    held.offer(request, form)
    is_shown = _is_kept(form)
    entries = _entries(request, basic, form) if form.is_valid() else []
    if form.errors:
        held.keep(request, form)
        return _show(request, basic, form, status=422)
    asked: dict[str, Any] = {"actor": request.user, "taxpayer": request.taxpayer, "model": basic.model}
    asked["entries"] = entries
    # A file that comes with the confirmation was never shown: it is checked first.
    if "confirm" not in request.POST or not is_shown:
        return _show(request, basic, form, found=services.judge_basics(**asked))
    try:
        found = services.import_basics(**asked, seen=request.POST.get("seen", ""))
    except BasicsChangedError as error:
        form.add_domain_error(error)
        return _show(request, basic, form, found=services.judge_basics(**asked), status=error.status)
    held.drop(request, form)
    _tell(request, services.fates_of(found))
    return redirect("invoicing:basic-list", slug)


def _is_kept(form: BasicsForm) -> bool:
    return cast(KeptFileField, form.fields["file"]).kept is not None


def _tell(request: TaxpayerRequest, counts: dict[str, int]) -> None:
    messages.success(request, _("已导入：新增 %(new)d 条，更新 %(changed)d 条；没有变化的 %(same)d 条。") % counts)
    if counts["refused"]:
        messages.warning(request, _("有问题的 %(refused)d 条没有导入，可以改正后再导入同一个文件。") % counts)


@require_safe
@taxpayer_required
def basic_template(request: TaxpayerRequest, slug: str) -> FileResponse:  # noqa: ARG001  (every view takes a request)
    """Hand out a workbook to begin with."""
    name = _("%(title)s导入模板.xlsx") % {"title": _basic(slug).title}
    return FileResponse(io.BytesIO(basics_template(slug)), as_attachment=True, filename=name)


@require_safe
@taxpayer_required
def basic_export(request: TaxpayerRequest, slug: str) -> FileResponse:
    """Hand out all rows of one kind, in columns that can be imported again."""
    basic = _basic(slug)
    file_format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    rows = list(selectors.list_basics(visible_to=request.user, taxpayer=request.taxpayer, model=basic.model))
    services.note_export(actor=request.user, taxpayer=request.taxpayer, model=basic.model, count=len(rows))
    content = basics_file(slug, stored_cells(slug, rows), file_format=file_format)
    name = f"{basic.title}-{request.taxpayer.number}-{timezone.localdate():%Y%m%d}.{file_format}"
    response = FileResponse(io.BytesIO(content), as_attachment=True, filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _basic(slug: str) -> Basic:
    if slug not in WITH_FILES:
        raise NotFoundError(_("这一类基础资料不从文件导入。"))
    return BASICS[slug]


def _entries(request: TaxpayerRequest, basic: Basic, form: BasicsForm) -> list[services.BasicEntry]:
    """Return the rows of the file; nothing of it is read before a scanner has called it clean (trust S-23)."""
    held.keep(request, form)
    if not form.errors and not _is_kept(form):
        form.add_error("file", _("病毒检查还没有完成，没有读取文件；请过一会儿再上传。"))
    if form.errors:
        return []
    upload = form.cleaned_data["file"]
    upload.seek(0)
    try:
        lines = read_basics(basic.slug, name=upload.name, content=upload.read(LIMITS.size + 1))
    except FileRefusedError as error:
        form.add_error("file", f"{error.message}{error.next_step}")
        return []
    if not lines:
        form.add_error("file", _("文件里只有列名，没有资料。"))
    return entries_of(basic, lines)


def _show(
    request: TaxpayerRequest,
    basic: Basic,
    form: BasicsForm,
    *,
    found: list[services.Judged] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, object] = {"basic": basic, "form": form, "most_rows": MOST_ROWS}
    if found is not None:
        counts = services.fates_of(found)
        problems = [each for judged in found for each in judged.problems]
        context |= {
            "counts": counts,
            "total": len(found),
            "good": counts["new"] + counts["changed"],
            "seen": services.mark_of(found),
            "listed": [each for each in found if each.fate in _LISTED][:NAMED],
            "page_obj": problem_rows(basic.slug, problems[:NAMED]),
            "more": max(0, len(problems) - NAMED),
        }
    return render(request, "invoicing/basic_import.html", context, status=status)
