"""Operators' commands that read files: whatever stands in a file, they say in words what is wrong, and end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import Membership
from filing import bundle_signature
from filing.models import PolicyBundle
from invoicing.models import Invoice, TaxCode
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.django_db
KEY = Ed25519PrivateKey.generate()
POLICY = {
    "code": "small_scale.reduced_levy", "key": "3", "value": "0.02", "valid_from": "2028-01-01", "basis": "公告",
}  # fmt: skip
BUNDLE = json.dumps(
    {"format": "taxhall-policy/1", "version": 1, "title": "征收率", "issued_on": "2026-11-01", "policies": [POLICY]},
    ensure_ascii=False,
).encode()
SIGNATURE = bundle_signature.sign(BUNDLE, KEY).encode()
MALFORMED = {
    "empty": b"",
    "binary": bytes(range(256)) * 8,
    "nul": b"\0" * 100,
    "deep list": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "deep in a short line": b"[" * 4_000,
    "utf-16": SIGNATURE.decode().encode("utf-16"),
    "utf-16 table": "编码,名称\n3040201000000000000,软件\n".encode("utf-16"),
    "cut off": SIGNATURE[: len(SIGNATURE) // 2],
    "number": b"1" * 5_000,
    "text": b'"algorithm"',
    "half a character": b'{"algorithm": "\\ud800", "key_id": 1, "signature": "\xe5"}',
    "long field": "编码,名称\n".encode() + b"1" * 200_000 + b"\n",
    "open quote": '编码,名称\n"'.encode() + b"a,\n" * 100_000,
    "zip": b"PK\x03\x04" + b"\0" * 200,
    "old workbook": bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600,
}
each_malformed = pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())


@pytest.fixture
def file(tmp_path: Path, settings: Settings) -> Path:
    """Return a good bundle, signed by the key that the hall trusts."""
    public = tmp_path / "policy-public.pem"
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    settings.POLICY_PUBLIC_KEY_FILE = str(public)
    found = tmp_path / "bundle.json"
    found.write_bytes(BUNDLE)
    (tmp_path / "bundle.json.sig").write_bytes(SIGNATURE)
    return found


@each_malformed
def test_a_signature_that_is_none_is_told_with_code_and_what_to_do(file: Path, content: bytes) -> None:
    file.with_name("bundle.json.sig").write_bytes(content)
    with pytest.raises(CommandError, match=r"filing\.bundle_refused: .*签名不成立.*请"):
        call_command("load_policy", str(file))
    assert not PolicyBundle.objects.exists()


@each_malformed
def test_a_bundle_that_is_none_is_told_though_it_is_signed(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.with_name("bundle.json.sig").write_bytes(bundle_signature.sign(content, KEY).encode())
    for command in (["load_policy", str(file)], ["load_policy", str(file), "--preview"]):
        with pytest.raises(CommandError, match=r"filing\.bundle_refused: .*不能读入.*请"):
            call_command(*command)
    assert not PolicyBundle.objects.exists()


@pytest.mark.parametrize("change", [{"title": "a\0b"}, {"title": "\ud800"}, {"version": 2**31}, {"issued_on": "\0"}])
def test_what_no_database_stores_is_refused_before(file: Path, change: dict[str, object]) -> None:
    text = json.dumps({**json.loads(BUNDLE), **change}).encode()
    file.write_bytes(text)
    file.with_name("bundle.json.sig").write_bytes(bundle_signature.sign(text, KEY).encode())
    with pytest.raises(CommandError, match="不能读入"):
        call_command("load_policy", str(file))


def other_key() -> bytes:
    """Return a key that is none of ours."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("content", [*MALFORMED.values(), other_key()], ids=[*MALFORMED.keys(), "other kind"])
def test_a_key_that_is_none_is_told(file: Path, settings: Settings, content: bytes) -> None:
    file.with_name("key.pem").write_bytes(content)
    with pytest.raises(CommandError, match=r"filing\.bundle_key: .*--new-key"):
        call_command("sign_policy", str(file), "--key", str(file.with_name("key.pem")))
    settings.POLICY_PUBLIC_KEY_FILE = str(file.with_name("key.pem"))
    with pytest.raises(CommandError, match=r"filing\.bundle_key: .*HALL_POLICY_PUBLIC_KEY_FILE"):
        call_command("load_policy", str(file))


@each_malformed
def test_a_bundle_that_is_none_is_not_signed(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(CommandError, match=r"filing\.bundle_refused: "):
        call_command("sign_policy", str(file), "--key", str(file.with_name("new.pem")), "--new-key")


@each_malformed
def test_a_classification_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "codes.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=r"basics\.tax_codes_\w+: "):
        call_command("load_tax_codes", str(file))
    assert not TaxCode.objects.exists()


@pytest.fixture
def backup(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a backup is looked for, with the hall's key and a passphrase on standard input."""
    public = tmp_path / "archive-public.pem"
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    settings.ARCHIVE_PUBLIC_KEY_FILE = str(public)
    monkeypatch.setattr("sys.stdin", io.StringIO("口令\n"))
    return tmp_path / "backup.bak"


@each_malformed
def test_a_backup_that_is_none_is_told(backup: Path, content: bytes) -> None:
    backup.write_bytes(content)
    with pytest.raises(CommandError, match=r"invoice\.backup_refused: .*不是大厅的发票备份"):
        call_command("verify_backup", str(backup))


@pytest.mark.parametrize("content", [*MALFORMED.values(), None], ids=[*MALFORMED.keys(), "not there"])
def test_a_hall_key_that_is_none_is_told(backup: Path, settings: Settings, content: bytes | None) -> None:
    backup.write_bytes(b"{}\n")
    settings.ARCHIVE_PUBLIC_KEY_FILE = str(backup.with_name("other.pem"))
    if content is not None:
        backup.with_name("other.pem").write_bytes(content)
    with pytest.raises(CommandError, match=r"invoice\.archive_key: .*HALL_ARCHIVE_PUBLIC_KEY_FILE"):
        call_command("verify_backup", str(backup))


def test_a_passphrase_of_another_encoding_is_told(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup.write_bytes(b"{}\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("口令".encode("gbk")), encoding="utf-8"))
    with pytest.raises(CommandError, match="UTF-8"):
        call_command("verify_backup", str(backup))


@pytest.fixture
def take_in(tmp_path: Path) -> Callable[[str, bytes], None]:
    """Return a function that imports a file for a company with one disk."""
    member: Membership = MembershipFactory(issuer=True)
    DeviceFactory(taxpayer=member.taxpayer)

    def done(ending: str, content: bytes) -> None:
        file = tmp_path / f"invoices.{ending}"
        file.write_bytes(content)
        call_command(
            "import_invoices", str(file), "--taxpayer", member.taxpayer.number, "--actor", member.user.username
        )

    return done


@pytest.mark.parametrize("ending", ["csv", "xlsx", "xls", "xml"])
@each_malformed
def test_a_file_of_invoices_that_is_none_is_told(
    take_in: Callable[[str, bytes], None], ending: str, content: bytes
) -> None:
    with pytest.raises(CommandError, match=r"import\.\w+: "):
        take_in(ending, content)
    assert not Invoice.objects.exists()


@pytest.mark.usefixtures("backup")
@pytest.mark.parametrize("command", ["load_policy", "load_tax_codes", "verify_backup"])
def test_a_folder_is_no_file(command: str, file: Path) -> None:
    with pytest.raises(CommandError, match="directory"):
        call_command(command, str(file.parent))
