"""Sign a policy bundle, as whoever issues it does; for tests and for sites that set their own values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.management.base import BaseCommand, CommandError, CommandParser

from filing import bundle_signature
from filing.errors import BundleRefusedError
from filing.rules.bundle import read_bundle


class Command(BaseCommand):
    """Needs no database; the private key stays with the issuer, the hall holds the public part only."""

    help = (
        "Write FILE.sig, the signature of a policy bundle by an Ed25519 key. With --new-key the key is made first: "
        "KEY (mode 0600) and KEY.pub, which the hall reads at HALL_POLICY_PUBLIC_KEY_FILE."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and the key."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--key", type=Path, required=True, help="the issuer's private key, PEM")
        parser.add_argument("--new-key", action="store_true", help="make the key; refused where one is")

    def handle(self, *_args: Any, file: Path, key: Path, new_key: bool, **_options: Any) -> None:
        """Sign one file. Raises: CommandError."""
        try:
            text = file.read_bytes()
            bundle = read_bundle(text)
            private = _make_key(key) if new_key else bundle_signature.load_private_key(key)
            target = file.with_name(f"{file.name}.sig")
            target.write_text(bundle_signature.sign(text, private))
        except OSError as error:
            words = "check the file, its folder and your permissions"
            raise CommandError(f"filing.bundle_file: {error.filename}: {error.strerror}; {words}") from error
        except BundleRefusedError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        except bundle_signature.BundleKeyError as error:
            raise CommandError(f"filing.bundle_key: {error}; name a PEM file, or make it by --new-key") from error
        signer = bundle_signature.key_id(private.public_key())
        self.stdout.write(f"version {bundle.version} signed by key {signer}: {target}")


def _make_key(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path.with_name(f"{path.name}.pub").write_bytes(public)
    return key
