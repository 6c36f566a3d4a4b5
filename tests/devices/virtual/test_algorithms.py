"""One disk, one profile: whatever names or uses another algorithm is refused by its own word, and nothing moves."""

from __future__ import annotations

from collections.abc import Callable

import gmssl_pyx
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from devices.protocol import tlv
from devices.protocol.message import SignedMessage
from devices.protocol.messages import ClearToken
from devices.protocol.profiles import get
from devices.protocol.status_words import SW
from tests.devices.disks import CLEAR_KEY, OCTOBER, Bench, draft_token, make_ack, make_spec
from tests.devices.keys import OTHER, under
from tests.devices.virtual.refusals import refused


@pytest.fixture
def other(profile: str) -> str:
    """The profile that the disk does not have."""
    return OTHER[profile]


@pytest.fixture
def waiting(bench: Bench) -> Bench:
    """A disk that has asked to be cleared."""
    bench.issue()
    bench.report_october()
    return bench


def renamed(raw: bytes, algorithm: str, key_id: str) -> bytes:
    """Return signed bytes with another algorithm and key id in their heading."""
    label, _, _, *rest = tlv.decode_all(raw)
    heading = [label, (0x9F02, algorithm.encode()), (0x9F03, bytes.fromhex(key_id))]
    return b"".join(tlv.encode(tag, value) for tag, value in (*heading, *rest))


def refuses(bench: Bench, token: ClearToken, word: int, code: str = "disk.token_invalid") -> None:
    session = bench.session(pin=None)
    with refused(bench, code, word):
        session.apply_clear(token)


def test_everything_a_disk_says_names_its_profile_and_its_key(waiting: Bench, profile: str) -> None:
    session = waiting.session()
    version, key = session.select(), session.certificate().public_key
    identity = session.identity(key)
    session.verify_pin("246810")
    said: list[SignedMessage] = [session.status(), session.log(), session.signed(1), session.report("A", OCTOBER)]
    said.append(session.begin_clear("A", OCTOBER))
    said.append(session.apply_clear(draft_token(said[-1], waiting.clock).seal(CLEAR_KEY)))
    assert {(each.algorithm, each.key_id) for each in said} == {(profile, key.key_id)}
    assert (version.algorithm, identity.algorithm, identity.key_id) == (profile, profile, key.key_id)


def test_a_token_of_the_other_profile_is_refused(waiting: Bench, other: str) -> None:
    refuses(waiting, draft_token(waiting.begin(), waiting.clock).seal(CLEAR_KEY.of(other)), SW.TOKEN_ALGORITHM)


@pytest.mark.parametrize("name", ["other", "none", "INTL", "sm2"])
def test_a_token_whose_algorithm_was_rewritten_is_refused(waiting: Bench, other: str, name: str) -> None:
    token = waiting.token()
    raw = renamed(token.raw, other if name == "other" else name, token.key_id)
    refuses(waiting, ClearToken.unseal(raw, token.signature), SW.TOKEN_ALGORITHM)


def test_a_token_of_the_other_profile_under_this_name_is_refused(waiting: Bench, profile: str, other: str) -> None:
    key = CLEAR_KEY.of(other)
    token = draft_token(waiting.begin(), waiting.clock).seal(key)
    for key_id, code, word in (
        (key.key_id, "disk.token_key_unknown", SW.TOKEN_KEY_UNKNOWN),
        (CLEAR_KEY.key_id, "disk.token_invalid", SW.TOKEN_SIGNATURE),
    ):
        raw = renamed(token.raw, profile, key_id)
        refuses(waiting, ClearToken.unseal(raw, key.sign(raw)), word, code)


def test_after_a_clear_the_other_profile_does_not_get_the_receipt(waiting: Bench, other: str) -> None:
    token = waiting.token()
    waiting.session(pin=None).apply_clear(token)
    raw = renamed(token.raw, other, CLEAR_KEY.of(other).key_id)
    refuses(waiting, ClearToken.unseal(raw, CLEAR_KEY.of(other).sign(raw)), SW.TOKEN_ALGORITHM)


def test_an_acknowledgement_of_the_other_profile_is_refused(waiting: Bench, other: str) -> None:
    last = waiting.session(pin=None).last_signed()
    with under(other):
        ack = make_ack(1, last, waiting.clock)
    session = waiting.session(pin=None)
    with refused(waiting, "disk.token_invalid", SW.TOKEN_ALGORITHM):
        session.acknowledge(ack)


def sm2_signed(identity: bytes | None) -> Callable[[bytes], bytes]:
    """Sign with the hall's own SM2 key, under another identity or none at all."""
    key = CLEAR_KEY.of("sm")
    loaded = get("sm").load_public(key.public_key.spki)
    secret = key._handle.secret

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(gmssl_pyx.sm2_sign(secret, loaded, message, identity))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


@pytest.mark.parametrize("identity", [b"ALICE123@YAHOO.COM", b"1234567812345679", b"taxhall", None])
def test_a_token_signed_under_another_sm2_identity_is_refused(waiting: Bench, identity: bytes | None) -> None:
    with under("sm"):
        token = draft_token(waiting.begin(), waiting.clock).seal(CLEAR_KEY)
    CLEAR_KEY.of("sm").public_key.verify(sm2_signed(b"1234567812345678")(token.raw), token.raw)
    forged = ClearToken.unseal(token.raw, sm2_signed(identity)(token.raw))
    is_sm = waiting.disk.issue_data.algorithm == "sm"
    refuses(waiting, forged, SW.TOKEN_SIGNATURE if is_sm else SW.TOKEN_ALGORITHM)
    if is_sm:
        assert waiting.session(pin=None).apply_clear(token).clear_counter_after == 1


def test_a_disk_is_not_issued_with_anything_of_the_other_profile(other: str) -> None:
    with under(other):
        foreign = make_spec()
    for changes in (
        {"authority_keys": (CLEAR_KEY.of(other).public_key,)},
        {"revoked_keys": (CLEAR_KEY.of(other).public_key,)},
        {"certificate": foreign.certificate},
        {"algorithm": other},
    ):
        with pytest.raises(ValueError, match="key"):
            tuple(make_spec(**changes).values())
