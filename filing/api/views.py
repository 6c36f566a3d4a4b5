"""The filing API: returns, deadlines and comparisons, to read."""

from __future__ import annotations

from typing import cast

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as account_selectors
from accounts.models import Bureau, Taxpayer, User
from filing import selectors
from filing.api.serializers import (
    ComparisonRunSerializer,
    DeadlineSerializer,
    TaxReturnDetailSerializer,
    TaxReturnSerializer,
)
from filing.models import TaxReturn
from taxhall.common import clock
from taxhall.common.api import HallAPIView
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod

_YEARS = range(2020, 2100)


class TaxReturnListView(HallAPIView):
    """The returns of the companies the caller may see."""

    serializer_class = TaxReturnSerializer

    @extend_schema(
        operation_id="returns_list",
        parameters=[OpenApiParameter("taxpayer", str, description="纳税人识别号")],
        responses=TaxReturnSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List returns, newest period first."""
        page = self.paginate_queryset(self._returns(request))
        return self.get_paginated_response(TaxReturnSerializer(page, many=True).data)

    def _returns(self, request: Request) -> QuerySet[TaxReturn]:
        found = selectors.list_returns(visible_to=cast(User, request.user))
        number = request.query_params.get("taxpayer")
        return found.filter(taxpayer__number=number) if number else found


class TaxReturnView(HallAPIView):
    """One return with its cells."""

    serializer_class = TaxReturnDetailSerializer

    @extend_schema(operation_id="returns_retrieve", responses=TaxReturnDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return one return."""
        found = selectors.get_return(visible_to=cast(User, request.user), pk=pk)
        return Response(TaxReturnDetailSerializer(found).data)


class DeadlineListView(HallAPIView):
    """The last days to file for the months of a year, as the pages of the caller's companies show them."""

    serializer_class = DeadlineSerializer

    @extend_schema(
        operation_id="deadlines_list",
        parameters=[
            OpenApiParameter("year", int, description="所属期的年份，默认今年"),
            OpenApiParameter("taxpayer", str, description="纳税人识别号：按其主管税务机关的停机公告和申报周期答复"),
        ],
        responses=DeadlineSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List the twelve deadlines of a year's months, moved by the outages that reach the company."""
        months = [TaxPeriod.month(self._year(request), number) for number in range(1, 13)]
        company = self._company(request)
        bureau = company.bureau if company else self._bureau(request)
        kinds = selectors.period_kinds(company) if company else None
        seasons = selectors.Seasons(bureau)
        rows = [
            {
                "month": each.code,
                "deadline": last.date,
                "source": last.source,
                "is_estimated": last.is_estimated,
                "moved_from": last.moved_from,
                "period": selectors.return_period(company, each, kinds=kinds) if company else None,
            }
            for each in months
            for last in [seasons.of_period(each)]
        ]
        return Response(DeadlineSerializer(rows, many=True).data)

    def _company(self, request: Request) -> Taxpayer | None:
        number = request.query_params.get("taxpayer")
        return account_selectors.get_taxpayer(visible_to=cast(User, request.user), number=number) if number else None

    def _bureau(self, request: Request) -> Bureau | None:
        """Return the bureau that all the caller's companies share; without one, what holds for the whole city."""
        taxpayers = account_selectors.list_taxpayers(visible_to=cast(User, request.user))
        bureaus = Bureau.objects.filter(taxpayers__in=taxpayers.values("pk")).distinct()[:2]
        return bureaus[0] if len(bureaus) == 1 else None

    def _year(self, request: Request) -> int:
        text = request.query_params.get("year", str(clock.today().year))
        if not text.isdecimal() or int(text) not in _YEARS:
            raise InvalidInputError(_("年份不正确。"), fields={"year": [_("请填写四位年份，例如 2026")]})
        return int(text)


class ComparisonRunView(HallAPIView):
    """One comparison with what each rule measured."""

    serializer_class = ComparisonRunSerializer

    @extend_schema(operation_id="comparisons_retrieve", responses=ComparisonRunSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return one comparison."""
        found = selectors.get_comparison(visible_to=cast(User, request.user), pk=pk)
        return Response(ComparisonRunSerializer(found).data)
