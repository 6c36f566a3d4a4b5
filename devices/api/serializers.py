"""Output of the devices API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from devices.models import Device, DeviceAuthorisation


class AuthorisationSerializer(serializers.ModelSerializer[DeviceAuthorisation]):
    """One invoice kind the disk may issue."""

    remaining = serializers.IntegerField(read_only=True)

    class Meta:
        model = DeviceAuthorisation
        fields = ("invoice_kind", "limit_amount", "rates", "segment_code", "next_number", "end_number", "remaining")


class DeviceSerializer(serializers.ModelSerializer[Device]):
    """One disk as last read."""

    taxpayer_number = serializers.CharField(source="taxpayer.number", read_only=True)
    period = serializers.CharField(source="period.code", read_only=True)

    class Meta:
        model = Device
        fields: tuple[str, ...] = (
            "serial",
            "kind",
            "algorithm",
            "status",
            "taxpayer_number",
            "machine_number",
            "period",
            "period_start",
            "period_end",
            "issue_allowed_until",
            "is_reported",
            "last_reported_at",
            "last_cleared_at",
            "clear_counter",
            "offline_count",
            "offline_count_limit",
            "offline_amount",
            "offline_amount_limit",
            "certificate_not_after",
            "last_seen_at",
        )
        read_only_fields = fields


class DeviceDetailSerializer(DeviceSerializer):
    """One disk with what it may issue and what stands in the way."""

    authorisations = AuthorisationSerializer(many=True, read_only=True)
    problems = serializers.SerializerMethodField()

    class Meta(DeviceSerializer.Meta):
        fields: tuple[str, ...] = (*DeviceSerializer.Meta.fields, "authorisations", "problems")
        read_only_fields = fields

    def get_problems(self, _device: Device) -> list[dict[str, Any]]:
        """Return each problem with its code, message and next step."""
        return [
            {"code": each.code, "message": str(each.message), "next_step": str(each.next_step)}
            for each in self.context["problems"]
        ]
