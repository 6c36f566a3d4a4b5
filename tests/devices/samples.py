"""One plain example of every message, also the source of the documented test vectors."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from devices.protocol.constants import FIRST_RECEIPT_DIGEST, LOCAL_ZONE
from devices.protocol.message import Message
from devices.protocol.messages import (
    AuthorityOrder,
    ChallengeAnswer,
    ClearReceipt,
    ClearRequest,
    ClearToken,
    DiskIdentity,
    DiskLog,
    DiskReport,
    DiskStatus,
    GroupCeilings,
    GroupStatus,
    GroupWindow,
    InvoiceOrder,
    IssueDataChange,
    KindAuthorisation,
    KindChange,
    KindLimit,
    LogEntry,
    OfflineUse,
    OrderReceipt,
    PeriodChoice,
    RateTotal,
    ReportOpening,
    SignedInvoice,
    SignedVoid,
    StockSegment,
    TotalRow,
    TransportPin,
    UploadAck,
    VersionInfo,
    VoidOrder,
)

SERIAL, NUMBER, NAME = "661000000001", "91610113MA6TEKT0XE", "西安示例商贸有限公司"
WHEN = datetime(2026, 11, 3, 10, 0, tzinfo=LOCAL_ZONE)
REQUEST, OTHER_REQUEST = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
DIGEST = "5a" * 32
NONCE = bytes(range(32))


def who() -> dict[str, str]:
    return {"serial": SERIAL, "taxpayer_number": NUMBER}


def october() -> dict[str, object]:
    return {"group": "A", "period_start": date(2026, 10, 1), "period_end": date(2026, 10, 31)}


def november() -> dict[str, date]:
    return {
        "new_period_start": date(2026, 11, 1),
        "new_period_end": date(2026, 11, 30),
        "new_cut_off": date(2026, 12, 15),
    }


def invoice_order() -> InvoiceOrder:
    return InvoiceOrder(
        request_id=REQUEST,
        kind="007",
        issued_at=WHEN,
        buyer_number="91610131000000019Y",
        buyer_name="西安样例科技有限公司",
        amount=Decimal("1000.00"),
        tax=Decimal("10.00"),
        totals=(RateTotal(rate="1", amount=Decimal("1000.00"), tax=Decimal("10.00")),),
    )


def signed_invoice(algorithm: str = "intl") -> SignedInvoice:
    return SignedInvoice(
        **who(),
        request_id=REQUEST,
        kind="007",
        code="061002600104",
        number="02000001",
        issued_at=WHEN,
        counter=1,
        amount=Decimal("1000.00"),
        tax=Decimal("10.00"),
        order_digest=invoice_order().digest_under(algorithm),
        totals_digest=DIGEST,
        previous_digest=FIRST_RECEIPT_DIGEST,
    )


def signed_void() -> SignedVoid:
    return SignedVoid(
        **who(),
        request_id=OTHER_REQUEST,
        kind="007",
        code="061002600104",
        number="02000001",
        voided_at=WHEN,
        counter=2,
        invoice_counter=1,
        amount=Decimal("1000.00"),
        tax=Decimal("10.00"),
        totals_digest=DIGEST,
        previous_digest=DIGEST,
    )


def total_row() -> TotalRow:
    return TotalRow(
        kind="007", rate="1", total_kind="positive", count=1, amount=Decimal("1000.00"), tax=Decimal("10.00")
    )


def disk_report() -> DiskReport:
    return DiskReport(
        **who(),
        **october(),
        report_counter=1,
        first_counter=1,
        last_counter=1,
        invoice_count=1,
        closed_at=WHEN,
        rows=(total_row(),),
    )


def clear_request() -> ClearRequest:
    return ClearRequest(
        **who(),
        **october(),
        sign_counter=1,
        report_counter=1,
        clear_counter=0,
        report_digest=DIGEST,
        cut_off=date(2026, 11, 16),
        clock=WHEN,
        nonce=NONCE,
        request_number=1,
    )


def clear_token() -> ClearToken:
    return ClearToken(
        command_id="3f0c7a2e9b5d4c1e8a6f00112233ccdd",
        **who(),
        **october(),
        nonce=NONCE,
        request_number=1,
        expected_clear_counter=0,
        report_digest=DIGEST,
        **november(),
        clock=WHEN,
        issued_at=WHEN,
        expires_at=WHEN.replace(minute=10),
        limits=(KindLimit(kind="007", limit=Decimal("100000.00")),),
    )


def clear_receipt() -> ClearReceipt:
    return ClearReceipt(
        command_id="3f0c7a2e9b5d4c1e8a6f00112233ccdd",
        **who(),
        **october(),
        request_number=1,
        clear_counter_before=0,
        clear_counter_after=1,
        token_digest=DIGEST,
        report_digest=DIGEST,
        **november(),
        previous_receipt_digest=FIRST_RECEIPT_DIGEST,
        cleared_at=WHEN,
    )


def authorisation() -> KindAuthorisation:
    return KindAuthorisation(
        kind="007",
        limit=Decimal("100000.00"),
        code="061002600104",
        next_number=2000001,
        end_number=2000100,
        rates=("3", "1", "exempt"),
        later=(stock_segment(),),
    )


def stock_segment() -> StockSegment:
    return StockSegment(kind="007", code="061002600104", next_number=3000001, end_number=3000050)


def issue_data_change() -> IssueDataChange:
    return IssueDataChange(
        taxpayer_name="西安新示例商贸有限公司",
        bureau_code="16101130000",
        kinds=(KindChange(kind="025", limit=Decimal("1000.00"), rates=("3", "1")),),
        ceilings=(GroupCeilings(group="D", hours_limit=72, count_limit=100, amount_limit=Decimal("100000.00")),),
        windows=(
            GroupWindow(
                group="D", period_start=date(2026, 11, 1), period_end=date(2026, 11, 30), cut_off=date(2026, 12, 15)
            ),
        ),
    )


def authority_order(action: str = "add_stock", **part: object) -> AuthorityOrder:
    return AuthorityOrder(
        order_id="8a1d0b52-6c3e-4f7a-9b20-5e4d3c2b1a00",
        order_number=4,
        **who(),
        action=action,
        expected_order_counter=3,
        issued_at=WHEN,
        expires_at=WHEN.replace(minute=10),
        **(part or {"segments": (stock_segment(),)}),
    )


def order_receipt() -> OrderReceipt:
    return OrderReceipt(
        order_id="8a1d0b52-6c3e-4f7a-9b20-5e4d3c2b1a00",
        order_number=4,
        **who(),
        action="add_stock",
        order_counter_before=3,
        order_counter_after=4,
        token_digest=DIGEST,
        sign_counter=1,
        previous_receipt_digest=DIGEST,
        applied_at=WHEN,
    )


def disk_log(algorithm: str = "intl") -> DiskLog:
    entry = log_entry()
    return DiskLog(
        serial=SERIAL,
        nonce=NONCE,
        head_number=1,
        head_digest=entry.chained(FIRST_RECEIPT_DIGEST, algorithm),
        before_digest=FIRST_RECEIPT_DIGEST,
        entries=(entry,),
    )


def log_entry() -> LogEntry:
    return LogEntry(number=1, at=WHEN, event="invoice_issued", detail="061002600104 02000001")


def offline_use() -> OfflineUse:
    return OfflineUse(
        hours_limit=72, count_limit=100, amount_limit=Decimal("1000000.00"), count=0, amount=Decimal("0.00")
    )


def group_status() -> GroupStatus:
    return GroupStatus(
        **october(), cut_off=date(2026, 11, 16), authorisations=(authorisation(),), offline=offline_use()
    )


def disk_status() -> DiskStatus:
    return DiskStatus(
        **who(),
        taxpayer_name=NAME,
        machine_number=0,
        bureau_code="16101130000",
        kind="goldtax",
        certificate_not_after=WHEN.replace(year=2031),
        enabled_on=date(2026, 10, 1),
        clock=WHEN,
        pin_tries=8,
        sign_counter=1,
        report_counter=0,
        clear_counter=0,
        order_counter=3,
        uploaded_through=0,
        log_number=1,
        nonce=NONCE,
        groups=(group_status(),),
    )


def every_message(algorithm: str = "intl") -> list[Message]:
    counters = {"sign_counter": 1, "report_counter": 1, "clear_counter": 0, "order_counter": 3}
    change = issue_data_change()
    return [
        VersionInfo(applet="taxhall-disk", version="1.0", algorithm=algorithm, is_virtual=True),
        ChallengeAnswer(**who(), clock=WHEN, nonce=NONCE, **counters),
        DiskIdentity(
            **who(),
            taxpayer_name=NAME,
            certificate=b"\x30\x00",
            algorithm=algorithm,
            key_id="0011223344556677",
            clock=WHEN,
            **counters,
        ),
        authorisation(),
        offline_use(),
        group_status(),
        disk_status(),
        log_entry(),
        disk_log(algorithm),
        stock_segment(),
        change,
        *change.kinds,
        *change.ceilings,
        *change.windows,
        TransportPin(salt=bytes(16), digest=bytes(32)),
        authority_order(),
        order_receipt(),
        RateTotal(rate="exempt", amount=Decimal("12.30"), tax=Decimal("0.00")),
        total_row(),
        invoice_order(),
        signed_invoice(algorithm),
        VoidOrder(request_id=OTHER_REQUEST, kind="007", code="061002600104", number="02000001"),
        signed_void(),
        UploadAck(**who(), first_counter=1, last_counter=2, last_digest=DIGEST, issued_at=WHEN),
        PeriodChoice(**october()),
        ReportOpening(report_counter=1, total_length=250, report_digest=DIGEST),
        disk_report(),
        clear_request(),
        KindLimit(kind="007", limit=Decimal("100000.00")),
        clear_token(),
        clear_receipt(),
    ]
