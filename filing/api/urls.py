"""Addresses of the filing API."""

from __future__ import annotations

from django.urls import path

from filing.api import views

urlpatterns = [
    path("returns/", views.TaxReturnListView.as_view(), name="api-return-list"),
    path("returns/<int:pk>/", views.TaxReturnView.as_view(), name="api-return-detail"),
    path("deadlines/", views.DeadlineListView.as_view(), name="api-deadline-list"),
    path("comparisons/<int:pk>/", views.ComparisonRunView.as_view(), name="api-comparison-detail"),
]
