"""The API of imports and exports: the same services as the pages."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.http import FileResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from devices import selectors as device_selectors
from devices.choices import InvoiceKind
from devices.models import Device
from invoicing import selectors, services
from invoicing.api.serializers import InvoiceQuerySerializer
from invoicing.choices_files import LIST_FORMATS, ImportMode
from invoicing.models import ExportJob, ImportJob, ImportProblem
from taxhall.common.api import HallAPIView


class ImportProblemSerializer(serializers.ModelSerializer[ImportProblem]):
    """One thing that is wrong in a file."""

    class Meta:
        model = ImportProblem
        fields = ["row", "column", "value", "code", "message", "mend", "is_blocking"]
        read_only_fields = fields


class ShortageSerializer(serializers.Serializer[Any]):
    """A kind of which the disk holds fewer blank invoices than the file has invoices to be issued."""

    kind = serializers.ChoiceField(InvoiceKind.choices)
    needed = serializers.IntegerField()
    remaining = serializers.IntegerField()
    words = serializers.CharField()


class ImportSerializer(serializers.ModelSerializer[ImportJob]):
    """Where an import stands."""

    state_name = serializers.CharField(source="get_state_display", read_only=True)
    device = serializers.CharField(source="device.serial", read_only=True, default="")
    scan_state = serializers.CharField(source="scan.state", read_only=True)

    class Meta:
        model = ImportJob
        fields = [
            "number", "state", "state_name", "scan_state", "device", "kind", "mode", "format", "original_name", "size",
            "sha256", "total_count", "good_count", "warned_count", "bad_count", "problem_count", "imported_count",
            "error_code", "error_text", "error_next_step", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class ImportDetailSerializer(ImportSerializer):
    """An import with the first of its problems, and what the disk lacks to issue it."""

    problems = serializers.SerializerMethodField()
    shortages = serializers.SerializerMethodField()

    class Meta(ImportSerializer.Meta):
        fields = [*ImportSerializer.Meta.fields, "problems", "shortages"]
        read_only_fields = fields

    @extend_schema(responses=ImportProblemSerializer(many=True))
    def get_problems(self, job: ImportJob) -> list[dict[str, Any]]:
        """Return the first two hundred; all are in the marked sheet."""
        return cast(list[dict[str, Any]], ImportProblemSerializer(selectors.list_problems(job)[:200], many=True).data)

    @extend_schema(responses=ShortageSerializer(many=True))
    def get_shortages(self, job: ImportJob) -> list[dict[str, Any]]:
        """Return a warning by kind while somebody has to decide about the file."""
        found = selectors.list_shortages(job) if job.is_undecided else []
        return cast(list[dict[str, Any]], ShortageSerializer(found, many=True).data)


class UploadSerializer(serializers.Serializer[Any]):
    """A file and what it is for."""

    device = serializers.CharField(
        max_length=12,
        required=False,
        allow_blank=True,
        default="",
        help_text=_("税控设备编号；文件里全是数电票的可以不填。"),
    )
    taxpayer = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        default="",
        help_text=_("销售方纳税人识别号；填写了设备的可以不填。"),
    )
    kind = serializers.ChoiceField(InvoiceKind.choices, default=InvoiceKind.ORDINARY)
    file = serializers.FileField(help_text=_(".xlsx、.xls、.csv 或 .xml"))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask whose file it is where no disk tells."""
        if not attrs["device"] and not attrs["taxpayer"]:
            raise serializers.ValidationError({"taxpayer": [_("没有填写税控设备的，请填写销售方纳税人识别号。")]})
        return attrs


class ModeSerializer(serializers.Serializer[Any]):
    """How a checked file is imported."""

    mode = serializers.ChoiceField(ImportMode.choices)


class ExportSerializer(serializers.ModelSerializer[ExportJob]):
    """Where an export stands."""

    state_name = serializers.CharField(source="get_state_display", read_only=True)

    class Meta:
        model = ExportJob
        fields = [
            "number", "state", "state_name", "format", "size", "sha256", "row_count", "left_out_count",
            "created_at", "expires_at", "error_text",
        ]  # fmt: skip
        read_only_fields = fields


class ExportRequestSerializer(InvoiceQuerySerializer):
    """The filters of a list, and what it is written as."""

    taxpayer = serializers.CharField(max_length=20, help_text=_("纳税人识别号"))
    format = serializers.ChoiceField(LIST_FORMATS)


