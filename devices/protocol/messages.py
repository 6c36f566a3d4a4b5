"""Every message between the hall and a disk. Times are whole seconds; amounts have two decimals."""

from __future__ import annotations

from devices.protocol.clear_messages import (
    ClearReceipt,
    ClearRequest,
    ClearToken,
    DiskReport,
    KindLimit,
    PeriodChoice,
    ReportOpening,
)
from devices.protocol.disk_messages import (
    ChallengeAnswer,
    DiskIdentity,
    DiskLog,
    DiskStatus,
    GroupStatus,
    KindAuthorisation,
    LogEntry,
    OfflineUse,
    VersionInfo,
)
from devices.protocol.invoice_messages import (
    InvoiceOrder,
    RateTotal,
    SignedInvoice,
    SignedVoid,
    TotalRow,
    UploadAck,
    VoidOrder,
)

__all__ = [
    "ChallengeAnswer",
    "ClearReceipt",
    "ClearRequest",
    "ClearToken",
    "DiskIdentity",
    "DiskLog",
    "DiskReport",
    "DiskStatus",
    "GroupStatus",
    "InvoiceOrder",
    "KindAuthorisation",
    "KindLimit",
    "LogEntry",
    "OfflineUse",
    "PeriodChoice",
    "RateTotal",
    "ReportOpening",
    "SignedInvoice",
    "SignedVoid",
    "TotalRow",
    "UploadAck",
    "VersionInfo",
    "VoidOrder",
]
