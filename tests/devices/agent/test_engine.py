"""What the PC carries and what it does not, whatever the hall asks; and what it says after a restart."""

from __future__ import annotations

import uuid

import pytest

from devices.agent import recovery
from devices.agent.engine import Engine, _acceptable, _works
from devices.agent.enrolment import Belonging
from devices.agent.hall import HallRefusedError, HallUnreachableError
from devices.agent.spool import Spool
from devices.gateway.boot import boot_seconds
from devices.gateway.memory import MemoryTransport
from devices.gateway.pairing import Refusal, Report, Taken, Told, Work
from devices.gateway.wire import CardAnswer, CardRequest, Fault, WireError
from devices.gateway.work import PinStore, Visit
from tests.devices.disks import PIN, READER, Bench, make_order
from tests.harness.loops import run

PLAIN = {"kind": "session", "serial": "661000000001", "certificate": "PEM", "steps": [{"op": "status"}]}


@pytest.mark.parametrize(
    "change",
    [
        {"pin": "24681357"},
        {"kind": "selftest"},
        {"kind": "probe"},
        {"serial": ""},
        {"certificate": ""},
        {"reader": "another reader"},
        {"steps": []},
        {"steps": [{"op": "transmit", "apdu": "00A40400"}]},
        {"steps": [{"op": "status"}, {"op": "verify_pin"}]},
        {"steps": [{}]},
        {"deadline": "soon"},
    ],
)
def test_only_named_operations_on_one_enrolled_disk_are_carried(change):
    assert _acceptable(Work("v", 1, PLAIN, 5.0)).serial == PLAIN["serial"]
    with pytest.raises(WireError):
        _acceptable(Work("v", 1, {**PLAIN, **change}, 5.0))


@pytest.mark.parametrize(
    "work", [[1], [{"visit": "x"}], [{"visit": "x", "fencing": 1, "request": {}, "send_within": 1}]]
)
def test_nonsense_for_work_is_no_work(work):
    with pytest.raises(HallUnreachableError):
        _works(Told("", 1.0, work=work))


def issue(bench: Bench, send_before: float) -> CardAnswer:
    order = make_order(bench.clock).to_json()
    request = CardRequest(
        serial=bench.disk.serial, steps=({"op": "issue", "order": order},), pin=PIN, send_before=send_before
    )
    return Visit(MemoryTransport({READER: bench.disk}), READER, PinStore()).carry(request)


def test_the_right_to_send_ends_at_the_reader_itself(tmp_path):
    bench = Bench.build(tmp_path)
    late = issue(bench, boot_seconds() - 0.001)
    assert (late.fault.kind, late.fault.sent) == ("late", False)
    assert issue(bench, boot_seconds() + 60).fault is None
    assert bench.session().status().sign_counter == 1


STEPS = {
    "issue": ({"op": "issue", "order": {"request_id": "aa"}}, {"op": "find_signed", "request_id": "aa"}),
    "void": ({"op": "void", "request_id": "bb", "kind": "007"}, {"op": "find_void", "request_id": "bb"}),
    "clear": ({"op": "apply_clear", "token": {"group": "B", "digest": "d"}}, {"op": "last_clear", "group": "B"}),
}


@pytest.mark.parametrize("name", STEPS)
def test_after_a_restart_the_disk_is_asked_and_nothing_is_done_again(name):
    done, asked = STEPS[name]
    question = recovery.question({**PLAIN, "steps": [done], "pin": None})
    assert question.steps == (asked,)
    assert not question.is_changing


@pytest.mark.parametrize("request_", [{}, {**PLAIN, "steps": []}, {**PLAIN, "steps": [{"op": "acknowledge"}]}])
def test_what_no_disk_can_tell_is_not_asked(request_):
    assert recovery.question(request_) is None


@pytest.mark.parametrize(
    ("name", "result", "is_told"),
    [
        ("issue", {"request_id": "aa"}, True),
        ("issue", {"request_id": "zz"}, False),
        ("issue", None, False),
        ("void", {"request_id": "bb"}, True),
        ("clear", {"token_digest": "d"}, True),
        ("clear", {"token_digest": "of the month before"}, False),
    ],
)
def test_only_the_record_of_this_very_order_is_its_answer(name, result, is_told):
    request = {**PLAIN, "steps": [STEPS[name][0]]}
    verdict = recovery.verdict(request, CardAnswer(results=(result,)))
    assert (verdict.fault is None) is is_told
    assert is_told or verdict.fault.sent, "nobody knows, so the hall reads the disk itself"


def test_a_disk_that_is_not_there_tells_nothing():
    verdict = recovery.verdict({**PLAIN, "steps": [STEPS["issue"][0]]}, CardAnswer(fault=Fault("absent")))
    assert verdict.fault.sent


class PickyHall:
    """A hall that cannot read one of the reports."""

    is_revoked = False

    def __init__(self, unreadable: str, status: int) -> None:
        self.unreadable, self.status = unreadable, status
        self.taken: list[str] = []

    async def report(self, report: Report) -> Taken:
        if report.visit == self.unreadable:
            raise HallRefusedError(self.status, Refusal("agent.unreadable"), is_proved=False)
        self.taken.append(report.visit)
        return Taken(report.visit, "taken")


@pytest.mark.parametrize("status", [400, 413])
def test_a_result_that_the_hall_cannot_read_keeps_no_other_from_it(tmp_path, status):
    spool = Spool(tmp_path)
    entries = [spool.begin(str(uuid.uuid4()), 1, PLAIN, is_changing=True) for _ in range(3)]
    for entry in entries:
        spool.finish(entry, {"results": []})
    hall = PickyHall(entries[0].visit, status)
    belonging = Belonging("https://hall.example/", "a", "t", "n", "name", "k")
    engine = Engine(belonging, hall, None, spool)
    run(engine._report_all())
    assert hall.taken == [entry.visit for entry in entries[1:]]
    assert [entry.visit for entry in spool.entries()] == [entries[0].visit], "it is kept, and told"
    assert entries[0].path.exists()
