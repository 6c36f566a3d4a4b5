"""A disk of our own for these tests: signs with a real key, keeps what it signed, and fails on demand."""

from __future__ import annotations

from typing import Any

from devices.choices import InvoiceKind
from devices.gateway.client import HostUnavailableError
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind
from devices.models import Device
from devices.protocol.messages import InvoiceOrder, SignedInvoice, SignedVoid
from devices.protocol.profiles import PrivateKey
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import TaxpayerFactory
from tests.factories.devices import DeviceFactory, certificate_for

SERIAL = "661999000001"


class SigningDisk:
    """Stands in for the card host with one disk in its reader.

    `faults` is a queue; each changing request takes one: "absent", "busy", "lost before" (bytes left, the disk
    never acted), "lost after" (the disk acted, the answer was lost), "wrong disk", or a refusal's code.
    """

    def __init__(self) -> None:
        self.key = PrivateKey.generate()
        self.signed: dict[str, SignedInvoice] = {}
        self.voided: dict[str, SignedVoid] = {}
        self.faults: list[str] = []
        self.read_faults: list[str] = []
        self.requests: list[str] = []
        self.is_unlocked = True
        self.next_number = 10_000_001

    def enrol(self, **fields: Any) -> Device:
        """Return the row of this disk."""
        taxpayer = fields.pop("taxpayer", None) or TaxpayerFactory()
        certificate = certificate_for(SERIAL, taxpayer.number, taxpayer.name, self.key)
        self.taxpayer_number = taxpayer.number
        fields.setdefault("period", TaxPeriod.of_month(clock.today()))
        return DeviceFactory(serial=SERIAL, taxpayer=taxpayer, certificate=certificate.pem, **fields)

    def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry out one request, or fail as told."""
        step = request.steps[0]
        self.requests.append(step["op"])
        queue = self.faults if request.is_changing else self.read_faults
        fault = queue.pop(0) if queue else ""
        if fault in ("absent", "wrong disk", "busy"):
            kinds = {"absent": FaultKind.ABSENT, "wrong disk": FaultKind.WRONG_CARD, "busy": FaultKind.BUSY}
            return CardAnswer(fault=Fault(kind=kinds[fault]))
        if fault == "lost before":
            raise HostUnavailableError("no answer", sent=True)
        if fault.startswith("disk."):
            return CardAnswer(fault=Fault(kind=FaultKind.REFUSED, sent=True, code=fault))
        result = getattr(self, f"_{step['op']}")(step)
        if fault == "lost after":
            raise HostUnavailableError("no answer", sent=True)
        return CardAnswer(results=(result,))

    def status(self) -> dict[str, Any]:
        """Return the readiness list."""
        return {"readers": [{"serial": SERIAL, "is_unlocked": self.is_unlocked}]}

    def _issue(self, step: dict[str, Any]) -> dict[str, Any]:
        order = InvoiceOrder.from_json(step["order"])
        if order.request_id not in self.signed:
            self.signed[order.request_id] = self._sign(order)
        return self.signed[order.request_id].to_json()

    def _sign(self, order: InvoiceOrder) -> SignedInvoice:
        number, self.next_number = self.next_number, self.next_number + 1
        return SignedInvoice(
            serial=SERIAL,
            taxpayer_number=self.taxpayer_number,
            request_id=order.request_id,
            kind=order.kind,
            code="6100233130" if order.kind == InvoiceKind.SPECIAL else "061002200111",
            number=f"{number:08d}",
            issued_at=clock.now().replace(microsecond=0),
            counter=len(self.signed) + len(self.voided) + 1,
            amount=order.amount,
            tax=order.tax,
            is_red=order.is_red,
            order_digest=order.digest_under(self.key.algorithm),
            totals_digest="0" * 64,
            previous_digest="0" * 64,
        ).seal(self.key)

    def _find_signed(self, step: dict[str, Any]) -> dict[str, Any] | None:
        found = self.signed.get(step["request_id"])
        return None if found is None else found.to_json()

    def _void(self, step: dict[str, Any]) -> dict[str, Any]:
        if step["request_id"] not in self.voided:
            invoice = next(each for each in self.signed.values() if each.number == step["number"])
            self.voided[step["request_id"]] = SignedVoid(
                serial=SERIAL,
                taxpayer_number=self.taxpayer_number,
                request_id=step["request_id"],
                kind=invoice.kind,
                code=invoice.code,
                number=invoice.number,
                voided_at=clock.now().replace(microsecond=0),
                counter=len(self.signed) + len(self.voided) + 1,
                invoice_counter=invoice.counter,
                amount=invoice.amount,
                tax=invoice.tax,
                totals_digest="0" * 64,
                previous_digest="0" * 64,
            ).seal(self.key)
        return self.voided[step["request_id"]].to_json()

    def _find_void(self, step: dict[str, Any]) -> dict[str, Any] | None:
        found = self.voided.get(step["request_id"])
        return None if found is None else found.to_json()
