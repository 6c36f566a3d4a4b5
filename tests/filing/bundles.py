"""Policy bundles for tests: rows, the issuer's key that the hall trusts, what loads and previews them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_django.fixtures import Settings

from filing import bundle_signature, reference, services
from filing.models import PolicyRule

KEY = Ed25519PrivateKey.generate()
BASIS = "财政部 税务总局公告2027年第1号"
THRESHOLD_ENDS = {
    "code": "small_scale.threshold", "key": "monthly", "value": "100000", "valid_from": "2026-01-01",
    "valid_to": "2026-12-31", "basis": reference.POLICIES[15][5],
}  # fmt: skip
NEW_THRESHOLD = {
    "code": "small_scale.threshold", "key": "monthly", "value": "120000", "valid_from": "2027-01-01", "basis": BASIS,
}  # fmt: skip
# The reduced levy becomes 2% within a period that is open.
LEVY_ENDS = {
    "code": "small_scale.reduced_levy", "key": "3", "value": "0.01", "valid_from": "2026-01-01",
    "valid_to": "2026-09-30", "basis": BASIS,
}  # fmt: skip
NEW_LEVY = {
    "code": "small_scale.reduced_levy", "key": "3", "value": "0.02", "valid_from": "2026-10-01", "basis": BASIS,
}  # fmt: skip
LOOSER = {"rule_code": "X1", "amount": "2.00", "valid_from": "2027-01-01", "source": "陕税函〔2027〕1号"}


@pytest.fixture(autouse=True)
def issuer(tmp_path: Path, settings: Settings) -> None:
    """Have the hall trust one key."""
    file = tmp_path / "policy-public.pem"
    file.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    settings.POLICY_PUBLIC_KEY_FILE = str(file)


def bundle(*policies: dict[str, str], version: int = 1, **changes: Any) -> bytes:
    whole = {
        "format": "taxhall-policy/1", "version": version, "title": "小规模纳税人起征点调整", "issued_on": "2026-11-01",
        "policies": list(policies), **changes,
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False).encode()


def load(text: bytes, *, key: Ed25519PrivateKey = KEY) -> services.LoadedBundle:
    return services.load_bundle(text=text, signature=bundle_signature.sign(text, key).encode(), loaded_by="root")


def preview(text: bytes) -> services.BundleEffects | None:
    return services.preview_bundle(text=text, signature=bundle_signature.sign(text, KEY).encode())


def threshold_on(day: date) -> Decimal:
    rows = PolicyRule.objects.filter(code="small_scale.threshold", key="monthly", valid_from__lte=day)
    return rows.latest("valid_from").value
