"""The request as the pages of devices see it."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import Taxpayer, User


class TaxpayerRequest(HttpRequest):
    """A request after the guard: somebody is signed in and has a company in sight."""

    user: User
    taxpayer: Taxpayer
