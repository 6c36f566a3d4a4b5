"""The contract, one function a promise; each opens conversations of its own and leaves the disk reset."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from devices.contract.stand import NotApplicableError, Stand, Window, closed_group, draft_token, expect, make_order
from devices.gateway.base import CardRefusedError
from devices.gateway.capabilities import Capability
from devices.gateway.drivers import OWN, choose_driver
from devices.gateway.session import DiskSession
from devices.protocol.constants import PIN_TRIES
from devices.protocol.messages import ClearToken

Check = Callable[[Stand], None]


def is_chosen_by_select(stand: Stand) -> None:
    """Asked among others, the card answers to this driver's applet id and to no other's."""
    with stand.transport.open(stand.reader) as channel:
        session, version = choose_driver(channel, (*OWN, stand.driver))
        expect(type(session) is stand.driver, f"{session.DRIVER} answers for {version.applet} {version.version}")
        expect(session.version() == version, "SELECT and GET_VERSION name different applets")


def proves_its_identity(stand: Stand) -> None:
    """The disk signs a nonce with the key of its certificate; serial and taxpayer are those of the certificate."""
    with stand.transport.open(stand.reader) as channel:
        session = stand.driver(channel)
        session.select()
        certificate = session.certificate()
        identity = session.identity(stand.trust or certificate.public_key)
    expect(identity.serial == certificate.serial, "identity and certificate name different disks")


def tells_its_state_without_pin(stand: Stand) -> None:
    """Status and tries of the PIN are readable by anyone, the status signed over the nonce of whoever asks."""
    with stand.session() as session:
        status, tries = session.status(bytes(range(32))), session.pin_tries()
    expect(status.pin_tries == tries and 0 <= tries <= PIN_TRIES, "two different numbers of PIN tries")


def forgets_the_pin(stand: Stand) -> None:
    """A PIN opens one conversation; the next begins without it."""
    with stand.session(with_pin=True) as session:
        order = make_order(session.status())
    with stand.session() as session:
        refusal = _refusal(lambda: session.issue(order))
    expect(refusal == "disk.pin_required", f"issuing without PIN answered {refusal or 'an invoice'}")


def signs_one_invoice_per_request(stand: Stand) -> None:
    """The same request id gives the same record again, and the signature counter moves once."""
    with stand.session(with_pin=True) as session:
        before = session.status()
        order = make_order(before)
        first, again, after = session.issue(order), session.issue(order), session.status()
    expect(first == again, "the same request was signed twice")
    expect(after.sign_counter == before.sign_counter + 1, "the signature counter did not move by one")


def refuses_without_a_trace(stand: Stand) -> None:
    """A refusal changes nothing: voiding an invoice that never was leaves every counter where it was."""
    with stand.session(with_pin=True) as session:
        before = session.status()
        refusal = _refusal(lambda: session.void("007", "000000000000", "00000001", uuid.uuid4().hex))
        after = session.status()
    expect(bool(refusal), "an invoice that never was is voided")
    expect((after.sign_counter, after.clear_counter) == (before.sign_counter, before.clear_counter), "a counter moved")


def reads_its_records_back(stand: Stand) -> None:
    """A signed record is found by request id, by counter and as the newest; an unknown request is no record."""
    stand.needs(Capability.READ_BACK_RECORDS)
    with stand.session(with_pin=True) as session:
        invoice = session.issue(make_order(session.status()))
    with stand.session() as session:
        found = session.find_signed(invoice.request_id), session.signed(invoice.counter), session.last_signed()
        unknown = session.find_signed(uuid.uuid4().hex)
    expect(all(each == invoice for each in found), "the record read back is another one")
    expect(unknown is None, "a request that never was has a record")


def keeps_a_whole_log(stand: Stand) -> None:
    """The log is signed, chained and without gaps."""
    stand.needs(Capability.LOG)
    with stand.session() as session:
        log = session.log()
    expect(log.is_whole, "the log has gaps")


def reports_the_same_twice(stand: Stand) -> None:
    """A report (抄税) is the same each time until the clear."""
    with stand.session(with_pin=True) as session:
        group = closed_group(session.status())
        window = Window(group.period_start, group.period_end)
        first, again = session.report(group.group, window), session.report(group.group, window)
    expect(first == again, "two reports of one period differ")


def lets_old_requests_die(stand: Stand) -> None:
    """A token for a request that was followed by a newer one, or withdrawn, clears nothing."""
    group, window = _reported(stand)
    with stand.session() as session:
        older = _seal(stand, session, group, window)
        newer = _seal(stand, session, group, window)
        stale = _refusal(lambda: session.apply_clear(older))
        session.abort_clear(group)
        withdrawn = _refusal(lambda: session.apply_clear(newer))
    expect(bool(stale), "a token for an older request was taken")
    expect(bool(withdrawn), "a token for a withdrawn request was taken")


def clears_once(stand: Stand) -> None:
    """One token clears once: given again it answers the same receipt, and the counter moves by one."""
    group, window = _reported(stand)
    with stand.session() as session:
        before = session.status().clear_counter
        token = _seal(stand, session, group, window)
        receipt = session.apply_clear(token)
    with stand.session() as session:
        again, after = session.apply_clear(token), session.status().clear_counter
        if Capability.READ_BACK_CLEAR in stand.driver.CAPABILITIES:
            expect(session.last_clear() == receipt, "the last receipt is another one")
    expect(again == receipt, "the same token gave another receipt")
    expect(after == before + 1 == receipt.clear_counter_after, "the clear counter did not move by one")


CHECKS: tuple[Check, ...] = (
    is_chosen_by_select,
    proves_its_identity,
    tells_its_state_without_pin,
    keeps_a_whole_log,
    forgets_the_pin,
    refuses_without_a_trace,
    signs_one_invoice_per_request,
    reads_its_records_back,
    reports_the_same_twice,
    lets_old_requests_die,
    clears_once,
)


def _refusal(act: Callable[[], object]) -> str:
    """Return the code with which the disk refuses, nothing when it does not."""
    try:
        act()
    except CardRefusedError as error:
        return error.code
    return ""


def _reported(stand: Stand) -> tuple[str, Window]:
    if stand.clear_key is None:
        raise NotApplicableError("no clear key was given")
    with stand.session(with_pin=True) as session:
        group = closed_group(session.status())
        window = Window(group.period_start, group.period_end)
        session.report(group.group, window)
    return group.group, window


def _seal(stand: Stand, session: DiskSession, group: str, window: Window) -> ClearToken:
    if stand.clear_key is None:
        raise NotApplicableError("no clear key was given")
    return draft_token(session.begin_clear(group, window)).seal(stand.clear_key)
