"""Addresses of the API of clearing."""

from __future__ import annotations

from django.urls import path

from clearcard.api import views

urlpatterns = [
    path("clear-cases/", views.CaseListView.as_view(), name="api-case-list"),
    path("clear-cases/<str:number>/", views.CaseDetailView.as_view(), name="api-case-detail"),
    path("clear-cases/<str:number>/preparation/", views.CasePreparationView.as_view(), name="api-case-preparation"),
    path("clear-cases/<str:number>/type/", views.CaseTypeView.as_view(), name="api-case-type"),
    path("clear-cases/<str:number>/confirm/", views.CaseConfirmView.as_view(), name="api-case-confirm"),
    path("clear-cases/<str:number>/fill/", views.CaseFillView.as_view(), name="api-case-fill"),
    path("clear-cases/<str:number>/submit/", views.CaseSubmitView.as_view(), name="api-case-submit"),
    path("clear-cases/<str:number>/withdraw/", views.CaseWithdrawView.as_view(), name="api-case-withdraw"),
]
