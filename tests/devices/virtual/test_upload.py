"""The acknowledgement of uploads: a range without a gap, and ceilings counted anew from what is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devices.protocol.status_words import SW
from devices.virtual import OfflineSpec
from tests.devices.disks import CLEAR_KEY, OLD_CLEAR_KEY, Bench, make_ack, make_order
from tests.devices.virtual.refusals import memory_of, refused


@pytest.fixture
def three(bench: Bench) -> Bench:
    """A disk with three records an hour apart, none uploaded."""
    for _ in range(3):
        bench.issue()
        bench.clock.advance(hours=1)
    return bench


def test_part_of_the_records_is_acknowledged_and_the_rest_counts_on(three: Bench) -> None:
    second, third = three.session(pin=None).signed(2), three.session(pin=None).signed(3)
    three.session(pin=None).acknowledge(make_ack(1, second, three.clock))
    status = three.session(pin=None).status()
    offline = status.group("A").offline
    assert (status.uploaded_through, offline.count, offline.amount) == (2, 1, third.amount)
    assert offline.oldest_at == third.issued_at


def test_ranges_follow_each_other(three: Bench) -> None:
    session = three.session(pin=None)
    session.acknowledge(make_ack(1, session.signed(1), three.clock))
    session.acknowledge(make_ack(2, session.signed(3), three.clock))
    assert session.status().uploaded_through == 3


def test_a_gap_is_refused(three: Bench) -> None:
    session = three.session(pin=None)
    ack = make_ack(2, session.signed(3), three.clock)
    with refused(three, "disk.ack_range", SW.ACK_RANGE):
        session.acknowledge(ack)


def test_an_old_acknowledgement_changes_nothing(three: Bench) -> None:
    session = three.session(pin=None)
    early, late = make_ack(1, session.signed(1), three.clock), make_ack(1, session.signed(3), three.clock)
    session.acknowledge(late)
    before = memory_of(three)
    session.acknowledge(early)
    session.acknowledge(late)
    assert memory_of(three) == before


def test_the_hours_count_from_the_oldest_that_is_left(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, offline=OfflineSpec(hours=2))
    first = bench.issue()
    bench.clock.advance(hours=2)
    bench.issue()
    bench.session(pin=None).acknowledge(make_ack(1, first, bench.clock))
    bench.clock.advance(hours=2)
    bench.issue()
    bench.clock.advance(seconds=1)
    with refused(bench, "disk.offline_hours", SW.OFFLINE_HOURS):
        bench.session().issue(make_order(bench.clock))
    bench.upload()
    assert bench.issue().counter == 4


def test_a_withdrawn_key_acknowledges_nothing(three: Bench) -> None:
    last = three.session(pin=None).signed(3)
    draft = replace(make_ack(1, last, three.clock), raw=b"", signature=b"", algorithm="", key_id="")
    session = three.session(pin=None)
    with refused(three, "disk.token_key_revoked", SW.TOKEN_KEY_REVOKED):
        session.acknowledge(draft.seal(OLD_CLEAR_KEY))
    session.acknowledge(draft.seal(CLEAR_KEY))


def test_it_needs_no_pin_and_a_blocked_one_hinders_nothing(three: Bench) -> None:
    three.block_pin()
    three.upload()
    assert three.session(pin=None).status().group("A").offline.count == 0
