"""Disks without a card: they answer from the request alone and sign with a real key."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from devices.gateway.wire import CardAnswer, CardRequest
from devices.protocol.certificates import DiskCertificate
from devices.protocol.messages import (
    ClearReceipt,
    ClearRequest,
    ClearToken,
    DiskIdentity,
    DiskStatus,
    GroupStatus,
    InvoiceOrder,
    KindAuthorisation,
    OfflineUse,
    SignedInvoice,
)
from devices.protocol.profiles import PrivateKey
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod

KEY_FILE = "stand-in-disks.pem"
REPORT_DIGEST, NO_DIGEST = "a" * 64, "0" * 64
REPORT_COUNTER = 1
KINDS = (("004", "6100261130"), ("007", "061002600104"))
FIRST_NUMBER, LAST_NUMBER = 10_000_001, 99_999_999
RATES = ("1", "3")
LIMIT = Decimal("10000000.00")


class StandInDisks:
    """A card host whose disks take next to no time, so that what is measured is the hall.

    Every message is signed with a real key, because the hall verifies each of them and that is the hall's own
    work. Left out are the card, its reader, the socket and the disk's own bookkeeping: a real chip takes longer
    for one signature than the hall for everything else. What little the stand-in itself takes is not subtracted.
    """

    def __init__(self, folder: Path) -> None:
        self._key = _key(folder / KEY_FILE)
        self._numbers = itertools.count(FIRST_NUMBER)
        self._counters = itertools.count(1)
        self._steps: dict[str, Callable[[DiskCertificate, dict[str, Any]], Any]] = {
            "status": self._status,
            "last_clear": _nothing,
            "begin_clear": self._begin_clear,
            "apply_clear": self._apply_clear,
            "issue": self._issue,
        }

    def exchange(self, request: CardRequest) -> CardAnswer:
        """Answer every step of the request."""
        disk = DiskCertificate.from_pem(request.certificate)
        results = tuple(self._steps[step["op"]](disk, step) for step in request.steps)
        return CardAnswer(results=results, identity=self._identity(disk), reader="stand-in", is_unlocked=True)

    def status(self) -> dict[str, Any]:
        """Say that no reader is there: nobody asks in a bench."""
        return {"readers": []}

    def _identity(self, disk: DiskCertificate) -> dict[str, Any]:
        return DiskIdentity(
            serial=disk.serial,
            taxpayer_number=disk.taxpayer_number,
            taxpayer_name=disk.taxpayer_name,
            certificate=disk.der,
            algorithm=self._key.algorithm,
            key_id=self._key.key_id,
            clock=_now(),
            sign_counter=0,
            report_counter=REPORT_COUNTER,
            clear_counter=0,
        ).to_json()

    def _status(self, disk: DiskCertificate, step: dict[str, Any]) -> dict[str, Any]:
        period = last_month()
        return (
            DiskStatus(
                serial=disk.serial,
                taxpayer_number=disk.taxpayer_number,
                taxpayer_name=disk.taxpayer_name,
                machine_number=0,
                bureau_code="16101130000",
                kind="goldtax",
                certificate_not_after=disk.not_after,
                enabled_on=period.start,
                clock=_now(),
                pin_tries=8,
                sign_counter=0,
                report_counter=REPORT_COUNTER,
                clear_counter=0,
                order_counter=0,
                uploaded_through=0,
                log_number=0,
                nonce=bytes.fromhex(step["nonce"]),
                groups=(_group(period),),
            )
            .seal(self._key)
            .to_json()
        )

    def _begin_clear(self, disk: DiskCertificate, step: dict[str, Any]) -> dict[str, Any]:
        period = last_month()
        return (
            ClearRequest(
                serial=disk.serial,
                taxpayer_number=disk.taxpayer_number,
                group=step["group"],
                period_start=period.start,
                period_end=period.end,
                sign_counter=0,
                report_counter=REPORT_COUNTER,
                clear_counter=0,
                report_digest=REPORT_DIGEST,
                cut_off=period.end + timedelta(days=20),
                clock=_now(),
                nonce=os.urandom(32),
                request_number=1,
            )
            .seal(self._key)
            .to_json()
        )

    def _apply_clear(self, disk: DiskCertificate, step: dict[str, Any]) -> dict[str, Any]:
        token = ClearToken.from_json(step["token"])
        return (
            ClearReceipt(
                command_id=token.command_id,
                serial=disk.serial,
                taxpayer_number=disk.taxpayer_number,
                group=token.group,
                period_start=token.period_start,
                period_end=token.period_end,
                request_number=token.request_number,
                clear_counter_before=token.expected_clear_counter,
                clear_counter_after=token.expected_clear_counter + 1,
                token_digest=token.digest,
                report_digest=token.report_digest,
                new_period_start=token.new_period_start,
                new_period_end=token.new_period_end,
                new_cut_off=token.new_cut_off,
                previous_receipt_digest=NO_DIGEST,
                cleared_at=_now(),
            )
            .seal(self._key)
            .to_json()
        )

    def _issue(self, disk: DiskCertificate, step: dict[str, Any]) -> dict[str, Any]:
        order = InvoiceOrder.from_json(step["order"])
        return (
            SignedInvoice(
                serial=disk.serial,
                taxpayer_number=disk.taxpayer_number,
                request_id=order.request_id,
                kind=order.kind,
                code=dict(KINDS)[order.kind],
                number=f"{next(self._numbers):08d}",
                issued_at=_now(),
                counter=next(self._counters),
                amount=order.amount,
                tax=order.tax,
                order_digest=order.digest_under("intl"),
                totals_digest=NO_DIGEST,
                previous_digest=NO_DIGEST,
            )
            .seal(self._key)
            .to_json()
        )


def last_month() -> TaxPeriod:
    """Return the period that is due to be cleared."""
    return TaxPeriod.of_month(clock.today()).previous()


@lru_cache(maxsize=4)
def _key(path: Path) -> PrivateKey:
    return PrivateKey.from_pem("intl", path.read_bytes())


def _now() -> Any:
    return clock.now().replace(microsecond=0)


def _nothing(_disk: DiskCertificate, _step: dict[str, Any]) -> None:
    """Answer that the disk was never cleared."""


def _group(period: TaxPeriod) -> GroupStatus:
    kinds = tuple(
        KindAuthorisation(
            kind=kind, limit=LIMIT, code=code, next_number=FIRST_NUMBER, end_number=LAST_NUMBER, rates=RATES
        )
        for kind, code in KINDS
    )
    use = OfflineUse(hours_limit=72, count_limit=100_000, amount_limit=LIMIT, count=0, amount=Decimal("0.00"))
    return GroupStatus(
        group="A",
        period_start=period.start,
        period_end=period.end,
        cut_off=period.end + timedelta(days=20),
        last_report_at=_now(),
        is_reported=True,
        report_digest=REPORT_DIGEST,
        authorisations=kinds,
        offline=use,
    )
