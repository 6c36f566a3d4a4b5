"""Device records in the console: to look at, never to change."""

from __future__ import annotations

from django.contrib import admin

from devices.models import (
    Agent,
    AgentVisit,
    ClearReceiptRecord,
    Device,
    DeviceAuthorisation,
    DeviceCommand,
    DeviceReading,
    DeviceReport,
)
from taxhall.common.admin import ReadOnlyAdmin, ReadOnlyInline


class AuthorisationInline(ReadOnlyInline):
    """What the disk may issue."""

    model = DeviceAuthorisation


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Enrolled disks."""

    list_display = ("serial", "kind", "taxpayer", "status", "period_end", "issue_allowed_until", "last_seen_at")
    list_filter = ("status", "kind", "is_reported")
    search_fields = ("serial", "taxpayer__name", "taxpayer__number")
    list_select_related = ("taxpayer",)
    inlines = (AuthorisationInline,)


@admin.register(DeviceCommand)
class DeviceCommandAdmin(ReadOnlyAdmin):
    """The outbox of commands."""

    list_display = ("key", "device", "kind", "state", "attempts", "error_code", "created_at", "finished_at")
    list_filter = ("kind", "state")
    search_fields = ("key", "device__serial")
    list_select_related = ("device",)


@admin.register(DeviceReading)
class DeviceReadingAdmin(ReadOnlyAdmin):
    """Looks at disks."""

    list_display = ("device", "taken_at", "reader")
    search_fields = ("device__serial",)
    list_select_related = ("device",)


@admin.register(DeviceReport)
class DeviceReportAdmin(ReadOnlyAdmin):
    """Reports of disks."""

    list_display = ("device", "group", "period_start", "period_end", "report_counter", "created_at")
    search_fields = ("device__serial", "digest")
    list_select_related = ("device",)


@admin.register(Agent)
class AgentAdmin(ReadOnlyAdmin):
    """Taxpayers' PCs; what they prove themselves with is not shown."""

    list_display = ("name", "taxpayer", "version", "last_contact_at", "unreported", "revoked_at")
    search_fields = ("name", "taxpayer__name", "taxpayer__number")
    list_select_related = ("taxpayer",)
    exclude = ("token_digest", "session")


@admin.register(AgentVisit)
class AgentVisitAdmin(ReadOnlyAdmin):
    """Visits to disks at taxpayers' PCs."""

    list_display = ("id", "device", "agent", "state", "is_changing", "is_late", "created_at", "answered_at")
    list_filter = ("state", "is_changing", "is_late")
    search_fields = ("device__serial", "agent__name")
    list_select_related = ("device", "agent")


@admin.register(ClearReceiptRecord)
class ClearReceiptAdmin(ReadOnlyAdmin):
    """Receipts of clears."""

    list_display = ("device", "clear_counter_after", "period_end", "new_cut_off", "cleared_at")
    search_fields = ("device__serial", "digest")
    list_select_related = ("device",)
