"""Commands that tell who and how the disk is. None needs the PIN, so that support works on a blocked disk."""

from __future__ import annotations

from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.certificates import DiskCertificate
from devices.protocol.commands import SELECT_BY_NAME
from devices.protocol.constants import APPLET_ID, APPLET_NAME, GROUP_OF_KIND, NONCE_LENGTH, PROTOCOL_VERSION
from devices.protocol.messages import (
    ChallengeAnswer,
    DiskLog,
    DiskStatus,
    GroupStatus,
    KindAuthorisation,
    OfflineUse,
    StockSegment,
    VersionInfo,
)
from devices.protocol.status_words import SW
from devices.virtual.card import Card, ok, require
from devices.virtual.values import GroupState, KindState, LogState, Pin

LOG_PAGE = 50


def select(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """SELECT by name; forgets the PIN, as a new application would."""
    require((apdu.p1, apdu.p2) == (SELECT_BY_NAME, 0), SW.WRONG_PARAMETERS)
    require(apdu.data == APPLET_ID, SW.NOT_FOUND)
    card.power.is_pin_verified = False
    card.power.is_selected = True
    return get_version(card, apdu)


def get_version(card: Card, _: CommandApdu) -> AnswerApdu:
    """Say which applet this is."""
    data = card.state.issue_data
    version = VersionInfo(
        applet=APPLET_NAME, version=PROTOCOL_VERSION, algorithm=data.algorithm, is_virtual=data.is_virtual
    )
    return ok(version.to_bytes())


def get_certificate(card: Card, _: CommandApdu) -> AnswerApdu:
    """Return the X.509 certificate."""
    return ok(card.state.issue_data.certificate)


def challenge(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Sign the host's nonce with serial, clock and counters: the only proof of identity."""
    require(len(apdu.data) == NONCE_LENGTH, SW.WRONG_LENGTH)
    data, counters = card.state.issue_data, card.state.counters
    answer = ChallengeAnswer(
        serial=data.serial,
        taxpayer_number=data.taxpayer_number,
        clock=card.now(),
        sign_counter=counters.sign,
        report_counter=counters.report,
        clear_counter=counters.clear,
        order_counter=counters.order,
        nonce=apdu.data,
    )
    return ok(answer.seal(card.state.signing_key).to_envelope())


def get_status(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Return the public state, signed over the host's nonce."""
    require(len(apdu.data) == NONCE_LENGTH, SW.WRONG_LENGTH)
    data, counters = card.state.issue_data, card.state.counters
    status = DiskStatus(
        serial=data.serial,
        taxpayer_number=data.taxpayer_number,
        taxpayer_name=data.taxpayer_name,
        machine_number=data.machine_number,
        bureau_code=data.bureau_code,
        kind=data.kind,
        certificate_not_after=DiskCertificate.load(data.certificate).not_after,
        enabled_on=data.enabled_on,
        clock=card.now(),
        pin_tries=card.state.get(Pin).tries,
        sign_counter=counters.sign,
        report_counter=counters.report,
        clear_counter=counters.clear,
        order_counter=counters.order,
        uploaded_through=counters.uploaded_through,
        is_disabled=data.is_disabled,
        log_number=card.state.log_number,
        nonce=apdu.data,
        groups=tuple(_group_status(card, group) for group in card.state.every(GroupState)),
    )
    return ok(status.seal(card.state.signing_key).to_envelope())


def get_log(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Return the log from one entry number to another (nonce, 8 bytes each), oldest first, at most fifty lines.

    The digests before the first line and at the head chain the stretch to the whole log, so that nothing
    can be left out, changed or put between.
    """
    require(len(apdu.data) == NONCE_LENGTH + 16, SW.WRONG_LENGTH)
    first, last = int.from_bytes(apdu.data[-16:-8], "big"), int.from_bytes(apdu.data[-8:], "big")
    require(first <= last, SW.WRONG_DATA)
    lines = [line for line in card.state.every(LogState) if first <= line.number <= last]
    lines = sorted(lines, key=lambda line: line.number)[:LOG_PAGE]
    log = DiskLog(
        serial=card.state.issue_data.serial,
        nonce=apdu.data[:NONCE_LENGTH],
        head_number=card.state.log_number,
        head_digest=card.state.log_digest,
        before_digest=lines[0].previous_digest if lines else card.state.log_digest,
        entries=tuple(line.entry for line in lines),
    )
    return ok(log.seal(card.state.signing_key).to_envelope())


def _group_status(card: Card, group: GroupState) -> GroupStatus:
    kinds = [kind for kind in card.state.every(KindState) if GROUP_OF_KIND[kind.kind] == group.group]
    return GroupStatus(
        group=group.group,
        period_start=group.period_start,
        period_end=group.period_end,
        cut_off=group.cut_off,
        last_report_at=group.last_report_at,
        is_reported=group.is_reported,
        report_digest=group.report_digest,
        authorisations=tuple(_authorisation(kind) for kind in sorted(kinds, key=lambda kind: kind.kind)),
        offline=OfflineUse(
            hours_limit=group.hours_limit,
            count_limit=group.count_limit,
            amount_limit=group.amount_limit,
            count=group.offline_count,
            amount=group.offline_amount,
            oldest_at=group.offline_oldest_at,
        ),
    )


def _authorisation(kind: KindState) -> KindAuthorisation:
    segment = kind.current_segment
    return KindAuthorisation(
        kind=kind.kind,
        limit=kind.limit,
        is_red_allowed=kind.is_red_allowed,
        code=segment.code,
        next_number=segment.next_number,
        end_number=segment.end_number,
        rates=kind.rates,
        later=tuple(
            StockSegment(kind=kind.kind, code=item.code, next_number=item.next_number, end_number=item.end_number)
            for item in kind.later_segments
        ),
    )
