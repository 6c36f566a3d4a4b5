"""The checks of the preparation page, from the database only."""

from __future__ import annotations

from typing import Any

from accounts import policies as account_policies
from accounts.models import User
from clearcard import links
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.rules import preparation as rules
from clearcard.rules.preparation import can_continue
from clearcard.selectors.facts import FilingState, filing_state
from clearcard.shapes import PreparationCheck
from devices import selectors as device_selectors
from devices.choices import DeviceStatus
from devices.models import Device
from invoicing import selectors as invoicing_selectors
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod


def preparation_checks(
    *, device: Device, actor: User, case: ClearCardCase | None = None
) -> tuple[PreparationCheck, ...]:
    """Return every check of a disk's period: what was measured, when, where to mend it."""
    period = case.period if case else device.period
    filing = filing_state(taxpayer=device.taxpayer, month=period)
    facts = rules.PreparationFacts(
        now=clock.now(),
        today=clock.today(),
        is_cleared=case is not None and case.status == CaseStatus.CLEARED,
        may_apply=account_policies.can_clear_disk(actor, device.taxpayer),
        taxpayer_status=device.taxpayer.status,
        taxpayer_status_label=str(device.taxpayer.get_status_display()),
        period_label=period.label,
        period_end=period.end,
        lock_date=(case.old_cut_off if case else None) or device.issue_allowed_until,
        calendar_url=links.calendar_link(),
        **_device_facts(device, period),
        **_invoice_facts(device, period),
        **_filing_facts(filing),
    )
    return rules.run_checks(facts)


def _device_facts(device: Device, period: TaxPeriod) -> dict[str, Any]:
    report = device_selectors.latest_report(device=device, period=period)
    return {
        "seen_at": device.last_seen_at,
        "device_status": device.status,
        "device_status_label": str(device.get_status_display()),
        "is_device_active": device.status == DeviceStatus.ACTIVE,
        "clock_drift": device.clock_drift_seconds,
        "pin_tries": device.pin_tries,
        "certificate_until": device.certificate_not_after,
        "authorisation_count": len(device_selectors.list_authorisations(device)),
        "is_reported": report is not None,
        "reported_at": report.created_at if report else None,
        "device_url": links.device_link(device),
        "report_url": links.report_link(device),
        "unlock_url": links.unlock_link(device),
    }


def _invoice_facts(device: Device, period: TaxPeriod) -> dict[str, Any]:
    blockers = invoicing_selectors.unissued_blockers(device=device, period=period)
    return {
        "waiting_invoices": blockers.total,
        "not_uploaded": blockers.not_uploaded,
        "offline_count": device_selectors.offline_counts([device])[device.pk],
        "invoice_count": invoicing_selectors.period_invoices(taxpayer=device.taxpayer, period=period).count(),
        "backed_up_at": invoicing_selectors.backed_up_at(taxpayer=device.taxpayer, period=period),
        "backups_url": links.backups_link(period.code),
        "invoices_url": links.invoices_link(device, period.code),
    }


def _filing_facts(filing: FilingState) -> dict[str, Any]:
    tax_return, run = filing.tax_return, filing.run
    return {
        "return_due": filing.is_due,
        "return_label": filing.label,
        "return_filed": filing.is_filed,
        "return_settled": filing.is_settled,
        "tax_due": f"{tax_return.tax_due:,.2f}" if tax_return else "0.00",
        "comparison_at": run.at if run else None,
        "comparison_blocking": bool(run and run.is_blocking),
        "comparison_differs": bool(run and not filing.is_compared),
        "return_url": links.return_link(tax_return.pk) if tax_return and filing.is_filed else links.returns_link(),
        "payment_url": links.payment_link(tax_return.pk) if tax_return and filing.is_filed else links.returns_link(),
        "comparison_url": links.comparison_link(run.pk) if run else links.returns_link(),
    }


__all__ = ["can_continue", "preparation_checks"]
