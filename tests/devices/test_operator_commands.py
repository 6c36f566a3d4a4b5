"""The operators' commands: help for strangers, the control channel, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from devices.gateway.pcscd import PrivatePcscd
from devices.virtual.control import ControlError, ask_control
from tests.devices.card_hosts import FIRST, SECOND, running_house

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def house(tmp_path, settings):
    with running_house(tmp_path, "memory") as house:
        settings.CARDHOST_SOCKET = str(house.socket_path)
        yield house


def run(*words):
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("command", ["virtualdisk", "cardhost"])
def test_help_says_what_each_act_does_and_the_exit_codes(command):
    told = subprocess.run(
        [sys.executable, "manage.py", command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Exit codes" in told.stdout
    assert "until stopped" in told.stdout


def test_list_shows_every_disk_and_where_it_is(house):
    told = run("virtualdisk", "list")
    assert FIRST in told
    run("virtualdisk", "remove", FIRST)
    assert "beside the readers" in run("virtualdisk", "list")
    run("virtualdisk", "insert", FIRST)
    assert "beside the readers" not in run("virtualdisk", "list")


def test_a_fault_is_armed_by_command(house):
    run("virtualdisk", "answer", FIRST, "one_byte", "--on", "GET_STATUS")
    assert house.status(FIRST).fault is not None
    assert house.status(FIRST).fault is None


def test_a_tear_waits_for_a_command_and_a_signing_delay_is_set(house):
    run("virtualdisk", "tear", FIRST, "1", "--on", "ISSUE_INVOICE")
    run("virtualdisk", "delay", FIRST, "0.01", "--signing")
    faults = house.serving.rack.disk(FIRST).faults
    assert (faults.tear_before_write, faults.on, faults.signing_delay, faults.delay) == (1, "ISSUE_INVOICE", 0.01, 0.0)
    assert house.status(FIRST).fault is None
    run("virtualdisk", "heal", FIRST)
    assert (faults.tear_before_write, faults.signing_delay) == (None, 0.0)


def test_a_clock_is_set_by_command(house):
    run("virtualdisk", "clock", FIRST, "--offset", "3600")
    assert house.serving.rack.disk(FIRST).clock_offset.total_seconds() == 3600
    run("virtualdisk", "clock", FIRST, "--at", "2026-11-03T10:00:00+08:00")
    assert house.serving.rack.disk(FIRST).now.isoformat().startswith("2026-11-03T10:00")


@pytest.mark.parametrize("words", [("remove", "000000000000"), ("tear", FIRST, "1")])
def test_a_refusal_is_told_with_exit_code_one(house, words):
    house.serving.rack.disk(FIRST)
    if words[0] == "tear":
        run("virtualdisk", *words)
        run("virtualdisk", "heal", FIRST)
        return
    with pytest.raises(CommandError) as caught:
        run("virtualdisk", *words)
    assert caught.value.returncode == 1


def test_unknown_faults_are_refused(house):
    with pytest.raises(ControlError, match="no such fault"):
        ask_control(house.serving.control_path, {"do": "fault", "serial": FIRST, "switches": {"explode": True}})


def test_without_a_serving_process_the_command_says_how_to_start_it(settings, tmp_path):
    settings.CARDHOST_SOCKET = str(tmp_path / "run" / "cardhost.sock")
    with pytest.raises(CommandError, match="virtualdisk serve"):
        run("virtualdisk", "list")
    with pytest.raises(CommandError, match="cardhost run"):
        run("cardhost", "status")


def test_status_is_told_to_machines_in_either_form(house):
    state = json.loads(run("cardhost", "status", "--json"))
    assert {each["serial"] for each in state["readers"]} == {FIRST, SECOND}
    other = json.loads(run("cardhost", "--status", "--json"))
    assert [each["reader"] for each in other["readers"]] == [each["reader"] for each in state["readers"]]


def test_without_an_act_the_command_says_which_there_are():
    with pytest.raises(CommandError, match="run, status or selftest"):
        run("cardhost")


def test_status_and_selftest_of_a_reader_out_of_use(house):
    assert SECOND in run("cardhost", "status")
    for _ in range(3):
        house.fault(FIRST, answer="one_byte", on="GET_STATUS")
        house.status(FIRST)
    with pytest.raises(CommandError) as caught:
        run("cardhost", "status")
    assert caught.value.returncode == 2
    assert "proved itself" in run("cardhost", "selftest", house.reader_of(FIRST)["reader"])
    assert "OUT OF USE" not in run("cardhost", "status")


@pytest.mark.pcsc
def test_a_card_service_left_by_a_killed_process_is_ended(tmp_path):
    left = PrivatePcscd(tmp_path / "pcscd", 2)
    left.start()
    fresh = PrivatePcscd(tmp_path / "pcscd", 2)
    fresh.start()
    try:
        assert left._process is not None
        left._process.wait(10)
        assert fresh.pid is not None
        os.kill(fresh.pid, 0)
    finally:
        fresh.stop()
