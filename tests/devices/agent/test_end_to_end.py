"""Business through the taxpayer's own PC: a real agent process, real disks, and every fault between them.

The PC's clock is weeks away from the hall's in all of these tests, and nothing minds.
"""

from __future__ import annotations

import signal
import threading
import uuid
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection

from clearcard import selectors as clear_selectors
from clearcard import services as clear_services
from clearcard.choices import CaseStatus
from devices import services as device_services
from devices.api import agent as agent_api
from devices.errors import CardHostUnavailableError, DiskError
from devices.models import Agent, AgentVisit, ClearReceiptRecord
from devices.services.agents import visits
from devices.virtual import VirtualDisk
from invoicing import services as invoicing_services
from invoicing.choices import InvoiceState
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice
from tests.clearcard.scene import Scene
from tests.devices.agent.house import Gate
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.timeout(180)


class PcScene(Scene):
    """A company whose disk sits in its own PC, which is let in before anything else happens."""

    def __init__(self, house, at) -> None:
        self.house = house
        super().__init__(self, at)

    @property
    def keys(self):
        return self.house.keys

    def add(self, device, **changes):
        disk = self.house.add(device, **changes)
        self.house.enrol(self.membership)
        self.house.start()
        return disk

    def unlock(self, device, pin="26110812"):
        self.house.unlock(device, pin)

    def order(self) -> Invoice:
        """Ask for an invoice; a worker has still to bring it to the disk."""
        line = LineDraft(
            name="*信息技术服务*软件维护",
            tax_code="3040203000000000000",
            quantity=Decimal(1),
            price=Decimal(100),
            rate="1",
        )
        draft = InvoiceDraft(kind="007", buyer_name="个人", lines=(line,))
        invoice = invoicing_services.save_draft(
            actor=self.user, taxpayer=self.taxpayer, device=self.device, draft=draft
        )
        invoicing_services.issue_invoice(actor=self.user, invoice=invoice, key=uuid.uuid4().hex)
        return invoice

    def is_readable(self) -> bool:
        """Say whether the disk answers through the PC."""
        try:
            return device_services.read_card(device=self.device).status.serial == self.device.serial
        except DiskError:
            return False

    def signatures(self) -> int:
        """Return how often the disk itself has signed."""
        return signatures_of(self.disk)


def signatures_of(disk: VirtualDisk) -> int:
    """Look into a disk, past every way in."""
    if not disk.is_powered:
        disk.power_on()
    return int(disk._card.state.counters.sign)


@pytest.fixture
def scene(house, at) -> PcScene:
    return PcScene(house, at)


@contextmanager
def worker(work, *arguments, **more):
    """Do something in a thread of its own, as a worker does, and wait for its end."""

    def run() -> None:
        try:
            work(*arguments, **more)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(60)
    assert not thread.is_alive()


def impatient(monkeypatch) -> None:
    """Let the hall give up a changing visit soon, and no other."""
    patience = visits.patience_of
    monkeypatch.setattr(visits, "patience_of", lambda asked: 4.0 if asked.is_changing else patience(asked))


def fresh(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)


def test_a_month_is_issued_reported_filed_and_cleared_through_the_pc(scene):
    scene.month()
    case = scene.submit(scene.prepare())
    clear_services.review_case(case_id=case.pk)
    clear_services.execute_clear(case_id=case.pk)
    case = scene.fresh(case)
    assert case.status == CaseStatus.CLEARED, (case.waiting_code, case.waiting_text, case.failure_text)
    assert scene.counter() == 1
    scene.device.refresh_from_db()
    assert scene.device.clear_counter == 1
    assert clear_selectors.update_way(case) == f"企业电脑 {Agent.objects.get().name}"
    told = scene.house.log.read_text()
    for act in ("输入口令：完成", "开具发票：完成", "抄报：完成", "清卡：完成"):
        assert f"（北京时间） {scene.device.serial} {act}\n" in told
    assert "26110812" not in told, "the PIN is written nowhere"
    assert abs(scene.house.look()["clock_drift"]) > 24 * 60 * 60
    assert "本机时钟与大厅相差" in scene.house.ask("GET", "")[1]
    scene.house.await_(lambda: not scene.house.spool, "everything is confirmed and forgotten")
    assert scene.house.stop() == 0
    assert device_services.find_place(scene.device.serial) is None, "a PC that ends lets go of its disks at once"
    with pytest.raises(CardHostUnavailableError):
        device_services.read_card(device=scene.device)


def test_a_pc_killed_after_the_disk_was_cleared_proves_it_when_it_is_back(scene, monkeypatch):
    impatient(monkeypatch)
    case = scene.approved()
    gate = Gate(scene.disk, "APPLY_CLEAR", after=True)
    with worker(clear_services.execute_clear, case_id=case.pk):
        assert gate.reached.wait(30)
        scene.house.stop(signal.SIGKILL)
        gate.open()
        assert len(scene.house.spool) == 1, "the order was on the PC's disk before it was sent"
    assert scene.fresh(case).status == CaseStatus.IN_DOUBT
    assert AgentVisit.objects.latest("created_at").state == "overdue"
    scene.house.start()
    scene.house.await_(lambda: scene.fresh(case).status == CaseStatus.CLEARED, "the receipt was not brought")
    assert ClearReceiptRecord.objects.get().way == f"企业电脑 {Agent.objects.get().name}"
    scene.house.await_(scene.is_readable, "the disk is not proved again")
    assert scene.counter() == 1
    scene.house.await_(lambda: not scene.house.spool, "the receipt is confirmed and forgotten")


