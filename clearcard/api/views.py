"""The API of clearing: read, prepare, hand in and track."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as account_selectors
from accounts.models import User
from clearcard import selectors, services
from clearcard.api import serializers
from clearcard.models import ClearCardCase
from devices import selectors as device_selectors
from taxhall.common.api import HallAPIView


class CaseView(HallAPIView):
    """The base of the views of one case."""

    def find(self, number: str) -> ClearCardCase:
        """Return the case; another company's is as absent."""
        return selectors.get_case(visible_to=self.actor, number=number)

    @property
    def actor(self) -> User:
        """Who calls."""
        return cast(User, self.request.user)

    def answer(self, case: ClearCardCase, code: int = status.HTTP_200_OK) -> Response:
        """Answer with the case as it is now."""
        data = serializers.CaseDetailSerializer(self.find(case.number), context={"actor": self.actor}).data
        return Response(data, status=code)

    def read(self, serializer_class: type[Any]) -> Any:
        """Parse the body. Raises: ValidationError."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer


class CaseListView(CaseView, ListAPIView[Any]):
    """Cases of the companies the caller may see; starting one."""

    serializer_class = serializers.CaseSerializer

    def get_queryset(self) -> Any:
        """Return the cases that match, newest first."""
        if getattr(self, "swagger_fake_view", False):
            return ClearCardCase.objects.none()
        query = serializers.CaseQuerySerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        number = query.validated_data.get("taxpayer")
        taxpayer = account_selectors.get_taxpayer(visible_to=self.actor, number=number) if number else None
        wanted = query.validated_data.get("status", "")
        return selectors.list_cases(visible_to=self.actor, taxpayer=taxpayer, status=wanted)

    @extend_schema(parameters=[serializers.CaseQuerySerializer], summary="Cases")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List cases."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        request=serializers.StartSerializer,
        responses={201: serializers.CaseDetailSerializer},
        summary="Start a case, or get the open one",
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002  (DRF's signature)
        """Start the case of a disk's period."""
        serial = self.read(serializers.StartSerializer).validated_data["serial"]
        device = device_selectors.get_device(visible_to=self.actor, serial=serial)
        return self.answer(services.start_case(actor=self.actor, device=device), status.HTTP_201_CREATED)


class CaseDetailView(CaseView):
    """One case: state in words, actions, history."""

    @extend_schema(responses=serializers.CaseDetailSerializer, summary="Track a case")
    def get(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Return the case."""
        return self.answer(self.find(number))


class CasePreparationView(CaseView):
    """What is asked before handing in."""

    @extend_schema(responses=serializers.CasePreparationSerializer, summary="Checks, types and three-way table")
    def get(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Return checks, types, table, prefilled amounts and what is missing."""
        case = self.find(number)
        known = selectors.default_form(case)
        content = {
            "checks": selectors.preparation_checks(device=case.device, case=case, actor=self.actor),
            "types": selectors.type_options(case),
            "table": selectors.three_way(case),
            "form": {
                "invoiced_amount": str(known.invoiced_amount),
                "declared_amount": str(known.declared_amount),
                "clear_on": known.clear_on.isoformat(),
            },
            "missing": selectors.missing_before_submit(case, actor=self.actor),
        }
        return Response(serializers.CasePreparationSerializer(content).data)


class CaseTypeView(CaseView):
    """Choosing the type."""

    @extend_schema(request=serializers.TypeSerializer, responses=serializers.CaseDetailSerializer, summary="Set type")
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Set the type of clearing."""
        data = self.read(serializers.TypeSerializer).validated_data
        return self.answer(services.choose_type(actor=self.actor, case=self.find(number), **data))


class CaseConfirmView(CaseView):
    """Confirming the table."""

    @extend_schema(
        request=serializers.ConfirmSerializer, responses=serializers.CaseDetailSerializer, summary="Confirm table"
    )
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Confirm exactly the table that was looked at."""
        data = self.read(serializers.ConfirmSerializer).validated_data
        return self.answer(services.confirm_invoices(actor=self.actor, case=self.find(number), **data))


class CaseFillView(CaseView):
    """Confirming the amounts."""

    @extend_schema(request=serializers.FillSerializer, responses=serializers.CaseDetailSerializer, summary="Fill in")
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Store amounts, day and explanation."""
        form = self.read(serializers.FillSerializer).to_case_form()
        return self.answer(services.fill_case(actor=self.actor, case=self.find(number), data=form))


class CaseSubmitView(CaseView):
    """Handing in."""

    @extend_schema(request=serializers.SubmitSerializer, responses=serializers.CaseDetailSerializer, summary="Submit")
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Hand the case in, once per key."""
        data = self.read(serializers.SubmitSerializer).validated_data
        key = f"api:{self.actor.pk}:{sha256(self.idempotency_key.encode()).hexdigest()[:40]}"
        return self.answer(services.submit_case(actor=self.actor, case=self.find(number), key=key, **data))


class CaseWithdrawView(CaseView):
    """Taking back."""

    @extend_schema(request=None, responses=serializers.CaseDetailSerializer, summary="Withdraw")
    def post(self, request: Request, number: str) -> Response:  # noqa: ARG002
        """Withdraw the case before it is decided."""
        return self.answer(services.withdraw_case(actor=self.actor, case=self.find(number)))
