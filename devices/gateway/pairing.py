"""What the hall and a taxpayer's PC say to each other, and how each proves that it is itself.

The PC holds a key that never leaves it and a token that the hall gave it once, over the enrolment. Each request is
signed with the key over the digest of the token, a session that the hall opened and a number that only grows:
it can be neither forged, nor moved to another PC, nor repeated. Each answer carries a code made with the
digest of the token over the same session and number, so that nothing between the two can change it. No clock of
the PC is used. Every message names the version of this protocol; unknown fields are passed over.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from devices.gateway.wire import WireError
from devices.protocol.errors import ProtocolError
from devices.protocol.profiles import PrivateKey, PublicKey

# The version spoken here; the hall also takes the one before it, once there is one.
PROTOCOL = 1
ALGORITHM = "intl"
REQUEST_LABEL, ANSWER_LABEL, ENROL_LABEL = "taxhall/agent-request/1", "taxhall/agent-answer/1", "taxhall/agent-enrol/1"
AGENT_HEADER, PROOF_HEADER, ANSWER_HEADER = "X-Agent", "X-Agent-Proof", "X-Agent-Answer"
LONGEST_BODY = 1024 * 1024
# Crockford's letters: none can be taken for another when a code is read aloud. 50 bits.
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret  (an alphabet)
CODE_LENGTH = 10
TOKEN_BYTES = 32


class NotTheHallError(Exception):
    """An answer that the hall did not make, or not to this question."""


def accepted_protocols(newest: int = PROTOCOL) -> tuple[int, ...]:
    """Return the versions that the hall takes: its own and the one before (N and N-1)."""
    return tuple(version for version in (newest, newest - 1) if version > 0)


def make_code() -> str:
    """Return a one-time code as people read it: two groups of five."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def plain_code(text: str) -> str:
    """Return a typed code in its one form: hyphens and blanks go, look-alikes become what they stand for."""
    kept = "".join(letter for letter in text.upper() if letter.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def make_token() -> str:
    """Return a new token, as text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).decode().rstrip("=")


def token_digest(token: str) -> str:
    """Return what the hall keeps of a token, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


# ---- proofs ----


@dataclass(frozen=True)
class Proof:
    """Which request this is, of which session of which PC; `sequence` only grows within a session."""

    agent: str
    session: str
    sequence: int
    endpoint: str
    signature: str = ""

    def to_header(self) -> str:
        """Return the header of a signed request."""
        return f"{self.session or '-'} {self.sequence} {self.signature}"

    @classmethod
    def from_headers(cls, agent: str, text: str, endpoint: str) -> Proof:
        """Read the two headers. Raises: WireError."""
        try:
            session, sequence, signature = text.split(" ")
            return cls(agent, session.removeprefix("-"), int(sequence), endpoint, signature)
        except ValueError as error:
            raise WireError("not the proof of a request") from error


def sign_request(key: PrivateKey, digest: str, proof: Proof, body: bytes) -> Proof:
    """Return the proof with its signature; `digest` is that of the token."""
    return replace(proof, signature=key.sign(_request_bytes(digest, proof, body)).hex())


def check_request(key: PublicKey, digest: str, proof: Proof, body: bytes) -> bool:
    """Say whether the holder of the key and the token made this request."""
    try:
        key.verify(bytes.fromhex(proof.signature), _request_bytes(digest, proof, body))
    except (ProtocolError, ValueError):
        return False
    return True


def answer_code(digest: str, proof: Proof, status: int, body: bytes) -> str:
    """Return the code of an answer, in hex."""
    words = (ANSWER_LABEL, *_named(proof), str(status), _digest(body))
    return hmac.new(bytes.fromhex(digest), "\n".join(words).encode(), hashlib.sha256).hexdigest()


def check_answer(digest: str, proof: Proof, status: int, body: bytes, code: str) -> None:
    """Let only the hall's own answer to this very request go on. Raises: NotTheHallError."""
    if not hmac.compare_digest(answer_code(digest, proof, status, body).encode(), code.encode()):
        raise NotTheHallError(f"the answer to {proof.endpoint} was not made by the hall")


def enrol_bytes(code: str, spki: bytes) -> bytes:
    """Return what a new key signs to show that whoever types the code holds it."""
    return "\n".join((ENROL_LABEL, plain_code(code), _digest(spki))).encode()


def _request_bytes(digest: str, proof: Proof, body: bytes) -> bytes:
    return "\n".join((REQUEST_LABEL, *_named(proof), digest, _digest(body))).encode()


def _named(proof: Proof) -> tuple[str, ...]:
    return (proof.agent, proof.session, str(proof.sequence), proof.endpoint)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# ---- messages ----


@dataclass(frozen=True)
class Note:
    """A message: JSON values in named fields."""

    @classmethod
    def read(cls, data: Any) -> Self:
        """Build the message from JSON; fields it does not know are passed over. Raises: WireError."""
        if not isinstance(data, dict):
            raise WireError(f"not a {cls.__name__}")
        values = {each.name: data[each.name] for each in fields(cls) if each.name in data}
        wrong = [each.name for each in fields(cls) if each.name in values and not _fits(each.type, values[each.name])]
        try:
            message = cls(**values)
        except TypeError as error:
            raise WireError(f"not a {cls.__name__}: {error}") from error
        if wrong:
            raise WireError(f"not a {cls.__name__}: {', '.join(wrong)}")
        return message

    def to_json(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        return asdict(self)


_KINDS: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "list": list,
    "dict": dict,
}


def _fits(annotation: Any, value: Any) -> bool:
    kind = str(annotation).partition("[")[0]
    return isinstance(value, _KINDS[kind]) and (kind == "bool" or not isinstance(value, bool))


@dataclass(frozen=True)
class Enrolment(Note):
    """A PC asks to be let in with the code that a person was shown."""

    code: str
    public_key: str
    signature: str
    name: str
    platform: str = ""
    version: str = ""
    protocol: int = 0


@dataclass(frozen=True)
class Welcome(Note):
    """The hall lets a PC in; the token is said this once."""

    agent: str
    token: str
    taxpayer_number: str
    taxpayer_name: str
    device_ca: str = ""
    protocol: int = PROTOCOL


@dataclass(frozen=True)
class Opening(Note):
    """A PC begins a session; the number of the proof is that of the session."""

    version: str = ""
    platform: str = ""
    protocol: int = 0


@dataclass(frozen=True)
class Opened(Note):
    """The session that all further requests name; a revoked PC may only report what it already did."""

    session: str
    server_time: str
    taxpayer_name: str = ""
    is_revoked: bool = False
    newest_version: str = ""
    protocol: int = PROTOCOL


@dataclass(frozen=True)
class Claim(Note):
    """A disk that a PC says it has; `hold` is the number the hall gave for an earlier proof."""

    serial: str
    reader: str = ""
    hold: int = 0
    is_unlocked: bool = False
    note: str = ""


@dataclass(frozen=True)
class Poll(Note):
    """What a PC has, what it proves, what it is busy with."""

    disks: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[dict[str, Any]] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    unreported: int = 0
    protocol: int = 0


@dataclass(frozen=True)
class Told(Note):
    """What the hall wants: disks to be proved, work to be done, and when to ask again."""

    server_time: str
    again_in: float
    challenges: list[dict[str, Any]] = field(default_factory=list)
    holds: dict[str, int] = field(default_factory=dict)
    work: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0
    newest_version: str = ""
    protocol: int = PROTOCOL


@dataclass(frozen=True)
class Work(Note):
    """One visit to one disk; a changing step may be sent only within so many seconds from the asking on."""

    visit: str
    fencing: int
    request: dict[str, Any]
    send_within: float


@dataclass(frozen=True)
class Report(Note):
    """What came of a visit; the request comes along, for a hall that no longer knows it."""

    visit: str
    fencing: int
    request: dict[str, Any]
    answer: dict[str, Any]
    is_recovered: bool = False
    protocol: int = 0


@dataclass(frozen=True)
class Taken(Note):
    """The hall holds the report; the PC may forget it."""

    visit: str
    outcome: str
    protocol: int = PROTOCOL


@dataclass(frozen=True)
class Refusal(Note):
    """The hall says no, in words; `last` is its number of the session, `protocols` what it speaks."""

    code: str
    message: str = ""
    next_step: str = ""
    last: int = 0
    protocols: list[int] = field(default_factory=list)
