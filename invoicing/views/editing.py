"""Writing an invoice: new, edit, live preview, save while typing."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invoicing import quick_entry, rules, selectors, services
from invoicing.editor import Editor
from invoicing.errors import DraftSavedElsewhereError, InvoiceNotDraftError
from invoicing.face import preview_of
from invoicing.http import TaxpayerRequest
from invoicing.models import Invoice, Unit
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.web import taxpayer_required


@require_http_methods(["GET", "POST"])
@taxpayer_required
def invoice_create(request: TaxpayerRequest) -> HttpResponse:
    """Write a new invoice; its key makes a second sending of the same form the same invoice."""
    if request.method == "POST":
        return _take(request, invoice=None)
    device, kind = request.GET.get("device", ""), request.GET.get("kind", "")
    return _show(request, Editor.blank(taxpayer=request.taxpayer, device=device, kind=kind), invoice=None)


@require_http_methods(["GET", "POST"])
@taxpayer_required
def invoice_edit(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Change a draft; an invoice that left the draft state explains itself on its own page."""
    invoice = selectors.get_invoice(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    if invoice.is_red and invoice.is_draft:
        messages.warning(request, _("红字草稿的内容由原发票决定；金额不对的，请删除后重新红冲。"))
        return redirect("invoicing:invoice-detail", pk)
    if not invoice.is_draft:
        messages.warning(request, _("这张发票已经提交开具，内容不能再修改。") + invoice.way_to_correct)
        return redirect("invoicing:invoice-detail", pk)
    # The mark and what is shown come from one reading.
    stored = list(invoice.lines.all())
    seen, draft = services.draft_mark(invoice, stored), services.draft_of(invoice, stored)
    if len(draft.lines) > rules.MAX_LINES:
        return _too_long(request, pk, len(draft.lines))
    if request.method == "POST":
        return _take(request, invoice=invoice)
    editor = Editor.of_draft(taxpayer=request.taxpayer, device=invoice.device, draft=draft, seen=seen)
    return _show(request, editor, invoice=invoice)


@require_POST
@taxpayer_required
def invoice_preview(request: TaxpayerRequest) -> HttpResponse:
    """Return the face of what is being typed, counted on the server, and what follows from disk, kind and buyer."""
    editor = Editor.of_page(taxpayer=request.taxpayer, data=request.POST)
    context = _preview(request, editor) if editor.is_valid() else {"preview_errors": True}
    context["news"] = editor.form.depending_fields
    return render(request, "invoicing/_preview.html", context | _terms_news(request, editor))


@require_POST
@taxpayer_required
def invoice_autosave(request: TaxpayerRequest) -> HttpResponse:
    """Save what can be read while the person goes on typing; what cannot be read is left for the button.

    The answer brings the page the address of what was saved, which a reload then shows, and its mark, so that the
    page's next save is none over another's.
    """
    editor = Editor.of_post(taxpayer=request.taxpayer, data=request.POST)
    if not editor.is_valid() or editor.draft.is_blank:
        return HttpResponse(status=204)
    try:
        saved = _save(request, editor)
    except DraftSavedElsewhereError as error:
        return render(request, "invoicing/_saved.html", {"changed": error})
    except (InvalidInputError, InvoiceNotDraftError):
        return HttpResponse(status=204)
    mark = services.entered_mark(editor.draft, editor.device)
    return render(request, "invoicing/_saved.html", {"saved_at": clock.now(), "mark": mark, "invoice": saved})


@require_safe
@taxpayer_required
def suggest_customers(request: TaxpayerRequest) -> HttpResponse:
    """Return the customers that what is being typed may mean, as buttons of the form."""
    text = request.GET.get("buyer_name", "")[:100]
    offer = quick_entry.suggest_customers(text, visible_to=request.user, taxpayer=request.taxpayer)
    return render(request, "invoicing/_customer_choices.html", {"offer": offer})


@require_safe
@taxpayer_required
def suggest_goods(request: TaxpayerRequest) -> HttpResponse:
    """Return the goods and codes that the name of a line may mean; the field's own name says which line."""
    typed = [(name, text) for name, text in request.GET.items() if _LINE_NAME.match(name)]
    if not typed:
        return HttpResponse(status=204)
    position, text = int(typed[0][0].split("-")[1]), str(typed[0][1])[:100]
    offer = quick_entry.suggest_goods(text, position, visible_to=request.user, taxpayer=request.taxpayer)
    return render(request, "invoicing/_goods_choices.html", {"offer": offer})


def _terms_news(request: TaxpayerRequest, editor: Editor) -> dict[str, object]:
    """Return the terms when they are no longer those on the page, and the kinds when the disk is another.

    Otherwise nothing is swapped, so that the choice in hand stays in hand and most keys cost no look at the stock.
    """
    shown = request.POST.get("shown", "")
    if shown == editor.shown:
        return {}
    news: dict[str, object] = {"editor": editor, "terms": editor.terms, "has_new_terms": True}
    if shown.partition(":")[0] != editor.shown.partition(":")[0]:
        editor.form.fields["kind"].widget.attrs["hx-swap-oob"] = "true"
        news["new_kinds"] = editor.form["kind"]
    return news


_LINE_NAME = re.compile(r"^lines-\d{1,4}-name$")


def _too_long(request: TaxpayerRequest, pk: int, count: int) -> HttpResponse:
    """Explain a draft that the page cannot show whole, such as an imported one with a list (清单)."""
    words = _("这份草稿有 %(count)d 行明细，页面最多修改 %(limit)d 行，所以不在页面上修改，各行原样保留。")
    way = _("可以在本页检查并开具、预览打印件或删除；需要改动明细的，请改好文件后重新批量导入，并删除这份草稿。")
    messages.warning(request, words % {"count": count, "limit": rules.MAX_LINES} + way)
    return redirect("invoicing:invoice-detail", pk)


def _sent(request: TaxpayerRequest) -> Editor:
    """Return what was sent; pressed under the word of another save, the button says that this one was seen too."""
    data: QueryDict = request.POST
    if "overwrite" in data:
        data = data.copy()
        data["seen"] = str(data["overwrite"])
    return Editor.of_post(taxpayer=request.taxpayer, data=data)


def _take(request: TaxpayerRequest, *, invoice: Invoice | None) -> HttpResponse:
    editor, action = _sent(request), request.POST.get("action", "save")
    is_rearranged = editor.rearrange(action, visible_to=request.user)
    if is_rearranged or not editor.is_valid():
        status = 200 if is_rearranged and not editor.is_full else 422
        return _show(request, editor, invoice=invoice, status=status)
    try:
        saved = _save(request, editor)
    except DraftSavedElsewhereError as error:
        return _show(request, editor, invoice=invoice, status=error.status, changed=error)
    except InvalidInputError as error:
        editor.add_domain_error(error)
        return _show(request, editor, invoice=invoice, status=422)
    except InvoiceNotDraftError as error:
        return _already_sent(request, editor, error)
    if action == "check":
        return redirect("invoicing:invoice-issue", saved.pk)
    messages.success(request, _("草稿已保存。"))
    return redirect("invoicing:invoice-edit", saved.pk)


def _save(request: TaxpayerRequest, editor: Editor) -> Invoice:
    return services.save_draft(
        actor=request.user,
        taxpayer=request.taxpayer,
        device=editor.device,
        draft=editor.draft,
        seen=editor.seen,
    )


def _already_sent(request: TaxpayerRequest, editor: Editor, error: InvoiceNotDraftError) -> HttpResponse:
    sent = selectors.find_by_draft_key(taxpayer=request.taxpayer, draft_key=editor.draft.draft_key)
    if sent is None:
        raise error
    messages.warning(request, f"{error.message}{error.next_step}")
    return redirect("invoicing:invoice-detail", sent.pk)


def _show(
    request: TaxpayerRequest,
    editor: Editor,
    *,
    invoice: Invoice | None,
    status: int = 200,
    changed: DraftSavedElsewhereError | None = None,
) -> HttpResponse:
    context = {
        "editor": editor,
        "form": editor.form,
        "lines": editor.lines,
        "terms": editor.terms,
        "invoice": invoice,
        "changed": changed,
        "offer": editor.offer,
        "units": selectors.list_basics(visible_to=request.user, taxpayer=request.taxpayer, model=Unit),
    }
    return render(request, "invoicing/invoice_form.html", context | _counted(request, editor), status=status)


def _counted(request: TaxpayerRequest, editor: Editor) -> dict[str, object]:
    """Return the preview of whatever can be read of the forms, bound or not."""
    again = Editor.of_post(taxpayer=request.taxpayer, data=editor.as_post())
    return _preview(request, again) if again.is_valid() else {"preview_errors": True}


def _preview(request: TaxpayerRequest, editor: Editor) -> dict[str, object]:
    draft = editor.draft
    lines = rules.face_lines(draft)
    face = preview_of(draft, lines, rules.totals(lines), today=clock.today(), seller=request.taxpayer)
    return {"face": face}
