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
    StockSegment,
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
from devices.protocol.order_messages import (
    AuthorityOrder,
    GroupCeilings,
    GroupWindow,
    IssueDataChange,
    KindChange,
    OrderReceipt,
    TransportPin,
)

__all__ = [
    "AuthorityOrder",
    "ChallengeAnswer",
    "ClearReceipt",
    "ClearRequest",
    "ClearToken",
    "DiskIdentity",
    "DiskLog",
    "DiskReport",
    "DiskStatus",
    "GroupCeilings",
    "GroupStatus",
    "GroupWindow",
    "InvoiceOrder",
    "IssueDataChange",
    "KindAuthorisation",
    "KindChange",
    "KindLimit",
    "LogEntry",
    "OfflineUse",
    "OrderReceipt",
    "PeriodChoice",
    "RateTotal",
    "ReportOpening",
    "SignedInvoice",
    "SignedVoid",
    "StockSegment",
    "TotalRow",
    "TransportPin",
    "UploadAck",
    "VersionInfo",
    "VoidOrder",
]
