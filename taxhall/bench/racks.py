"""Virtual disks in readers with a card host before them, each in a process of its own, as in a running hall."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings

from devices.gateway import pcscd
from devices.gateway.client import HostUnavailableError, SocketCardHost
from devices.gateway.wire import CardAnswer, CardRequest
from devices.protocol.messages import ClearReceipt, ClearRequest
from devices.protocol.profiles import PrivateKey
from devices.rules import tokens
from devices.signer.keys import HallKeys, make_hall_keys, make_key_pem
from devices.virtual import DiskSpec, KindSpec, VirtualDisk
from devices.virtual.control import ask_control
from devices.virtual.serving import CONTROL_NAME, NOTE_NAME
from taxhall.bench.errors import BenchError
from taxhall.bench.programs import running
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod

PIN = "24681357"
# So long ago that each disk has months to clear for a whole bench.
MONTHS_BACK = 240
LONGEST_START = timedelta(days=400)
_sequence = itertools.count(1)


@dataclass
class BenchDisk:
    """One disk, as its owner outside knows it."""

    serial: str
    certificate: str
    period: TaxPeriod
    cleared: int = field(default=0)


@dataclass(frozen=True)
class CardHouse:
    """The disks, the host that reaches them, and the hall's key."""

    disks: tuple[BenchDisk, ...]
    host: SocketCardHost
    key: PrivateKey
    run_folder: Path

    @property
    def socket(self) -> str:
        """Where the private card service listens."""
        return str(json.loads((self.run_folder / NOTE_NAME).read_text())["socket"])

    def visit(self, disk: BenchDisk, *steps: dict[str, Any], pin: str | None = None) -> tuple[Any, ...]:
        """Visit a disk and return the results. Raises: BenchError when it does not do it."""
        request = CardRequest(serial=disk.serial, certificate=disk.certificate, steps=steps, pin=pin)
        answer: CardAnswer = self.host.exchange(request)
        if answer.fault is not None:
            raise BenchError(f"disk {disk.serial}: {answer.fault}")
        return answer.results

    def delay_signatures(self, seconds: float) -> None:
        """Let every signature of every disk take so long, as a chip's does."""
        for disk in self.disks:
            switches = {"signing_delay": seconds}
            ask_control(self.run_folder / CONTROL_NAME, {"do": "fault", "serial": disk.serial, "switches": switches})

    def clear(self, disk: BenchDisk) -> None:
        """Report the disk's month and clear it, in the visits of the hall: report; ask; apply."""
        period = disk.period
        bounds = {"group": "A", "period_start": period.start.isoformat(), "period_end": period.end.isoformat()}
        self.visit(disk, {"op": "report", **bounds})
        asked = self.visit(disk, {"op": "status"}, {"op": "last_clear"}, {"op": "begin_clear", **bounds})
        token = self._token(ClearRequest.from_json(asked[-1]), period.next())
        (receipt,) = self.visit(disk, {"op": "apply_clear", "token": token.to_json()})
        disk.cleared += 1
        if ClearReceipt.from_json(receipt).clear_counter_after != disk.cleared:
            raise BenchError(f"disk {disk.serial} does not say that it was cleared {disk.cleared} times")
        disk.period = period.next()

    def clear_all(self, count: int, times: int) -> float:
        """Clear the first `count` disks so often, each by a hand of its own; return the seconds it took."""
        started = time.perf_counter()
        with ThreadPoolExecutor(count) as hands:
            list(hands.map(partial(self._clear_times, times), self.disks[:count]))
        return time.perf_counter() - started

    def _clear_times(self, times: int, disk: BenchDisk) -> None:
        for _ in range(times):
            self.clear(disk)

    def _token(self, request: ClearRequest, window: TaxPeriod) -> Any:
        payload = {
            "new_period_start": window.start.isoformat(),
            "new_period_end": window.end.isoformat(),
            "new_cut_off": window.next().start.replace(day=15).isoformat(),
        }
        command = SimpleNamespace(pk=f"{next(_sequence):032x}", payload=payload)
        return tokens.draft_token(command=command, request=request, moment=request.clock).seal(self.key)


@contextmanager
def card_house(folder: Path, count: int) -> Iterator[CardHouse]:
    """Issue disks, serve them over the real card service, run a card host, and open every disk.

    Raises: BenchError where the machine has no card service for virtual readers.
    """
    if missing := pcscd.missing_parts():
        raise BenchError(f"not installed: {', '.join(missing)}")
    keys = make_hall_keys(folder / "keys", now=clock.now() - LONGEST_START)
    disks = tuple(_issue(folder / "disks", keys, number) for number in range(1, count + 1))
    run_folder = Path(settings.CARDHOST_SOCKET).parent
    host = SocketCardHost(settings.CARDHOST_SOCKET)
    serve = ["django", "virtualdisk", "serve", "--transport", "pcsc", "--slots", str(count)]
    with (
        running("virtualdisk", serve, logs=folder, is_ready=(run_folder / NOTE_NAME).exists),
        running("cardhost", ["django", "cardhost", "run"], logs=folder, is_ready=lambda: _sees(host, count)),
    ):
        key = PrivateKey.from_pem("intl", keys.clear_key().read_bytes())
        house = CardHouse(disks, host, key, run_folder)
        for disk in disks:
            house.visit(disk, {"op": "pin_tries"}, pin=PIN)
        yield house
    # The next measure issues disks of its own.
    shutil.rmtree(folder / "disks")


def _sees(host: SocketCardHost, count: int) -> bool:
    try:
        return sum(bool(each["serial"]) for each in host.status()["readers"]) == count
    except HostUnavailableError:
        return False


def _issue(folder: Path, keys: HallKeys, number: int) -> BenchDisk:
    serial, key, period = f"66{number:010d}", make_key_pem(), _first_month()
    certificate = keys.device_authority().issue(
        public_key=PrivateKey.from_pem("intl", key).public_key,
        serial=serial,
        taxpayer_number="91610113MA6TEKT0XE",
        taxpayer_name="西安测试商贸有限公司",
        now=clock.now() - LONGEST_START,
    )
    segment = f"0610022{number:05d}"
    kind = KindSpec(kind="007", limit=Decimal(100_000), rates=("1", "3"), code=segment, first_number=1, end_number=99)
    spec = DiskSpec(
        serial=serial,
        kind="goldtax",
        taxpayer_number="91610113MA6TEKT0XE",
        taxpayer_name="西安测试商贸有限公司",
        bureau_code="16101130000",
        certificate=certificate,
        private_key=key,
        kinds=(kind,),
        enabled_on=period.start,
        period_start=period.start,
        period_end=period.end,
        cut_off=period.next().start.replace(day=15),
        pin=PIN,
        authority_keys=(keys.clear_public_key(),),
    )
    disk = VirtualDisk.create(folder / f"{serial}.disk", spec, clock=_now)
    pem = disk.certificate.pem
    disk.close()
    return BenchDisk(serial, pem, period)


def _first_month() -> TaxPeriod:
    today: date = clock.today()
    return TaxPeriod.month(today.year - MONTHS_BACK // 12, today.month)


def _now() -> datetime:
    return clock.now()
