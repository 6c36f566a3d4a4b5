"""Every command of the disk and the function that does it."""

from __future__ import annotations

from devices.protocol.commands import Ins
from devices.virtual.card import Handler
from devices.virtual.handlers import clearing, identity, invoices, orders, pin, reports, upload

HANDLERS: dict[Ins, Handler] = {
    Ins.SELECT: identity.select,
    Ins.GET_VERSION: identity.get_version,
    Ins.GET_CERT: identity.get_certificate,
    Ins.GET_STATUS: identity.get_status,
    Ins.CHALLENGE: identity.challenge,
    Ins.GET_LOG: identity.get_log,
    Ins.PIN_TRIES: pin.pin_tries,
    Ins.VERIFY_PIN: pin.verify_pin,
    Ins.CHANGE_PIN: pin.change_pin,
    Ins.UNBLOCK_PIN: orders.unblock_pin,
    Ins.ISSUE_INVOICE: invoices.issue,
    Ins.VOID_INVOICE: invoices.void,
    Ins.GET_LAST_SIGNED: invoices.get_last_signed,
    Ins.GET_SIGNED: invoices.get_signed,
    Ins.MARK_UPLOADED: upload.mark_uploaded,
    Ins.OPEN_REPORT: reports.open_report,
    Ins.READ_REPORT: reports.read_report,
    Ins.CLOSE_REPORT: reports.close_report,
    Ins.BEGIN_CLEAR: clearing.begin_clear,
    Ins.APPLY_CLEAR: clearing.apply_clear,
    Ins.ABORT_CLEAR: clearing.abort_clear,
    Ins.GET_LAST_CLEAR: clearing.get_last_clear,
    Ins.APPLY_ORDER: orders.apply_order,
    Ins.GET_LAST_ORDER: orders.get_last_order,
}

__all__ = ["HANDLERS"]
