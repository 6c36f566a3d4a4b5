"""Addresses of the API of devices."""

from __future__ import annotations

from django.urls import path

from devices.api import views

urlpatterns = [
    path("devices/", views.DeviceListView.as_view(), name="api-device-list"),
    path("devices/<str:serial>/", views.DeviceDetailView.as_view(), name="api-device-detail"),
]
