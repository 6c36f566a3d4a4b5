"""Whatever bytes come, the disk answers with a status word, stays up, and changes only by a right command."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.protocol.apdu import EXTENDED_LE, CommandApdu
from devices.protocol.commands import CHANGING_WITH_ANSWER, Ins, class_of
from devices.protocol.constants import APPLET_ID
from devices.protocol.status_words import SW, is_success, meaning_of
from tests.devices.disks import PIN, Bench, make_order
from tests.devices.virtual.refusals import memory_of

QUICK = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def ready() -> Iterator[Bench]:
    """A reported disk that waits for a token, selected and open."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench.build(Path(folder))
        bench.issue()
        bench.report_october()
        bench.begin()
        yield bench
        bench.disk.close()


def opened(bench: Bench) -> Bench:
    bench.disk.reset()
    for command in (
        CommandApdu(0, Ins.SELECT, 4, 0, APPLET_ID, 256),
        CommandApdu(0, Ins.VERIFY_PIN, 0, 0x81, PIN.encode()),
    ):
        assert bench.disk.process(command.to_bytes())[-2:] == b"\x90\x00"
    return bench


def word_of(answer: bytes) -> int:
    assert len(answer) >= 2
    return int.from_bytes(answer[-2:], "big")


@given(apdu=st.binary(max_size=120))
@QUICK
def test_random_bytes_get_a_status_word_of_the_protocol(ready: Bench, apdu: bytes) -> None:
    word = word_of(opened(ready).disk.process(apdu))
    assert is_success(word) or meaning_of(word) is not None


READ_ONLY = sorted(set(Ins) - {Ins.VERIFY_PIN, Ins.CHANGE_PIN, Ins.ABORT_CLEAR})


@given(ins=st.sampled_from(READ_ONLY), p1=st.integers(0, 255), data=st.binary(max_size=400))
@QUICK
def test_random_data_in_every_command_change_nothing(ready: Bench, ins: Ins, p1: int, data: bytes) -> None:
    before = memory_of(opened(ready))
    answer = ready.disk.process(CommandApdu(class_of(ins), ins, p1, 0, data, EXTENDED_LE).to_bytes())
    word = word_of(answer)
    assert is_success(word) or meaning_of(word) is not None
    assert memory_of(ready) == before


@given(position=st.integers(0, 10_000), value=st.integers(0, 255))
@QUICK
def test_an_order_with_one_byte_changed_is_refused_or_is_another_order(ready: Bench, position: int, value: int) -> None:
    order = bytearray(make_order(ready.clock).to_bytes())
    order[position % len(order)] = value
    command = CommandApdu(0x80, Ins.ISSUE_INVOICE, 0, 0, bytes(order), EXTENDED_LE)
    word = word_of(opened(ready).disk.process(command.to_bytes()))
    assert is_success(word) or meaning_of(word) is not None


@pytest.mark.parametrize("ins", sorted(CHANGING_WITH_ANSWER))
@pytest.mark.parametrize("le", [None, 10, 256])
def test_a_command_that_could_not_answer_does_not_act(ready: Bench, ins: Ins, le: int | None) -> None:
    data = make_order(ready.clock).to_bytes() if ins == Ins.ISSUE_INVOICE else b""
    before = memory_of(opened(ready))
    assert word_of(ready.disk.process(CommandApdu(class_of(ins), ins, 0, 0, data, le).to_bytes())) == SW.WRONG_LENGTH
    assert memory_of(ready) == before


@pytest.mark.parametrize(
    ("apdu", "word"),
    [
        ("80fe0000", SW.INS_UNKNOWN),
        ("00100000", SW.CLA_UNKNOWN),
        ("80a40400", SW.CLA_UNKNOWN),
        ("00a4000009f054415848414c4c0100", SW.WRONG_PARAMETERS),
        ("00a4040003f0544100", SW.NOT_FOUND),
        ("8010", SW.WRONG_LENGTH),
        ("", SW.WRONG_LENGTH),
    ],
)
def test_commands_outside_the_protocol_have_their_words(ready: Bench, apdu: str, word: int) -> None:
    assert word_of(opened(ready).disk.process(bytes.fromhex(apdu))) == word


def test_before_it_is_selected_the_disk_answers_nothing_else(ready: Bench) -> None:
    ready.disk.reset()
    for ins in set(Ins) - {Ins.SELECT}:
        command = CommandApdu(class_of(ins), ins, 0, 0, b"", EXTENDED_LE)
        assert word_of(ready.disk.process(command.to_bytes())) == SW.NOT_SELECTED
