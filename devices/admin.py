"""Device records in the console: to look at, never to change."""

from __future__ import annotations

from django.contrib import admin

from accounts.district import DistrictAdmin
from devices.models import (
    Agent,
    AgentVisit,
    ClearReceiptRecord,
    Device,
    DeviceAuthorisation,
    DeviceCommand,
    DeviceReading,
    DeviceReport,
    DeviceRequest,
    DiskLogRecord,
    OrderReceiptRecord,
)
from taxhall.common.admin import ReadOnlyInline


class AuthorisationInline(ReadOnlyInline):
    """What the disk may issue."""

    model = DeviceAuthorisation


@admin.register(Device)
class DeviceAdmin(DistrictAdmin):
    """Enrolled disks."""

    list_display = ("serial", "kind", "taxpayer", "status", "period_end", "issue_allowed_until", "last_seen_at")
    list_filter = ("status", "kind", "is_reported")
    search_fields = ("serial", "taxpayer__name", "taxpayer__number")
    list_select_related = ("taxpayer",)
    inlines = (AuthorisationInline,)


@admin.register(DeviceCommand)
class DeviceCommandAdmin(DistrictAdmin):
    """The outbox of commands."""

    taxpayer_path = "device__taxpayer"
    list_display = ("key", "device", "kind", "state", "attempts", "error_code", "created_at", "finished_at")
    list_filter = ("kind", "state")
    search_fields = ("key", "device__serial")
    list_select_related = ("device",)


@admin.register(DeviceReading)
class DeviceReadingAdmin(DistrictAdmin):
    """Looks at disks."""

    taxpayer_path = "device__taxpayer"
    list_display = ("device", "taken_at", "reader")
    search_fields = ("device__serial",)
    list_select_related = ("device",)


@admin.register(DeviceReport)
class DeviceReportAdmin(DistrictAdmin):
    """Reports of disks."""

    taxpayer_path = "device__taxpayer"
    list_display = ("device", "group", "period_start", "period_end", "report_counter", "created_at")
    search_fields = ("device__serial", "digest")
    list_select_related = ("device",)


@admin.register(Agent)
class AgentAdmin(DistrictAdmin):
    """Taxpayers' PCs; what they prove themselves with is not shown."""

    list_display = ("name", "taxpayer", "version", "last_contact_at", "unreported", "revoked_at")
    search_fields = ("name", "taxpayer__name", "taxpayer__number")
    list_select_related = ("taxpayer",)
    exclude = ("token_digest", "session")


@admin.register(AgentVisit)
class AgentVisitAdmin(DistrictAdmin):
    """Visits to disks at taxpayers' PCs."""

    taxpayer_path = "device__taxpayer"
    list_display = ("id", "device", "agent", "state", "is_changing", "is_late", "created_at", "answered_at")
    list_filter = ("state", "is_changing", "is_late")
    search_fields = ("device__serial", "agent__name")
    list_select_related = ("device", "agent")


@admin.register(ClearReceiptRecord)
class ClearReceiptAdmin(DistrictAdmin):
    """Receipts of clears."""

    taxpayer_path = "device__taxpayer"
    list_display = ("device", "clear_counter_after", "period_end", "new_cut_off", "cleared_at")
    search_fields = ("device__serial", "digest")
    list_select_related = ("device",)


@admin.register(OrderReceiptRecord)
class OrderReceiptAdmin(DistrictAdmin):
    """Receipts of orders."""

    taxpayer_path = "device__taxpayer"
    list_display = ("device", "action", "order_counter_after", "applied_at", "command")
    list_filter = ("action",)
    search_fields = ("device__serial", "digest")
    list_select_related = ("device", "command")


@admin.register(DeviceRequest)
class DeviceRequestAdmin(DistrictAdmin):
    """Requests about disks; decided on their own pages."""

    taxpayer_path = "device__taxpayer"
    list_display = ("device", "kind", "state", "created_by", "created_at", "decided_by", "decided_at")
    list_filter = ("kind", "state")
    search_fields = ("device__serial",)
    list_select_related = ("device", "created_by", "decided_by")


@admin.register(DiskLogRecord)
class DiskLogRecordAdmin(DistrictAdmin):
    """Lines of the disks' own logs."""

    taxpayer_path = "device__taxpayer"
    list_display = ("device", "number", "at", "event", "detail")
    list_filter = ("event",)
    search_fields = ("device__serial",)
    list_select_related = ("device",)
