"""The device CA and the X.509 certificates it gives to disks at first issue (初始发行), under either profile.

The library reads and lays out every certificate but knows no SM2, so keys and signatures go through
x509_parts.py and the profile, the same way for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

from devices.protocol import profiles
from devices.protocol.errors import CertificateInvalidError, ProtocolError
from devices.protocol.profiles import PrivateKey, PublicKey
from devices.protocol.x509_parts import CertificateParts, reseal

# Names the algorithm profile of the key; an OID under 2.25 (a UUID), free for anyone to make.
PROFILE_OID = ObjectIdentifier("2.25.187265350420894623711573430217943027104")
# What the library raises for bytes that are not such a certificate.
_UNREADABLE = (
    ValueError,
    ProtocolError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
)
_BACKDATE = timedelta(minutes=5)  # clocks of hall and disk differ a little


@dataclass(frozen=True)
class DiskCertificate:
    """What a certificate says of a disk."""

    der: bytes
    serial: str
    taxpayer_number: str
    taxpayer_name: str
    algorithm: str
    public_key: PublicKey
    not_before: datetime
    not_after: datetime

    @classmethod
    def load(cls, der: bytes) -> DiskCertificate:
        """Read a certificate without judging it. Raises: CertificateInvalidError."""
        return _load(der)

    @property
    def pem(self) -> str:
        """The certificate as PEM text."""
        return x509.load_der_x509_certificate(self.der).public_bytes(serialization.Encoding.PEM).decode()

    @classmethod
    def from_pem(cls, pem: str) -> DiskCertificate:
        """Read PEM text. Raises: CertificateInvalidError."""
        return _load(_der_of(pem))


@lru_cache(maxsize=1024)
def _der_of(pem: str) -> bytes:
    """Return the certificate's own bytes; every look at a disk asks for those of the same text."""
    try:
        return x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)
    except ValueError as error:
        raise CertificateInvalidError("not a certificate") from error


@dataclass(frozen=True)
class TrustAnchor:
    """The device CA certificates that the hall believes, several while one is being replaced."""

    authorities: tuple[bytes, ...]  # DER

    @classmethod
    def from_pem(cls, pem: str) -> TrustAnchor:
        """Read one or more PEM certificates. Raises: ValueError."""
        found = x509.load_pem_x509_certificates(pem.encode())
        return cls(tuple(item.public_bytes(serialization.Encoding.DER) for item in found))

    def verify(self, der: bytes, *, at: datetime) -> DiskCertificate:
        """Return what the certificate says, if a trusted CA issued it and it is valid at the time.

        Raises: CertificateInvalidError.
        """
        disk = DiskCertificate.load(der)
        if not disk.not_before - _BACKDATE <= at <= disk.not_after:
            raise CertificateInvalidError("the disk's certificate is not valid at this time")
        if not any(_issued_by(disk, authority, at) for authority in self.authorities):
            raise CertificateInvalidError("the disk's certificate is not from a trusted device CA")
        return disk