def test_a_pc_killed_after_the_disk_signed_brings_the_invoice_when_it_is_back(scene):
    invoice = scene.order()
    gate = Gate(scene.disk, "ISSUE_INVOICE", after=True)
    with worker(invoicing_services.perform_issue, invoice_id=invoice.pk):
        assert gate.reached.wait(30)
        scene.house.stop(signal.SIGKILL)
        gate.open()
        scene.house.start()
    assert fresh(invoice).state == InvoiceState.ISSUED
    assert scene.signatures() == 1


def test_a_disk_torn_out_after_signing_is_in_doubt_until_it_is_read_through_the_pc(scene):
    invoice = scene.order()
    scene.disk.faults.arm({"vanish_after": True, "on": "ISSUE_INVOICE"})
    invoicing_services.perform_issue(invoice_id=invoice.pk)
    assert fresh(invoice).state == InvoiceState.IN_DOUBT
    scene.house.await_(scene.is_readable, "the disk is not back")
    invoicing_services.perform_issue(invoice_id=invoice.pk)
    assert fresh(invoice).state == InvoiceState.ISSUED
    assert scene.signatures() == 1


def test_answers_lost_on_either_way_are_made_good_without_a_second_act(scene, monkeypatch):
    lost = []

    def losing(name):
        """Let the hall do it and lose its answer, once."""
        act = getattr(device_services, name)

        def once(**arguments):
            result = act(**arguments)
            if name not in lost and (name == "take_report" or result):
                lost.append(name)
                raise OSError("the line broke")
            return result

        monkeypatch.setattr(agent_api.services, name, once)

    losing("take_visits")
    losing("take_report")
    invoice = scene.order()
    # The live server tells of the broken line in its log; nobody reads it here.
    monkeypatch.setattr("django.core.handlers.exception.log_response", lambda *_, **__: None)
    invoicing_services.perform_issue(invoice_id=invoice.pk)
    scene.house.await_(lambda: not scene.house.spool, "the report was not brought again")
    assert lost == ["take_visits", "take_report"]
    assert fresh(invoice).state == InvoiceState.ISSUED
    assert scene.signatures() == 1
    assert AgentVisit.objects.latest("created_at").fencing == 2


def test_a_pc_that_comes_too_late_sends_nothing(scene, monkeypatch):
    monkeypatch.setattr(visits, "SEND_WITHIN_SECONDS", 0.5)
    invoice = scene.order()
    gate = Gate(scene.disk, "CHALLENGE", after=False)
    with worker(invoicing_services.perform_issue, invoice_id=invoice.pk):
        assert gate.reached.wait(30)
        threading.Event().wait(0.6)
        gate.open()
    assert fresh(invoice).state == InvoiceState.ISSUING
    assert scene.signatures() == 0
    assert AgentVisit.objects.filter(is_changing=True).latest("created_at").answer["fault"]["kind"] == "late"


def test_another_disk_in_the_reader_is_not_written(scene):
    other = DeviceFactory(taxpayer=scene.taxpayer, period=scene.device.period)
    strange = scene.house.make(other, scene.house.disks)
    strange.close()
    scene.house.serving.rack.scan()
    invoice = scene.order()
    scene.house.serving.rack.swap(scene.device.serial, other.serial)
    invoicing_services.perform_issue(invoice_id=invoice.pk)
    assert fresh(invoice).state == InvoiceState.IN_DOUBT, "only the disk, which is away, can show that it did nothing"
    assert signatures_of(scene.house.serving.rack.disk(other.serial)) == 0
    assert scene.signatures() == 0


def test_a_revoked_pc_still_brings_what_its_disk_did_and_then_ends(scene, monkeypatch):
    impatient(monkeypatch)
    take = device_services.take_report
    open_again = threading.Event()

    def closed(**arguments):
        if not open_again.is_set():
            raise OSError("the line broke")
        return take(**arguments)

    monkeypatch.setattr(agent_api.services, "take_report", closed)
    monkeypatch.setattr("django.core.handlers.exception.log_response", lambda *_, **__: None)
    invoice = scene.order()
    invoicing_services.perform_issue(invoice_id=invoice.pk)
    assert fresh(invoice).state == InvoiceState.IN_DOUBT
    assert scene.house.look()["unreported"] == 1
    device_services.revoke_agent(actor=scene.user, agent=Agent.objects.get())
    open_again.set()
    scene.house.await_(lambda: fresh(invoice).state == InvoiceState.ISSUED, "the record was not brought")
    assert scene.house.process.wait(60) == 3
    scene.house.process = None
    assert not scene.house.spool


def test_without_room_for_the_answer_nothing_is_sent(scene):
    scene.house.stop()
    scene.house.start("--spool-limit", "1000")
    scene.house.unlock(scene.device)
    invoice = scene.order()
    invoicing_services.perform_issue(invoice_id=invoice.pk)
    assert (fresh(invoice).state, fresh(invoice).error_code) == (InvoiceState.ISSUING, "disk.agent_no_space")
    assert scene.signatures() == 0
    assert device_services.read_card(device=scene.device).status.sign_counter == 0, "reading needs no room"


def test_once_does_what_waits_and_ends(scene):
    scene.house.stop()
    invoice = scene.order()
    done = threading.Event()

    def keep_working() -> None:
        """Stand in for the worker that tries again when the disk is there."""
        while fresh(invoice).state != InvoiceState.ISSUED and not done.wait(0.2):
            invoicing_services.perform_issue(invoice_id=invoice.pk)

    with worker(keep_working):
        words = ("run", "--once", "--ask-pin", "--virtual", str(scene.house.run_folder))
        ended = scene.house.call(*words, stdin="26110812\n", seconds=90)
        done.set()
    assert fresh(invoice).state == InvoiceState.ISSUED, ended.stderr
    assert ended.returncode == 0, ended.stderr
    assert "26110812" not in ended.stdout + ended.stderr
