"""The card host under faults, over the real card service and over local sockets alike."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import socket
import stat
import threading
import time
import uuid

import pytest

from devices.gateway.client import HostUnavailableError, SocketCardHost
from devices.gateway.supervisor import bound_socket
from devices.gateway.wire import CardAnswer, CardRequest
from tests.devices.card_hosts import FIRST, PIN, SECOND, running_house

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(params=["memory", pytest.param("pcsc", marks=pytest.mark.pcsc)])
def house(request, tmp_path):
    with running_house(tmp_path, request.param) as house:
        yield house


def test_disks_are_found_by_what_they_prove_and_the_pin_is_held(house):
    answer = house.status(SECOND)
    assert answer.fault is None
    assert answer.identity["serial"] == SECOND
    assert house.unlock(FIRST).results == (8,)
    assert house.reader_of(FIRST)["is_unlocked"]
    assert not house.reader_of(SECOND)["is_unlocked"]
    assert house.issue(FIRST).fault is None
    assert house.issue(SECOND).fault.code == "disk.pin_required"


def test_the_moment_of_the_pin_stays_while_it_is_held_and_goes_with_the_disk(house):
    assert house.reader_of(FIRST)["unlocked_since"] == ""
    house.unlock(FIRST)
    told = house.reader_of(FIRST)
    assert house.status(FIRST).fault is None
    later = house.reader_of(FIRST)
    assert later["since"] > told["since"], "the disk has just been read"
    assert later["unlocked_since"] == told["unlocked_since"] <= told["since"]
    house.serving.rack.remove(FIRST)
    house.serving.rack.insert(FIRST)
    house.await_(lambda: house.status(FIRST).fault is None)
    assert house.reader_of(FIRST)["unlocked_since"] == ""


def test_an_answer_lost_after_acting_is_in_doubt_and_can_be_read_back(house):
    house.unlock(FIRST)
    request_id = uuid.uuid4().hex
    house.fault(FIRST, vanish_after=True, on="ISSUE_INVOICE")
    answer = house.issue(FIRST, request_id)
    assert answer.fault.sent
    assert not answer.results
    house.await_(lambda: house.status(FIRST).fault is None)
    found = house.visit(FIRST, {"op": "find_signed", "request_id": request_id})
    assert found.results[0]["request_id"] == request_id
    assert house.issue(FIRST).fault.code == "disk.pin_required"  # the PIN went with the disk


def test_a_disk_pulled_before_acting_is_in_doubt_and_proves_that_it_did_not(house):
    house.unlock(FIRST)
    request_id = uuid.uuid4().hex
    house.fault(FIRST, vanish_before=True, on="ISSUE_INVOICE")
    assert house.issue(FIRST, request_id).fault.sent
    house.await_(lambda: house.status(FIRST).fault is None)
    assert house.visit(FIRST, {"op": "find_signed", "request_id": request_id}).results == (None,)


def test_a_hanging_disk_is_answered_at_the_deadline_and_delays_no_other(house):
    house.unlock(FIRST)
    house.fault(FIRST, hang=True, on="ISSUE_INVOICE")
    answers = []
    stuck = threading.Thread(target=lambda: answers.append(house.issue(FIRST, deadline=3.0)))
    begun = time.monotonic()
    stuck.start()
    house.await_(lambda: "hang" in house.serving.rack.disk(FIRST).faults.fired)
    assert house.status(SECOND).fault is None
    assert time.monotonic() - begun < 2.5
    stuck.join(30)
    assert answers[0].fault.kind == "stuck"
    assert answers[0].fault.sent
    house.serving.rack.remove(FIRST)
    house.serving.rack.insert(FIRST)
    house.await_(lambda: house.status(FIRST).fault is None)


def test_a_pulled_disk_is_absent_and_nothing_was_sent(house):
    house.unlock(FIRST)
    house.serving.rack.remove(FIRST)
    fault = house.issue(FIRST).fault
    assert (fault.kind, fault.sent) == ("absent", False)
    house.serving.rack.insert(FIRST)
    house.await_(lambda: house.status(FIRST).fault is None)
    assert not house.reader_of(FIRST)["is_unlocked"]


def test_a_disk_swapped_faster_than_the_reader_sees_is_not_written(house):
    house.unlock(FIRST)
    house.serving.rack.swap(FIRST, SECOND)
    fault = house.issue(FIRST).fault
    assert not fault.sent
    # A swap inside the poll can leave the card service deaf to the slot; taking the disk out helps.
    house.serving.rack.remove(SECOND)
    house.serving.rack.insert(SECOND)
    house.await_(lambda: house.status(SECOND).fault is None)
    assert house.status(SECOND).results[0]["sign_counter"] == 0


def test_a_disk_with_another_key_is_not_the_enrolled_one(house):
    fault = house.status(FIRST, certificate=house.certificates[SECOND]).fault
    assert (fault.kind, fault.sent) == ("wrong_card", False)


def test_a_wrong_pin_is_tried_once_and_not_kept(house):
    fault = house.unlock(FIRST, "000000").fault
    assert (fault.code, fault.tries_left) == ("disk.pin_wrong", 7)
    assert house.issue(FIRST).fault.code == "disk.pin_required"
    assert house.visit(FIRST, {"op": "pin_tries"}).results == (7,)


@pytest.mark.parametrize("kind", ["torn", "one_byte", "random", "oversized"])
def test_a_spoilt_answer_is_never_taken_for_one(house, kind):
    house.fault(FIRST, answer=kind, on="GET_STATUS")
    fault = house.status(FIRST).fault
    assert fault is not None
    assert not fault.sent
    house.unlock(FIRST)
    house.fault(FIRST, answer=kind, on="ISSUE_INVOICE")
    fault = house.issue(FIRST).fault
    assert fault is not None
    assert fault.sent


def test_three_faults_take_a_reader_out_of_use_until_a_person_tests_it(house):
    for _ in range(3):
        house.fault(FIRST, answer="one_byte", on="GET_STATUS")
        assert house.status(FIRST).fault.kind == "broken"
    fault = house.status(FIRST).fault
    assert (fault.kind, fault.sent) == ("breaker", False)
    assert house.status(SECOND).fault is None
    reader = house.reader_of(FIRST)["reader"]
    assert house.host.exchange(CardRequest(kind="selftest", reader=reader)).fault is None
    assert house.status(FIRST).fault is None


def test_an_owner_killed_in_mid_command_leaves_it_in_doubt(house):
    house.unlock(FIRST)
    house.fault(FIRST, hang=True, on="ISSUE_INVOICE")
    answers = []
    asked = threading.Thread(target=lambda: answers.append(house.issue(FIRST, deadline=20.0)))
    asked.start()
    house.await_(lambda: "hang" in house.serving.rack.disk(FIRST).faults.fired)
    lane = house.server.lanes[house.reader_of(FIRST)["reader"]]
    os.kill(lane.owner_pid, signal.SIGKILL)
    asked.join(10)
    assert answers[0].fault.kind == "broken"
    assert answers[0].fault.sent
    house.serving.rack.disk(FIRST).faults.clear()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reader_whose_owner_died_notices_the_next_disk(house, when):
    house.unlock(FIRST)
    reader = house.reader_of(FIRST)["reader"]
    lane = house.server.lanes[reader]

    def is_present() -> bool:
        (line,) = [each for each in house.host.status()["readers"] if each["reader"] == reader]
        return line["is_present"]

    if when == "before":
        os.kill(lane.owner_pid, signal.SIGKILL)
    house.serving.rack.remove(FIRST)
    house.await_(lambda: not is_present())
    if when == "after":
        os.kill(lane.owner_pid, signal.SIGKILL)
    house.serving.rack.insert(FIRST)
    house.await_(lambda: FIRST in house.seen)
    assert house.issue(FIRST).fault.code == "disk.pin_required", "the PIN went with the owner"


def test_a_caller_that_is_cut_off_leaves_no_answer_for_the_next_one(house):
    reader = house.reader_of(FIRST)["reader"]
    house.fault(FIRST, delay=1.0, on="GET_STATUS")

    def ask(nonce: str) -> concurrent.futures.Future[CardAnswer]:
        step = {"op": "status", "nonce": nonce}
        request = CardRequest(serial=FIRST, certificate=house.certificates[FIRST], steps=(step,))
        return asyncio.run_coroutine_threadsafe(house.server.exchange(request), house.loop)

    first, second = ask("ab" * 32), ask("cd" * 32)
    house.await_(lambda: any(each["reader"] == reader and each["waiting"] for each in house.host.status()["readers"]))
    first.cancel()
    answer = second.result(30)
    assert answer.fault is None
    assert answer.results[0]["nonce"] == "cd" * 32


def test_requests_for_one_reader_take_turns(house):
    house.unlock(FIRST)
    answers = []
    callers = [threading.Thread(target=lambda: answers.append(house.issue(FIRST))) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(30)
    assert sorted(int(each.results[0]["counter"]) for each in answers) == list(range(1, 9))


def test_nonsense_on_the_socket_harms_nobody(house):
    for junk in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x02[]", b"GET / HTTP/1.1\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(house.socket_path))
            link.sendall(junk)
    assert house.status(FIRST).fault is None


def test_the_socket_is_this_users_alone_and_has_one_host(house):
    assert stat.S_IMODE(house.socket_path.stat().st_mode) == 0o600
    with pytest.raises(OSError, match="already"), bound_socket(house.socket_path):
        pytest.fail("two hosts on one socket")
    assert house.host.status()["readers"], "the first host does not mind having been asked"


def test_nobody_listening_means_not_sent(tmp_path):
    with pytest.raises(HostUnavailableError) as caught:
        SocketCardHost(str(tmp_path / "none.sock")).exchange(CardRequest(serial=FIRST))
    assert not caught.value.sent


def test_a_host_that_dies_after_taking_the_request_may_have_sent_it(tmp_path):
    path = tmp_path / ("deep" * 20) / ("folder" * 10) / "host.sock"
    with bound_socket(path) as listener:
        listener.setblocking(True)

        def take_and_die() -> None:
            connection, _ = listener.accept()
            connection.recv(1)
            connection.close()

        thread = threading.Thread(target=take_and_die)
        thread.start()
        with pytest.raises(HostUnavailableError) as caught:
            SocketCardHost(str(path)).exchange(CardRequest(serial=FIRST))
        thread.join(5)
    assert caught.value.sent


def test_a_pin_is_not_in_the_repr_of_a_request():
    assert PIN not in repr(CardRequest(pin=PIN))
