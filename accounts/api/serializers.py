"""What accounts takes and gives over the API; input and output kept apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Membership, Notice
from taxhall.common.api import StrictSerializer


class TokenRequestSerializer(StrictSerializer):
    """Name and password of a taxpayer's account."""

    identifier = serializers.CharField(max_length=60)
    password = serializers.CharField(max_length=4096, trim_whitespace=False, style={"input_type": "password"})


class TokenSerializer(serializers.Serializer[Any]):
    """A new token; it is shown this once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class IdentitySerializer(serializers.ModelSerializer[Membership]):
    """One company that the caller may act for, and the role."""

    taxpayer_number = serializers.CharField(source="taxpayer.number")
    taxpayer_name = serializers.CharField(source="taxpayer.name")
    role_name = serializers.CharField(source="get_role_display")

    class Meta:
        model = Membership
        fields = ["taxpayer_number", "taxpayer_name", "role", "role_name"]


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """One message to a company."""

    taxpayer_number = serializers.CharField(source="recipient.number")

    class Meta:
        model = Notice
        fields = ["id", "taxpayer_number", "kind", "title", "body", "link", "at", "read_at"]
