"""The API of accounts: tokens, the caller's companies, messages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from drf_spectacular.utils import extend_schema
from knox.auth import TokenAuthentication
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import http, selectors, services
from accounts.api import serializers
from accounts.models import Notice
from taxhall.common.api import HallAPIView


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class TokenView(HallAPIView):
    """Tokens by password, for taxpayers; officers have none."""

    authentication_classes = []
    permission_classes = [AllowAny]
    # A stored answer would be the token itself.
    is_idempotent = False

    @extend_schema(
        request=serializers.TokenRequestSerializer,
        responses={201: serializers.TokenSerializer},
        auth=[],
        summary="Token",
    )
    def post(self, request: Request) -> Response:
        """Give a token for ten hours to a taxpayer's account; it is shown this once."""
        asked = serializers.TokenRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        plain: HttpRequest = request._request
        token, expires_at, _user = services.create_token(**asked.validated_data, origin=http.origin_of(plain))
        return Response(serializers.TokenSerializer({"token": token, "expires_at": expires_at}).data, status=201)


class CurrentTokenView(HallAPIView):
    """The token of this very call."""

    authentication_classes = [TokenAuthentication]
    # Revoking twice is what revoking once is.
    is_idempotent = False

    @extend_schema(request=None, responses={204: None}, summary="Revoke this token")
    def delete(self, request: Request) -> Response:
        """End the token at once."""
        services.revoke_token(actor=request.user, token=request.auth)  # type: ignore[arg-type]  # knox gives its own
        return Response(status=204)


class IdentityView(HallAPIView):
    """The caller's companies."""

    pagination_class = None

    @extend_schema(responses=serializers.IdentitySerializer(many=True), summary="Companies of the caller")
    def get(self, request: Request) -> Response:
        """List the companies that the caller may act for, the farthest-reaching role of each first."""
        found = selectors.list_memberships(user=request.user)  # type: ignore[arg-type]  # IsProvenUser let it in
        return Response(serializers.IdentitySerializer(found, many=True).data)


class NoticeListView(HallAPIView, ListAPIView[Any]):
    """Messages of the caller's companies."""

    serializer_class = serializers.NoticeSerializer

    def get_queryset(self) -> Any:
        """Return the messages, newest first; another company's are as absent."""
        if getattr(self, "swagger_fake_view", False):
            return Notice.objects.none()
        return selectors.list_visible_notices(visible_to=self.request.user)  # type: ignore[arg-type]