class DeviceAuthority:
    """The device CA: a key and its own certificate. It certifies keys of its own profile alone."""

    def __init__(self, *, key_pem: bytes, certificate_pem: bytes, algorithm: str = "intl") -> None:
        """Take the CA's key, and its certificate out of one or more. Raises: CertificateInvalidError, ValueError."""
        self._key = PrivateKey.from_pem(algorithm, key_pem)
        self._der = _certificate_of(self._key, certificate_pem)

    @property
    def anchor(self) -> TrustAnchor:
        """What verifiers need of this CA."""
        return TrustAnchor((self._der,))

    @classmethod
    def create(cls, *, name: str, now: datetime, years: int = 20, algorithm: str = "intl") -> tuple[bytes, bytes]:
        """Make a new CA; return its key and certificate as PEM."""
        key_pem = profiles.get(algorithm).private_pem(profiles.get(algorithm).generate())
        key = PrivateKey.from_pem(algorithm, key_pem)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            _builder(subject, subject, now, timedelta(days=365 * years))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
        )
        certificate = x509.load_der_x509_certificate(_signed(builder, key.public_key, key))
        return key_pem, certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        *,
        public_key: PublicKey,
        serial: str,
        taxpayer_number: str,
        taxpayer_name: str,
        now: datetime,
        days: int = 365 * 5,
    ) -> bytes:
        """Return the certificate (DER) of a disk whose key was just made.

        Raises: CertificateInvalidError for a key of another profile.
        """
        if public_key.algorithm != self._key.algorithm:
            raise CertificateInvalidError(f"this CA certifies keys of the profile {self._key.algorithm}")
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.SERIAL_NUMBER, serial),
                x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, taxpayer_number),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, taxpayer_name),
            ]
        )
        issuer = x509.load_der_x509_certificate(self._der).subject
        profile = x509.UnrecognizedExtension(PROFILE_OID, _utf8(public_key.algorithm))
        builder = (
            _builder(subject, issuer, now, timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(profile, critical=False)
        )
        return _signed(builder, public_key, self._key)


def _certificate_of(key: PrivateKey, pem: bytes) -> bytes:
    for certificate in x509.load_pem_x509_certificates(pem):
        der = certificate.public_bytes(serialization.Encoding.DER)
        if CertificateParts.read(der).spki == key.public_key.spki:
            return der
    raise CertificateInvalidError("no certificate of this CA key")


def _signed(builder: x509.CertificateBuilder, public_key: PublicKey, issuer_key: PrivateKey) -> bytes:
    """Return the certificate (DER). The library builds it around a key it knows, which is then replaced."""
    stand_in = ec.generate_private_key(ec.SECP256R1())
    draft = builder.public_key(stand_in.public_key()).sign(stand_in, hashes.SHA256())
    return reseal(
        draft.public_bytes(serialization.Encoding.DER),
        spki=public_key.spki,
        algorithm=profiles.get(issuer_key.algorithm).certificate_algorithm,
        sign=issuer_key.sign,
    )


def _builder(subject: x509.Name, issuer: x509.Name, now: datetime, life: timedelta) -> x509.CertificateBuilder:
    start = now.astimezone(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _BACKDATE)
        .not_valid_after(start + life)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _utf8(text: str) -> bytes:
    data = text.encode("ascii")
    return bytes((0x0C, len(data))) + data


@lru_cache(maxsize=256)
def _load(der: bytes) -> DiskCertificate:
    try:
        certificate, parts = x509.load_der_x509_certificate(der), CertificateParts.read(der)
        algorithm = _profile_of(certificate)
        profile = profiles.get(algorithm)
        profile.load_public(parts.spki)
        if parts.algorithm != profile.certificate_algorithm:
            raise CertificateInvalidError("signed by another algorithm than that of its profile")
        return DiskCertificate(
            der=der,
            serial=_subject(certificate, NameOID.SERIAL_NUMBER),
            taxpayer_number=_subject(certificate, NameOID.ORGANIZATION_IDENTIFIER),
            taxpayer_name=_subject(certificate, NameOID.ORGANIZATION_NAME),
            algorithm=algorithm,
            public_key=PublicKey(algorithm, parts.spki),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )
    except _UNREADABLE as error:
        raise CertificateInvalidError(f"not a disk certificate: {error}") from error


def _profile_of(certificate: x509.Certificate) -> str:
    extension = certificate.extensions.get_extension_for_oid(PROFILE_OID).value
    if not isinstance(extension, x509.UnrecognizedExtension) or extension.value[:1] != b"\x0c":
        raise CertificateInvalidError("no algorithm profile in the certificate")
    return extension.value[2:].decode("ascii")


def _subject(certificate: x509.Certificate, oid: ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    if len(found) != 1:
        raise CertificateInvalidError(f"subject lacks {oid.dotted_string}")
    return str(found[0].value)


def _issued_by(disk: DiskCertificate, authority_der: bytes, at: datetime) -> bool:
    """Say whether that CA, under the profile of the disk, signed the certificate and may at the time."""
    certificate, authority = x509.load_der_x509_certificate(disk.der), x509.load_der_x509_certificate(authority_der)
    try:
        parts = CertificateParts.read(disk.der)
        key = PublicKey(disk.algorithm, CertificateParts.read(authority_der).spki)
        key.verify(parts.signature, parts.signed)
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ProtocolError, x509.ExtensionNotFound):
        return False
    is_valid = authority.not_valid_before_utc - _BACKDATE <= at <= authority.not_valid_after_utc
    return certificate.issuer == authority.subject and constraints.ca and is_valid
