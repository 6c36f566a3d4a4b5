"""Command and answer APDUs: the seven cases, and nothing that is not one of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocol.apdu import EXTENDED_LE, MAX_ANSWER, AnswerApdu, CommandApdu
from devices.protocol.errors import ApduError

byte = st.integers(0, 255)


@given(st.tuples(byte, byte, byte, byte), st.binary(max_size=600), st.none() | st.integers(1, EXTENDED_LE))
def test_a_command_reads_back(header: tuple[int, int, int, int], data: bytes, le: int | None) -> None:
    command = CommandApdu(*header, data, le)
    assert CommandApdu.from_bytes(command.to_bytes()) == command


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    try:
        CommandApdu.from_bytes(data)
    except ApduError:
        return


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (CommandApdu(0, 0xA4, 4, 0), "00a40400"),  # case 1
        (CommandApdu(0, 0xC0, 0, 0, b"", 256), "00c0000000"),  # case 2 short
        (CommandApdu(0, 0x20, 0, 0x81, b"12"), "00200081023132"),  # case 3 short
        (CommandApdu(0, 0xA4, 4, 0, b"\xf0", 256), "00a4040001f000"),  # case 4 short
        (CommandApdu(0x80, 0x12, 0, 0, b"", EXTENDED_LE), "80120000000000"),  # case 2 extended
        (CommandApdu(0x80, 0x16, 0, 0, b"\x01", EXTENDED_LE), "8016000000000101" + "0000"),  # case 4 extended
    ],
)
def test_the_bytes_are_those_of_the_standard(command: CommandApdu, expected: str) -> None:
    assert command.to_bytes().hex() == expected


@pytest.mark.parametrize("data", ["", "00a404", "00a4040002f0", "00a4040001f00000", "00a40400000000aa", "00a404000000"])
def test_impossible_commands_are_refused(data: str) -> None:
    with pytest.raises(ApduError):
        CommandApdu.from_bytes(bytes.fromhex(data))


def test_a_command_too_long_for_one_exchange_is_not_made() -> None:
    assert len(CommandApdu(0, 0, 0, 0, bytes(65_526), EXTENDED_LE).to_bytes()) == 65_535
    with pytest.raises(ApduError):
        CommandApdu(0, 0, 0, 0, bytes(65_527), EXTENDED_LE).to_bytes()


@pytest.mark.parametrize("answer", ["", "90", "0102", "ff9000ff", "a000"])
def test_answers_without_a_status_word_are_refused(answer: str) -> None:
    with pytest.raises(ApduError):
        AnswerApdu.from_bytes(bytes.fromhex(answer))


def test_an_answer_reads_back_up_to_the_largest() -> None:
    largest = AnswerApdu(bytes(MAX_ANSWER - 2), 0x9000)
    assert AnswerApdu.from_bytes(largest.to_bytes()) == largest
    with pytest.raises(ApduError):
        AnswerApdu(bytes(MAX_ANSWER - 1), 0x9000).to_bytes()
    with pytest.raises(ApduError):
        AnswerApdu.from_bytes(bytes(MAX_ANSWER) + b"\x90\x00")
