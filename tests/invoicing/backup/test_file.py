"""The file itself: sealed with a passphrase, whole or refused, signed by the hall."""

from __future__ import annotations

import io
import resource
import zipfile
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing import backup
from invoicing.backup.sealing import CHUNK_BYTES

PASSPHRASE = "correct horse battery"
FACTS = {"taxpayer": "91610113MA6TEKT0XE", "name": "西安示例", "period": "2026-10", "made_at": "2026-11-01T09:00:00"}
ROWS = [{"number": f"{n:08d}", "total": "101.00", "remark": "=1+1\n“引号”"} for n in range(3)]
KEY = Ed25519PrivateKey.generate()


def sealed(content: bytes) -> bytes:
    return b"".join(
        backup.seal(io.BytesIO(content), passphrase=PASSPHRASE, taxpayer="91", period="2026-10", made_at="now")
    )


def opened(content: bytes, passphrase: str = PASSPHRASE) -> bytes:
    target = io.BytesIO()
    backup.open_sealed(io.BytesIO(content), target, passphrase=passphrase)
    return target.getvalue()


def archive(rows: list[dict[str, str]] = ROWS, key: Ed25519PrivateKey = KEY) -> bytes:
    target = io.BytesIO()
    backup.write_archive(target, facts=FACTS, invoices=rows, certificates={"661": "PEM"}, key=key)
    return target.getvalue()


def read(content: bytes) -> backup.ArchiveContent:
    return backup.read_archive(io.BytesIO(content), key=KEY.public_key())


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_is_sealed_comes_back_equal(size):
    content = bytes(index % 251 for index in range(size))
    assert opened(sealed(content)) == content


def test_another_passphrase_opens_nothing():
    with pytest.raises(backup.WrongPassphraseError):
        opened(sealed(b"invoices"), "correct horse batterY")


@settings(deadline=None, max_examples=12)
@given(place=st.integers(min_value=0, max_value=10_000), bit=st.integers(min_value=0, max_value=7))
def test_one_changed_bit_is_noticed_wherever_it_is(place, bit):
    content = bytearray(sealed(b"invoices" * 100))
    content[place % len(content)] ^= 1 << bit
    with pytest.raises((backup.WrongPassphraseError, backup.NotABackupError)):
        opened(bytes(content))


@pytest.mark.parametrize("how", ["cut", "swapped", "doubled", "longer"])
def test_pieces_cannot_be_dropped_moved_or_added(how):
    whole = sealed(b"a" * (3 * CHUNK_BYTES))
    start = whole.index(b"\n") + 1
    size = CHUNK_BYTES + 16
    pieces = [whole[at : at + size] for at in range(start, len(whole), size)]
    changed = {
        "cut": pieces[:-1],
        "swapped": [pieces[1], pieces[0], *pieces[2:]],
        "doubled": [pieces[0], *pieces],
        "longer": [*pieces, b"more"],
    }[how]
    with pytest.raises(backup.WrongPassphraseError):
        opened(whole[:start] + b"".join(changed))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b'{"format":"taxhall-invoice-backup/1"}\n', b"x" * 100_000])
def test_another_file_is_told_apart(content):
    with pytest.raises(backup.NotABackupError):
        opened(content)


def test_a_file_cannot_ask_for_a_costly_key():
    line = backup.read_header(io.BytesIO(sealed(b""))).line
    with pytest.raises(backup.NotABackupError):
        opened(line.replace(b'"n":32768', b'"n":1073741824') + b"x" * 16)


def test_an_archive_says_what_was_put_in():
    content = read(archive())
    assert content.invoices == ROWS
    assert content.certificates == {"661": "PEM"}
    assert (content.manifest.count, Decimal(content.manifest.total)) == (3, Decimal("303.00"))


def test_another_key_vouches_for_nothing():
    with pytest.raises(backup.BackupBrokenError, match="not signed"):
        read(archive(key=Ed25519PrivateKey.generate()))


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "invoices.jsonl", "certificates/661.pem"])
@pytest.mark.parametrize("how", ["changed", "dropped"])
def test_a_changed_or_dropped_entry_is_refused(name, how):
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive())) as whole, zipfile.ZipFile(changed, "w") as target:
        for entry in whole.namelist():
            content = whole.read(entry)
            if entry != name:
                target.writestr(entry, content)
            elif how == "changed":
                target.writestr(entry, content.replace(b"1", b"2").replace(b"PEM", b"MEP")[:-1])
    with pytest.raises(backup.BackupBrokenError):
        read(changed.getvalue())


def with_invoices(lines: bytes) -> bytes:
    """Return an archive whose invoices were exchanged, compressed as ours are, under the hall's manifest."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive())) as whole, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in whole.namelist():
            target.writestr(entry, lines if entry == "invoices.jsonl" else whole.read(entry))
    return changed.getvalue()


@pytest.mark.parametrize("lines", [b"no json\n", b"\xff\n", b"[" * 100_000 + b"\n"])
def test_exchanged_invoices_are_refused_whatever_they_are(lines):
    with pytest.raises(backup.BackupBrokenError):
        read(with_invoices(lines))


def test_exchanged_invoices_are_not_taken_into_memory():
    bomb = with_invoices(b'{"a":{}}\n' * 3_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(backup.BackupBrokenError, match="changed"):
        read(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_an_entry_that_does_not_unpack_is_refused():
    content = bytearray(with_invoices(b"a" * 5000 + b"\n"))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as whole:
        start = whole.getinfo("invoices.jsonl").header_offset + 30 + len("invoices.jsonl")
    content[start : start + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(backup.BackupBrokenError):
        read(bytes(content))
