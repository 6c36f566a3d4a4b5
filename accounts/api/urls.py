"""Addresses of the API of accounts."""

from __future__ import annotations

from django.urls import path

from accounts.api import views

urlpatterns = [
    path("auth/tokens/", views.TokenView.as_view(), name="api-token-create"),
    path("auth/tokens/current/", views.CurrentTokenView.as_view(), name="api-token-current"),
    path("identities/", views.IdentityView.as_view(), name="api-identity-list"),
    path("notices/", views.NoticeListView.as_view(), name="api-notice-list"),
]
