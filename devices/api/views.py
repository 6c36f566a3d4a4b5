"""The API of devices: to read; changes happen on the disk."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from devices import selectors
from devices.api import serializers
from devices.models import Device
from taxhall.common import clock
from taxhall.common.api import HallAPIView


@extend_schema(summary="Disks of the caller's companies")
class DeviceListView(HallAPIView, ListAPIView[Any]):
    """The disks of every company the caller may see."""

    serializer_class = serializers.DeviceSerializer

    def get_queryset(self) -> QuerySet[Device]:
        """Return them by serial."""
        if getattr(self, "swagger_fake_view", False):
            return Device.objects.none()
        return selectors.list_visible_devices(visible_to=self.request.user).order_by("serial")  # type: ignore[arg-type]  # IsProvenUser let it in


class DeviceDetailView(HallAPIView):
    """One disk."""

    @extend_schema(responses=serializers.DeviceDetailSerializer, summary="One disk")
    def get(self, request: Request, serial: str) -> Response:
        """Return the disk as last read; another company's is not found."""
        device = selectors.get_device(visible_to=request.user, serial=serial)  # type: ignore[arg-type]  # as above
        problems = selectors.can_issue_on(device, clock.today())
        return Response(serializers.DeviceDetailSerializer(device, context={"problems": problems}).data)
