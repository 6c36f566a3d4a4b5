"""What the filing API answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from filing import selectors
from filing.models import ComparisonResult, ComparisonRun, ReturnLine, TaxReturn


class TaxReturnSerializer(serializers.ModelSerializer[TaxReturn]):
    """One return in a list."""

    taxpayer_number = serializers.CharField(source="taxpayer.number")
    period = serializers.CharField(source="period.code")
    is_settled = serializers.SerializerMethodField()

    class Meta:
        model = TaxReturn
        fields = [
            "id", "taxpayer_number", "form_code", "form_version", "period", "period_start", "period_end", "status",
            "sales_amount", "tax_due", "is_settled", "receipt_number", "submitted_at", "due_on", "is_late",
        ]  # fmt: skip

    def get_is_settled(self, tax_return: TaxReturn) -> bool:
        """Whether nothing is owed on an accepted return."""
        return selectors.is_settled(tax_return)


class ReturnLineSerializer(serializers.ModelSerializer[ReturnLine]):
    """One cell of a return."""

    class Meta:
        model = ReturnLine
        fields = ["schedule", "line", "column", "kind", "prefilled", "value", "is_overridden", "reason"]


class TaxReturnDetailSerializer(TaxReturnSerializer):
    """One return with its cells."""

    lines = serializers.SerializerMethodField()

    class Meta(TaxReturnSerializer.Meta):
        fields = [*TaxReturnSerializer.Meta.fields, "lines"]

    @extend_schema_field(ReturnLineSerializer(many=True))
    def get_lines(self, tax_return: TaxReturn) -> list[dict[str, Any]]:
        """Every cell, in the order of the form."""
        rows = tax_return.lines.order_by("pk")
        return [dict(row) for row in ReturnLineSerializer(rows, many=True).data]


class DeadlineSerializer(serializers.Serializer[Any]):
    """The last day to file for one month."""

    month = serializers.CharField(help_text="所属期，例如 2026-10")
    deadline = serializers.DateField()
    source = serializers.CharField()  # type: ignore[assignment]  # the API's own word, shadows Field.source
    is_estimated = serializers.BooleanField()
    moved_from = serializers.DateField(allow_null=True, help_text="停机顺延之前的截止日期，没有顺延的为空")
    period = serializers.CharField(
        allow_null=True, help_text="给出 taxpayer 时：随这个月份申报的所属期，例如 2026-Q4；不用申报的为空"
    )


class ComparisonResultSerializer(serializers.ModelSerializer[ComparisonResult]):
    """What one rule found, with its numbers."""

    class Meta:
        model = ComparisonResult
        fields = [
            "rule_code", "title", "legal_basis", "declared", "measured", "difference", "tolerance", "outcome",
            "blocking", "sentence", "remedy",
        ]  # fmt: skip


class ComparisonRunSerializer(serializers.ModelSerializer[ComparisonRun]):
    """One comparison with every rule's result."""

    taxpayer_number = serializers.CharField(source="taxpayer.number")
    period = serializers.CharField(source="period.code")
    compared_period = serializers.CharField(source="compared.code")
    results = ComparisonResultSerializer(many=True)

    class Meta:
        model = ComparisonRun
        fields = [
            "id", "taxpayer_number", "period", "compared_period", "at", "outcome", "is_blocking", "tax_return",
            "results",
        ]  # fmt: skip
