"""Invoices become files: asked for, written row by row, kept for a while, handed out to their company only."""

from __future__ import annotations

from invoicing.services.exports.asked import DIRECT_LIMIT, EXPORT_LIMIT, open_export, request_export
from invoicing.services.exports.run import perform_export, sweep_exports
from invoicing.services.exports.writing import Written, write_export

__all__ = [
    "DIRECT_LIMIT",
    "EXPORT_LIMIT",
    "Written",
    "open_export",
    "perform_export",
    "request_export",
    "sweep_exports",
    "write_export",
]
