"""Announcements of tax policy (政策公告), open to everybody."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from filing import policy_words, selectors

PAGE_SIZE = 20


@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """List the policy bundles, newest first, each with the values before and after."""
    page = Paginator(selectors.list_bundles(), PAGE_SIZE).get_page(request.GET.get("page"))
    names = selectors.known_policies()
    bundles = [(each, [policy_words.policy_change(row, names) for row in each.changes]) for each in page]
    return render(request, "filing/policy_list.html", {"page_obj": page, "bundles": bundles})