class _FilesView(HallAPIView):
    """What these have in common."""

    @property
    def actor(self) -> User:
        """Who calls."""
        return cast(User, self.request.user)

    def read(self, serializer_class: Any) -> Any:
        """Return what was sent. Raises: ValidationError."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer

    def import_job(self, number: uuid.UUID) -> ImportJob:
        """Return the import; another company's is as absent."""
        return selectors.get_import(visible_to=self.actor, number=number)


class ImportListView(_FilesView):
    """Sending a file."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="imports_create",
        request=UploadSerializer,
        responses={201: ImportSerializer},
        summary="Send a file",
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002  (DRF's signature)
        """Have a file checked; the same bytes again lead to the first import."""
        data = self.read(UploadSerializer).validated_data
        taxpayer, device = self._whose(data["taxpayer"], data["device"])
        job, is_new = services.upload_import(
            actor=self.actor,
            taxpayer=taxpayer,
            device=device,
            kind=data["kind"],
            name=data["file"].name,
            content=data["file"].read(),
        )
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ImportSerializer(job).data, status=code)

    def _whose(self, number: str, serial: str) -> tuple[Taxpayer, Device | None]:
        """Return the company and its disk; without one only digital invoices are taken. Raises: NotFoundError."""
        company = account_selectors.get_taxpayer(visible_to=self.actor, number=number) if number else None
        if not serial and company is not None:
            return company, None
        device = device_selectors.get_device(visible_to=self.actor, serial=serial, taxpayer=company)
        return device.taxpayer, device


class ImportDetailView(_FilesView):
    """One import."""

    @extend_schema(operation_id="imports_retrieve", responses=ImportDetailSerializer, summary="Import with problems")
    def get(self, request: Request, number: uuid.UUID) -> Response:  # noqa: ARG002
        """Return where it stands and what is wrong."""
        return Response(ImportDetailSerializer(self.import_job(number)).data)


class ImportStartView(_FilesView):
    """Letting a checked file in."""

    @extend_schema(operation_id="imports_start", request=ModeSerializer, responses=ImportSerializer, summary="Import")
    def post(self, request: Request, number: uuid.UUID) -> Response:  # noqa: ARG002
        """Make drafts of the correct invoices."""
        mode = self.read(ModeSerializer).validated_data["mode"]
        return Response(
            ImportSerializer(services.start_import(actor=self.actor, job=self.import_job(number), mode=mode)).data
        )


class ImportUndoView(_FilesView):
    """Taking an import back."""

    @extend_schema(operation_id="imports_undo", request=None, responses=ImportSerializer, summary="Undo an import")
    def post(self, request: Request, number: uuid.UUID) -> Response:  # noqa: ARG002
        """Remove its drafts, all or none."""
        return Response(ImportSerializer(services.undo_import(actor=self.actor, job=self.import_job(number))).data)


class ExportListView(_FilesView):
    """Asking for a file."""

    @extend_schema(
        operation_id="exports_create",
        request=ExportRequestSerializer,
        responses={201: ExportSerializer},
        summary="Have a list written",
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """Have the invoices of a list written as a file."""
        query = self.read(ExportRequestSerializer)
        taxpayer = account_selectors.get_taxpayer(visible_to=self.actor, number=query.validated_data["taxpayer"])
        job = services.request_export(
            actor=self.actor, taxpayer=taxpayer, format=query.validated_data["format"], filters=query.filters()
        )
        return Response(ExportSerializer(job).data, status=status.HTTP_201_CREATED)


class ExportDetailView(_FilesView):
    """One export."""

    @extend_schema(operation_id="exports_retrieve", responses=ExportSerializer, summary="Export")
    def get(self, request: Request, number: uuid.UUID) -> Response:  # noqa: ARG002
        """Return where it stands."""
        return Response(ExportSerializer(selectors.get_export(visible_to=self.actor, number=number)).data)


class ExportFileView(_FilesView):
    """The file itself."""

    @extend_schema(operation_id="exports_file", responses={(200, "*/*"): OpenApiTypes.BINARY}, summary="Download")
    def get(self, request: Request, number: uuid.UUID) -> FileResponse:  # noqa: ARG002
        """Hand the file out."""
        job = selectors.get_export(visible_to=self.actor, number=number)
        stored = services.open_export(actor=self.actor, job=job)
        return FileResponse(stored, as_attachment=True, filename=job.download_name)
