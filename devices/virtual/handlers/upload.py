"""The authority's word that it holds the records; it frees what may be issued before the next upload."""

from __future__ import annotations

from dataclasses import replace

from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.messages import UploadAck
from devices.protocol.profiles import get as get_profile
from devices.protocol.status_words import SW
from devices.virtual.authority import check_authority, check_bound, read_signed
from devices.virtual.card import Card, ok, require
from devices.virtual.journal import by_counter, offline_after
from devices.virtual.values import GroupState, RecordState


def mark_uploaded(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Take an acknowledgement of records without a gap; an old one changes nothing."""
    ack: UploadAck = read_signed(UploadAck, apdu.data)
    check_authority(card, ack)
    with card.noting("upload_refused", f"through {ack.last_counter}"):
        is_news = _check(card, ack)
    if not is_news:
        return ok()
    counters = card.state.counters
    records = list(card.state.every(RecordState))
    groups = [offline_after(group, records, ack.last_counter) for group in card.state.every(GroupState)]
    card.state.commit(
        *groups,
        replace(counters, uploaded_through=ack.last_counter),
        card.entry(card.now(), "uploaded", f"through {ack.last_counter}"),
    )
    return ok()


def _check(card: Card, ack: UploadAck) -> bool:
    """Check what an authentic acknowledgement is bound to; say whether it tells anything new."""
    check_bound(card, ack.serial, ack.taxpayer_number)
    counters = card.state.counters
    require(0 < ack.first_counter <= ack.last_counter <= counters.sign, SW.ACK_RANGE)
    require(ack.first_counter <= counters.uploaded_through + 1, SW.ACK_RANGE)
    if ack.last_counter <= counters.uploaded_through:
        return False
    last = by_counter(card.state, ack.last_counter)
    digest = get_profile(card.state.issue_data.algorithm).digest(last.raw).hex()
    require(digest == ack.last_digest, SW.ACK_DIGEST)
    return True
