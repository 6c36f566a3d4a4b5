"""Pages that show several applications together."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import TaxpayerRequest
from devices.messages import all_advice
from filing import selectors as filing_selectors
from taxhall import demo_clock
from taxhall.common import clock
from taxhall.common.web import taxpayer_required
from taxhall.context import LARGE_TEXT_COOKIE
from taxhall.desk import desk_context
from taxhall.help import faults, topics
from taxhall.help.code_words import CODE_WORDS
from taxhall.help.codes import FAULT_OF
from taxhall.help.topic_codes import TOPIC_CODES, TOPIC_OF

_YEAR = 365 * 24 * 60 * 60


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the public front page: the deadline in a sentence, the public tools, the way in."""
    today = clock.today()
    deadlines = filing_selectors.coming_deadlines(today)
    deadline = deadlines[0][1]
    season = deadline.date
    is_open = (season.year, season.month) == (today.year, today.month)
    context = {"deadlines": deadlines, "deadline": deadline, "season": season, "is_open": is_open}
    return render(request, "pages/home.html", context)


@require_safe
@taxpayer_required
def desk(request: TaxpayerRequest) -> HttpResponse:
    """Show what the company in sight has to do."""
    return render(request, "pages/desk.html", desk_context(user=request.user, taxpayer=request.taxpayer))


@require_safe
def help_home(request: HttpRequest) -> HttpResponse:
    """Show the help topics and the failure codes; lead a code to its entry."""
    code = request.GET.get("code", "").strip()
    if slug := _entry_of(code.lower()):
        return redirect("help-topic", slug)
    context = {"groups": topics.grouped(), "faults": faults.FAULTS, "code": code}
    return render(request, "pages/help.html", context, status=404 if code else 200)


def _entry_of(code: str) -> str:
    """Return where a code is explained: F01 to F23 themselves, or a code as systems tell it."""
    fault = FAULT_OF.get(code, code).lower()
    return fault if fault in faults.BY_SLUG else TOPIC_OF.get(code, "")


@require_safe
def help_topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one help topic or the page of one failure code."""
    if slug in faults.BY_SLUG:
        return render(request, "pages/help_fault.html", {"fault": faults.BY_SLUG[slug]})
    if slug in topics.BY_SLUG:
        codes = [(code, _code_words().get(code, "")) for code in TOPIC_CODES.get(slug, ())]
        return render(request, f"pages/help/{slug}.html", {"topic": topics.BY_SLUG[slug], "codes": codes})
    raise Http404


def _code_words() -> dict[str, str]:
    """Return what codes mean where a sentence says it: a disk's own words, and ours for who sees no page."""
    of_disks = {entry.code: f"{entry.message}{entry.next_step}" for entry in all_advice()}
    return of_disks | {code: str(words) for code, words in CODE_WORDS.items()}


@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """Remember large or normal text in a cookie and go back."""
    response = redirect(_safe_next(request))
    size = "large" if request.POST.get("size") == "large" else "normal"
    response.set_cookie(LARGE_TEXT_COOKIE, size, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def move_demo_clock(request: HttpRequest) -> HttpResponse:
    """Move the demo's business day to the next filing season; absent outside demo settings."""
    if not settings.HALL_DEMO:
        raise Http404
    if request.method == "POST":
        if demo_clock.fast_forward(_posted_day(request)):
            messages.success(request, _("演示日期已调整，虚拟设备的时钟同步前进。"))
        else:
            messages.info(request, _("演示日期已经调整过，没有再次前进。"))
        return redirect("desk" if getattr(request, "taxpayer", None) else "home")
    return render(request, "pages/demo_clock.html", {"target": demo_clock.next_season_day()})


def _posted_day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("target", ""))
    except ValueError:
        return date.min


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if allowed else settings.LOGIN_REDIRECT_URL
