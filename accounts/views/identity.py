"""Choosing the company to act for."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import http, selectors, services
from accounts.forms import IdentityForm


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def identity(request: http.HallRequest) -> HttpResponse:
    """Show the person's companies and roles, and act for the one that is chosen."""
    identities = selectors.list_identities(user=request.user)
    if request.method == "POST":
        form = IdentityForm(request.POST, identities=identities)
        if form.is_valid():
            target = http.safe_next(request, request.session.pop("next", ""))
            services.choose_identity(request=request, membership=form.chosen)
            messages.success(request, _("当前企业：%(name)s") % {"name": form.chosen.taxpayer.name})
            return redirect(target or settings.LOGIN_REDIRECT_URL)
    else:
        current = request.membership.pk if request.membership else None
        form = IdentityForm(identities=identities, initial={"membership": current})
    context = {"form": form, "identities": identities}
    return render(request, "accounts/identity.html", context, status=422 if form.errors else 200)
