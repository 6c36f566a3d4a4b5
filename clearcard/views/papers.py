"""The papers of a case on the officers' side: page by page as pictures, the original by download only."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import selectors as account_selectors
from clearcard import papers, selectors
from clearcard.errors import MaterialMissingError
from clearcard.models import Material
from clearcard.views.review import find_case
from taxhall.common.web import officer_required, whole_number

ZOOMS = ("read", "near", "close")


@require_safe
@officer_required
def material(request: HttpRequest, number: str, pk: int) -> FileResponse:
    """Hand out one paper, by download only."""
    paper = _paper(request, number, pk)
    return FileResponse(_opened(paper), as_attachment=True, filename=paper.original_name, content_type=paper.media_type)


@never_cache
@require_safe
@officer_required
def page_picture(request: HttpRequest, number: str, pk: int, page: int) -> HttpResponse:
    """Draw one page of a paper."""
    paper = _paper(request, number, pk)
    if not 1 <= page <= paper.pages:
        raise Http404
    with _opened(paper) as stored:
        content = stored.read()
    width = papers.WIDTHS.get(request.GET.get("zoom", ""), papers.WIDTHS["read"])
    picture = papers.page_picture(
        content=content, media_type=paper.media_type, page=page, width=width, turn=_turn(request)
    )
    return HttpResponse(picture, content_type="image/jpeg")


@require_safe
@officer_required
def paper_page(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Show one page of a paper to read, with the ways to the next page, the next paper, nearer and turned."""
    case, paper = find_case(request, number), _paper(request, number, pk)
    asked = request.GET.get("page", "1")
    page = min(max(1, whole_number(asked, otherwise=1)), paper.pages)
    zoom = request.GET.get("zoom", "")
    zoom = zoom if zoom in ZOOMS else ZOOMS[0]
    context = {
        "console_page": "queue",
        "case": case,
        "paper": paper,
        "page": page,
        "zoom": zoom,
        "turn": _turn(request),
        "next_turn": (_turn(request) + 90) % 360,
        **_neighbours(paper, selectors.submitted_materials(case)),
        **_zooms(zoom),
    }
    return render(request, "console/paper.html", context)


def _paper(request: HttpRequest, number: str, pk: int) -> Material:
    return selectors.get_submitted_material(case=find_case(request, number), pk=pk)


def _opened(paper: Material) -> Any:
    account_selectors.require_clean(paper.scan)
    try:
        return paper.file.open("rb")
    except OSError as error:
        raise MaterialMissingError(
            _("这份材料的文件暂时读不到，申请没有受影响。"),
            next_step=_("请稍后再试；一直读不到的，请联系系统管理员，或退回补正请纳税人重新上传。"),
        ) from error


def _turn(request: HttpRequest) -> int:
    asked = whole_number(request.GET.get("turn", ""))
    return asked if asked in papers.TURNS else 0


def _neighbours(paper: Material, handed_in: list[Material]) -> dict[str, Any]:
    place = next(index for index, each in enumerate(handed_in) if each.pk == paper.pk)
    return {
        "place": place + 1,
        "total": len(handed_in),
        "previous_paper": handed_in[place - 1] if place else None,
        "next_paper": handed_in[place + 1] if place + 1 < len(handed_in) else None,
    }


def _zooms(zoom: str) -> dict[str, str]:
    place = ZOOMS.index(zoom)
    return {
        "nearer": ZOOMS[place + 1] if place + 1 < len(ZOOMS) else "",
        "farther": ZOOMS[place - 1] if place else "",
    }
