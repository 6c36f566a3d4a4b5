"""Addresses of pages that checks, notices and reviews lead to."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from clearcard.models import ClearCardCase
from devices.models import Device


def case_link(case: ClearCardCase) -> str:
    """Return the address of the case's page."""
    return reverse("clearcard:case-detail", args=[case.number])


def device_link(device: Device) -> str:
    """Return the address of the disk's page."""
    return reverse("devices:device-detail", args=[device.serial])


def report_link(device: Device) -> str:
    """Return the address of the report page (抄报)."""
    return reverse("devices:device-report", args=[device.serial])


def invoices_link(device: Device, period_code: str, **filters: str) -> str:
    """Return the invoice list narrowed to what a difference is made of."""
    query = {"period": period_code, "device": device.serial, **{k: v for k, v in filters.items() if v}}
    return f"{reverse('invoicing:invoice-list')}?{urlencode(query)}"


def backups_link(period_code: str) -> str:
    """Return the page of backups with the month chosen."""
    return f"{reverse('invoicing:backup-list')}?{urlencode({'period': period_code})}"


def returns_link() -> str:
    """Return the address of the list of returns."""
    return reverse("filing:return-list")


def return_link(pk: int) -> str:
    """Return the address of one return."""
    return reverse("filing:return-detail", args=[pk])


def payment_link(pk: int) -> str:
    """Return the address where the tax of a return is paid."""
    return reverse("filing:return-pay", args=[pk])


def comparison_link(pk: int) -> str:
    """Return the address of one comparison."""
    return reverse("filing:comparison-detail", args=[pk])


def calendar_link() -> str:
    """Return the address of the filing calendar."""
    return reverse("filing:calendar")


def unlock_link(device: Device) -> str:
    """Return the address where the disk's PIN is given."""
    return reverse("devices:device-unlock", args=[device.serial])
