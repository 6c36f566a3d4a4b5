"""What the API of clearing takes and gives; input and output kept apart."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clearcard import selectors
from clearcard.choices import CaseStatus, ClearKind, SpecialReason
from clearcard.models import ClearCardCase
from clearcard.shapes import CaseForm, PreparationCheck, ThreeWay, TypeOption
from taxhall.common.api import StrictSerializer


class CaseQuerySerializer(StrictSerializer):
    """Filters of the list."""

    taxpayer = serializers.CharField(required=False, max_length=20)
    status = serializers.ChoiceField(choices=CaseStatus.choices, required=False)
    page = serializers.IntegerField(required=False, min_value=1)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200)


class StartSerializer(StrictSerializer):
    """Which disk to apply for."""

    serial = serializers.RegexField(r"^\d{12}$")


class TypeSerializer(StrictSerializer):
    """The type of clearing."""

    kind = serializers.ChoiceField(choices=ClearKind.choices)
    special_reason = serializers.ChoiceField(choices=SpecialReason.choices, required=False, default="")


class ConfirmSerializer(StrictSerializer):
    """The digest of the three-way table that was looked at."""

    digest = serializers.RegexField(r"^[0-9a-f]{64}$")


class FillSerializer(StrictSerializer):
    """Amounts as confirmed; without them the hall's own are taken."""

    invoiced_amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    declared_amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    clear_on = serializers.DateField()
    explanation = serializers.CharField(required=False, allow_blank=True, max_length=1000, default="")

    def to_case_form(self) -> CaseForm:
        """Return the values for the service."""
        return CaseForm(**self.validated_data)


class SubmitSerializer(StrictSerializer):
    """The declaration; the Idempotency-Key of the call is the key of the hand-in."""

    declaration = serializers.BooleanField()


class WordsSerializer(serializers.Serializer[Any]):
    """The state of a case in words."""

    tone = serializers.CharField()
    word = serializers.CharField()
    sentence = serializers.CharField()
    next_step = serializers.CharField()


class CaseSerializer(serializers.Serializer[ClearCardCase]):
    """One case on a list."""

    number = serializers.CharField()
    taxpayer = serializers.CharField(source="taxpayer.number")
    device = serializers.CharField(source="device.serial")
    period = serializers.CharField(source="period.code")
    kind = serializers.CharField()
    status = serializers.CharField()
    words = serializers.SerializerMethodField()
    submitted_at = serializers.DateTimeField()
    cleared_at = serializers.DateTimeField()
    new_cut_off = serializers.SerializerMethodField()
    certificate = serializers.SerializerMethodField()

    @extend_schema_field(WordsSerializer)
    def get_words(self, case: ClearCardCase) -> dict[str, Any]:
        """Return what a person reads."""
        return dict(WordsSerializer(selectors.status_words(case)).data)

    def get_new_cut_off(self, case: ClearCardCase) -> str | None:
        """Return the new lock date once the disk has it."""
        return str(case.new_cut_off) if case.status == CaseStatus.CLEARED else None

    def get_certificate(self, case: ClearCardCase) -> str | None:
        """Return the certificate's number of a cleared case."""
        certificate = getattr(case, "certificate", None)
        return certificate.number if certificate else None


class EventSerializer(serializers.Serializer[Any]):
    """One line of the history."""

    at = serializers.DateTimeField()
    title = serializers.CharField()
    who = serializers.CharField()
    note = serializers.CharField()


class CaseDetailSerializer(CaseSerializer):
    """One case with what may be done and what happened."""

    version = serializers.IntegerField()
    invoiced_amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    declared_amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    explanation = serializers.CharField()
    returned_items = serializers.JSONField()
    actions = serializers.SerializerMethodField()
    timeline = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, case: ClearCardCase) -> list[str]:
        """Return what the caller may do now."""
        return [each.value for each in selectors.taxpayer_actions(case, self.context["actor"])]

    @extend_schema_field(EventSerializer(many=True))
    def get_timeline(self, case: ClearCardCase) -> Any:
        """Return the history, newest first."""
        return EventSerializer(selectors.timeline(case), many=True).data


class CheckSerializer(serializers.Serializer[PreparationCheck]):
    """One preparation check."""

    code = serializers.CharField()
    group = serializers.CharField()
    title = serializers.CharField()
    outcome = serializers.CharField()
    measured = serializers.CharField()
    help_code = serializers.CharField()
    stops = serializers.BooleanField()


class OptionSerializer(serializers.Serializer[TypeOption]):
    """One type of clearing."""

    kind = serializers.CharField()
    title = serializers.CharField(source="label")
    is_possible = serializers.BooleanField()
    is_suggested = serializers.BooleanField()
    why_not = serializers.CharField()


class SideSerializer(serializers.Serializer[Any]):
    """What one party says."""

    count = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    tax = serializers.DecimalField(max_digits=18, decimal_places=2)
    void_count = serializers.IntegerField()


class RowSerializer(serializers.Serializer[Any]):
    """One kind and rate by disk, ledger and return."""

    kind = serializers.CharField()
    rate = serializers.CharField()
    device = SideSerializer(allow_null=True)
    ledger = SideSerializer(allow_null=True)
    declared = SideSerializer(allow_null=True)
    agrees = serializers.BooleanField()
    likely_cause = serializers.CharField()


class TableSerializer(serializers.Serializer[ThreeWay]):
    """The three-way table; send its digest back to confirm it."""

    rows = RowSerializer(many=True)
    agrees = serializers.BooleanField()
    digest = serializers.CharField()


class CasePreparationSerializer(serializers.Serializer[Any]):
    """Everything that is asked before handing in."""

    checks = CheckSerializer(many=True)
    types = OptionSerializer(many=True)
    table = TableSerializer()
    form = serializers.DictField()
    missing = serializers.DictField()
