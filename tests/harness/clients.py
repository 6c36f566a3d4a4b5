"""Clients that are signed in as somebody."""

from __future__ import annotations

from django.conf import settings
from django.test import Client, RequestFactory
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import services as account_services
from accounts.models import Membership, Taxpayer, User
from tests.factories import accounts as factories


class HallClient(Client):
    """A test client that remembers who is behind it."""

    user: User
    membership: Membership
    taxpayer: Taxpayer

    def enter_as(self, membership: Membership) -> HallClient:
        """Sign a member in and put the company in sight, as choosing it on the identity page does."""
        self.force_login(membership.user)
        self.user, self.membership, self.taxpayer = membership.user, membership, membership.taxpayer
        request = RequestFactory().get("/")
        request.user, request.session = membership.user, self.session
        account_services.choose_identity(request=request, membership=membership)
        request.session.save()
        self.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
        return self

    def enter_as_officer(self, officer: User) -> HallClient:
        """Sign an officer in with the second factor proved."""
        device = factories.TotpDeviceFactory(user=officer)
        self.force_login(officer)
        self.user = officer
        session = self.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
        return self
