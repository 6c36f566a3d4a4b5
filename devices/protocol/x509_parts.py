"""The parts of an X.509 certificate that a library without SM2 can neither read nor make.

A certificate is DER, which is what tlv.py reads and writes; only its outermost layers are opened here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from devices.protocol import tlv
from devices.protocol.errors import MessageError

SEQUENCE, BIT_STRING = 0x30, 0x03
# The elements of a TBSCertificate of version 3 (RFC 5280): version, serial number, signature algorithm, issuer,
# validity, subject, public key, extensions.
_TBS_TAGS = [0xA0, 0x02, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, 0xA3]
_ALGORITHM, _PUBLIC_KEY = 2, 6


@dataclass(frozen=True)
class CertificateParts:
    """What is signed, by which algorithm, the key it is about, and the signature."""

    signed: bytes
    algorithm: bytes  # the object identifier in DER
    spki: bytes
    signature: bytes  # r and s, 32 bytes each

    @classmethod
    def read(cls, der: bytes) -> CertificateParts:
        """Take a certificate apart. Raises: MessageError, also when it names two signature algorithms."""
        body, algorithm, signature = _elements(_only(der), [SEQUENCE, SEQUENCE, BIT_STRING])
        inner = _elements(body, _TBS_TAGS)
        if inner[_ALGORITHM] != algorithm:
            raise MessageError("the certificate names two signature algorithms")
        return cls(
            signed=tlv.encode(SEQUENCE, body),
            algorithm=algorithm,
            spki=tlv.encode(SEQUENCE, inner[_PUBLIC_KEY]),
            signature=_raw_signature(signature),
        )


def reseal(draft: bytes, *, spki: bytes, algorithm: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """Return a certificate about another key than the draft's, signed anew by another algorithm."""
    body, _, _ = _elements(_only(draft), [SEQUENCE, SEQUENCE, BIT_STRING])
    inner = _elements(body, _TBS_TAGS)
    inner[_ALGORITHM], inner[_PUBLIC_KEY] = algorithm, _only(spki)
    signed = tlv.encode(SEQUENCE, b"".join(map(tlv.encode, _TBS_TAGS, inner)))
    raw = sign(signed)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    signature = tlv.encode(BIT_STRING, b"\x00" + encode_dss_signature(r, s))
    return tlv.encode(SEQUENCE, signed + tlv.encode(SEQUENCE, algorithm) + signature)


def _only(der: bytes) -> bytes:
    return _elements(der, [SEQUENCE])[0]


def _elements(data: bytes, tags: list[int]) -> list[bytes]:
    found = tlv.decode_all(data)
    if [tag for tag, _ in found] != tags:
        raise MessageError("not a certificate of version 3")
    return [value for _, value in found]


def _raw_signature(bits: bytes) -> bytes:
    try:
        if bits[:1] != b"\x00":
            raise ValueError("a signature has whole bytes")
        r, s = decode_dss_signature(bits[1:])
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    except (ValueError, OverflowError) as error:
        raise MessageError("not a signature of two numbers") from error
