"""Querysets and rows whose statements are made once: the same as without, in every way but time."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import Count
from django.db.transaction import TransactionManagementError

from accounts.models import AuditEvent, Taxpayer
from devices.choices import CommandKind, CommandState
from devices.models import Device, DeviceAuthorisation, DeviceCommand
from invoicing.models import Invoice, InvoiceLine
from taxhall.common.prepared import Prepared, Slot, insert, insert_all, update
from tests.factories.accounts import TaxpayerFactory
from tests.factories.devices import DeviceAuthorisationFactory, DeviceCommandFactory, DeviceFactory
from tests.factories.invoicing import InvoiceFactory, line

COMMAND: Prepared[DeviceCommand] = Prepared(
    lambda: DeviceCommand.objects.select_related("device__taxpayer").filter(key=Slot("key"))
)
STATES: Prepared[tuple[Any, ...]] = Prepared(
    lambda: DeviceCommand.objects.filter(device=Slot("device")).order_by("key").values_list("key", "state", "payload")
)
LOCKED: Prepared[Taxpayer] = Prepared(lambda: Taxpayer.objects.select_for_update().filter(pk=Slot("pk")))


def columns(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.django_db
def test_models_come_with_their_joined_ones_in_one_statement(django_assert_num_queries: Any) -> None:
    made = DeviceCommandFactory(payload={"total": "100.00", "rows": [1, None]})
    with django_assert_num_queries(1):
        found = COMMAND.rows(key=made.key)
        taxpayer = found[0].device.taxpayer
    (plain,) = DeviceCommand.objects.filter(key=made.key)
    assert columns(found[0]) == columns(plain)
    assert columns(taxpayer) == columns(plain.device.taxpayer)
    assert COMMAND.rows(key="another") == []
    with pytest.raises(DeviceCommand.DoesNotExist):
        COMMAND.get(key="another")


@pytest.mark.django_db
def test_what_was_left_out_is_read_when_it_is_wanted(django_assert_num_queries: Any) -> None:
    made = DeviceFactory()
    some: Prepared[Device] = Prepared(lambda: Device.objects.only("serial").filter(pk=Slot("pk")))
    with django_assert_num_queries(1):
        found = some.first(pk=made.pk)
        assert found is not None
        assert found.serial == made.serial
    with django_assert_num_queries(1):
        assert found.machine_number == made.machine_number


@pytest.mark.django_db
def test_tuples_are_converted_as_the_models_would_be() -> None:
    disk = DeviceFactory()
    DeviceCommandFactory(device=disk, kind=CommandKind.ISSUE, key="a", payload={"n": 1})
    DeviceCommandFactory(device=disk, kind=CommandKind.ISSUE, key="b", payload={"n": 2})
    DeviceCommandFactory(key="c")
    assert STATES.rows(device=disk.pk) == [("a", "queued", {"n": 1}), ("b", "queued", {"n": 2})]


@pytest.mark.django_db
def test_a_constant_with_signs_of_its_own_stays_what_it_is() -> None:
    odd = TaxpayerFactory(name="百分%之'十' \"$1\" %s")
    TaxpayerFactory(name="百分之十")
    wanted = odd.name
    found: Prepared[tuple[int]] = Prepared(
        lambda: Taxpayer.objects.filter(name=wanted, name__contains="%", kind=Slot("kind")).values_list("pk")
    )
    assert found.rows(kind=odd.kind) == [(odd.pk,)]


@pytest.mark.django_db
def test_sums_are_counted_anew_each_time() -> None:
    count: Prepared[tuple[int]] = Prepared(
        lambda: (
            DeviceCommand.objects.filter(device=Slot("device"))
            .order_by()
            .values("device")
            .annotate(n=Count("pk"))
            .values_list("n")
        )
    )
    disk = DeviceFactory()
    assert count.first(device=disk.pk) is None
    for expected in (1, 2, 3):
        DeviceCommandFactory(device=disk, kind=CommandKind.ISSUE)
        assert count.first(device=disk.pk) == (expected,)


@pytest.mark.django_db
def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError, match="key"):
        COMMAND.rows(other="x")


@pytest.mark.django_db
def test_nothing_equals_nothing_and_one_row_is_not_two() -> None:
    with pytest.raises(ValueError, match="key"):
        COMMAND.rows(key=None)
    disk = DeviceFactory()
    for key in ("a", "b"):
        DeviceCommandFactory(device=disk, kind=CommandKind.ISSUE, key=key)
    of_disk: Prepared[DeviceCommand] = Prepared(lambda: DeviceCommand.objects.filter(device=Slot("device")))
    with pytest.raises(DeviceCommand.MultipleObjectsReturned):
        of_disk.get(device=disk.pk)


@pytest.mark.django_db
def test_a_write_that_failed_leaves_a_transaction_that_is_known_to_be_broken() -> None:
    known = DeviceCommandFactory()
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            insert(DeviceCommand(device=known.device, kind=CommandKind.ISSUE, key=known.key, payload={}))
        assert connection.needs_rollback
        connection.needs_rollback = False
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction_and_holds_to_its_end() -> None:
    pk = TaxpayerFactory().pk
    with transaction.atomic():
        assert LOCKED.first(pk=pk) is not None
        other = connections.create_connection("default")
        try:
            with pytest.raises(OperationalError), other.cursor() as cursor:
                cursor.execute("SELECT 1 FROM accounts_taxpayer WHERE id = %s FOR UPDATE NOWAIT", [pk])
        finally:
            other.close()
    # Made before, so that it is not the making that refuses.
    with pytest.raises(TransactionManagementError):
        LOCKED.rows(pk=pk)


@pytest.mark.django_db(transaction=True)
def test_every_thread_and_every_new_connection_prepares_for_itself() -> None:
    made = DeviceCommandFactory()
    found: list[Any] = []

    def look() -> None:
        try:
            found.extend(COMMAND.rows(key=made.key))
        finally:
            connection.close()

    assert len(COMMAND.rows(key=made.key)) == 1
    connection.close()
    assert len(COMMAND.rows(key=made.key)) == 1
    thread = threading.Thread(target=look)
    thread.start()
    thread.join(timeout=30)
    assert [each.pk for each in found] == [made.pk]


@pytest.mark.django_db
def test_the_database_can_tell_its_statements_apart() -> None:
    with transaction.atomic():
        LOCKED.rows(pk=0)
        STATES.rows(device=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT substring(name FROM '(.*)_[0-9a-f]{20}$') FROM pg_prepared_statements")
        names = {row[0] for row in cursor.fetchall()}
    assert {"lock_accounts_taxpayer", "select_devices_devicecommand"} <= names


@pytest.mark.django_db
def test_a_row_is_inserted_as_save_would_and_learns_its_key(django_assert_num_queries: Any) -> None:
    taxpayer = TaxpayerFactory()
    event = AuditEvent(
        actor_label="系统", action="a.b", object_type="", object_id="", taxpayer=taxpayer, data={"元": 1}
    )
    with django_assert_num_queries(1):
        insert(event)
    assert columns(AuditEvent.objects.get(pk=event.pk)) == columns(event)
    command = DeviceCommand(device=DeviceFactory(), kind=CommandKind.ISSUE, key="k", payload={})
    insert(command)
    assert columns(DeviceCommand.objects.get(pk=command.pk)) == columns(command)
    # It is a stored row from now on.
    command.save()
    assert DeviceCommand.objects.count() == 1


@pytest.mark.django_db
def test_what_the_database_forbids_is_refused_in_the_hall_s_words() -> None:
    known = DeviceCommandFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(DeviceCommand(device=known.device, kind=CommandKind.ISSUE, key=known.key, payload={}))
    known.kind = "unknown"
    with pytest.raises(IntegrityError), transaction.atomic():
        update(known, ["kind"])


@pytest.mark.django_db
def test_many_rows_go_in_with_one_statement_and_nothing_is_cut_short(django_assert_num_queries: Any) -> None:
    invoice: Invoice = InvoiceFactory(state="draft", lines=[])
    rows = [InvoiceLine(invoice=invoice, position=n, **line("0.10")) for n in range(1, 40)]
    rows[1].quantity, rows[1].price = None, Decimal("0.1000")
    with django_assert_num_queries(1):
        insert_all(rows)
    assert [columns(each) | {"id": None} for each in invoice.lines.order_by("position")] == [
        columns(each) | {"id": None} for each in rows
    ]
    with django_assert_num_queries(0):
        insert_all([])
    long = InvoiceLine(invoice=invoice, position=99, **line("1.00") | {"name": "长" * 200})
    with pytest.raises(DataError), transaction.atomic():
        insert_all([long])


@pytest.mark.django_db
def test_an_update_writes_the_named_fields_alone(django_assert_num_queries: Any) -> None:
    disk = DeviceFactory(machine_number=0, pin_tries=8)
    was = disk.updated_at
    disk.machine_number, disk.pin_tries = 5, 1
    with django_assert_num_queries(1):
        update(disk, ["machine_number", "updated_at"])
    found = Device.objects.get(pk=disk.pk)
    assert (found.machine_number, found.pin_tries) == (5, 8)
    assert found.updated_at == disk.updated_at > was


@pytest.mark.django_db
def test_values_of_every_sort_are_written() -> None:
    command = DeviceCommandFactory(kind=CommandKind.ISSUE, state=CommandState.SENDING, sent_at="2026-11-01T00:00:00Z")
    command.answer, command.state, command.sent_at = {"raw": "9f%s'$1"}, CommandState.DONE, None
    update(command, ["answer", "state", "sent_at"])
    found = DeviceCommand.objects.get(pk=command.pk)
    assert (found.answer, found.state, found.sent_at) == ({"raw": "9f%s'$1"}, "done", None)
    row = DeviceAuthorisationFactory()
    row.limit_amount, row.later_segments = Decimal("99999.99"), [{"code": "1"}]
    update(row, ["limit_amount", "later_segments"])
    again = DeviceAuthorisation.objects.get(pk=row.pk)
    assert (again.limit_amount, again.later_segments) == (Decimal("99999.99"), [{"code": "1"}])


@pytest.mark.django_db
def test_a_row_that_is_gone_is_not_changed_in_silence() -> None:
    gone = DeviceCommandFactory()
    pk = gone.pk
    gone.delete()
    gone.pk = pk
    with pytest.raises(DatabaseError, match="DeviceCommand"):
        update(gone, ["state"])
