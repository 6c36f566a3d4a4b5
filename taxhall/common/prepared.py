"""Statements that are made once: querysets whose text is kept, and rows written as their model would write them.

Of a short transaction, most is Django putting its statements together and the database planning them, each time anew.
Here a queryset is put together once for a process and planned once for a connection; what varies is a `Slot`. It stays
a queryset: columns, joins and locks are the model's, and so are the rows that come back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, models
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError, mark_for_rollback_on_error
from psycopg2.sql import SQL, Composable, Identifier

RowT = TypeVar("RowT")
_TABLE = re.compile(r'(?:FROM|INTO|UPDATE) "(\w+)"')
_LOCK = re.compile(r"FOR (NO KEY )?UPDATE")
# What each open connection has prepared; it is gone with the connection.
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def execute_of(cursor: Any, text: str, count: int) -> str:
    """Return the statement that runs `text`, in which $1 and so on stand for `count` values, on the open `cursor`.

    The text is prepared where the cursor's connection has not done so, below whatever counts the hall's statements.
    Only an open cursor has a connection that was looked at: one that was lost is opened anew with the next cursor.
    Raises: the database's errors.
    """
    name, execute = _names(text, count)
    known = _prepared.setdefault(cursor.cursor.connection, set())
    if name not in known:
        # The driver's own cursor raises the driver's own errors, which nobody who asks looks for.
        with connection.wrap_database_errors:
            cursor.cursor.execute(f"PREPARE {name} AS {text}")
        known.add(name)
    return execute


@cache
def _names(text: str, count: int) -> tuple[str, str]:
    # Named by what it says: a pooler that mixes up connections can make it fail, never run another one.
    name = f"{_what(text)}_{sha256(text.encode()).hexdigest()[:20]}"
    values = f" ({', '.join(['%s'] * count)})" if count else ""
    return name, f"EXECUTE {name}{values}"


def _what(text: str) -> str:
    """Return what the database's own lists and logs are to say of a statement: its verb and its table."""
    verb = "lock" if _LOCK.search(text) else text.split(" ", 1)[0].lower()
    table = _TABLE.search(text)
    # A name has room for 63 bytes.
    return f"{verb}_{table[1]}"[:42] if table else verb


class Slot(Expression):
    """A value of a prepared queryset that is given, by its name, when it runs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # noqa: ARG002  (Django's signature)
        """Leave a place that `Prepared` fills."""
        return "%s", (self,)


class _Plan(NamedTuple):
    """A queryset put together: its text, the names of its slots in order, and what makes its rows of the driver's."""

    model: Any
    text: str
    names: tuple[str, ...]
    locks: bool
    read: Callable[[list[Any]], list[Any]]


class Prepared(Generic[RowT]):
    """A queryset that runs often: `Prepared(lambda: Invoice.objects.filter(pk=Slot("pk")))`.

    Its rows are models, with their joined ones, or the tuples of `values_list`; it is not filtered any further.
    """

    def __init__(self, build: Callable[[], models.QuerySet[Any, Any]]) -> None:
        self._build = build

    def rows(self, **values: Any) -> list[RowT]:
        """Run it with a value for each slot.

        Raises: KeyError for one that is missing; ValueError for None, which equals nothing; the database's errors.
        """
        plan = self._plan
        if plan.locks and connection.get_autocommit():
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        with connection.cursor() as cursor:
            cursor.execute(
                execute_of(cursor, plan.text, len(plan.names)), [_given(values, name) for name in plan.names]
            )
            found = cursor.fetchall()
        return plan.read(found) if found else []

    def first(self, **values: Any) -> RowT | None:
        """Run it and return its first row, if there is one."""
        found = self.rows(**values)
        return found[0] if found else None

    def get(self, **values: Any) -> RowT:
        """Run it and return its only row. Raises: the model's DoesNotExist and MultipleObjectsReturned."""
        found = self.rows(**values)
        if not found:
            raise self._plan.model.DoesNotExist
        if len(found) > 1:
            raise self._plan.model.MultipleObjectsReturned
        return found[0]

    def has_rows(self, **values: Any) -> bool:
        """Run it and say whether it finds anything."""
        return bool(self.rows(**values))

    @cached_property
    def _plan(self) -> _Plan:
        queryset = self._build()
        compiler = queryset.query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
        sql, params = compiler.as_sql()
        names = tuple(dict.fromkeys(each.name for each in params if isinstance(each, Slot)))
        places = [f"${names.index(each.name) + 1}" if isinstance(each, Slot) else _literal(each) for each in params]
        text, locks = sql % tuple(places), queryset.query.select_for_update
        return _Plan(queryset.model, text, names, locks, _reader(queryset, compiler))


def _given(values: dict[str, Any], name: str) -> Any:
    if values[name] is None:
        raise ValueError(f"the slot {name} is given nothing")
    return values[name]


def _reader(queryset: Any, compiler: Any) -> Callable[[list[Any]], list[Any]]:
    """Return what makes models or tuples of the driver's rows, as the queryset itself would.

    It keeps nothing of the connection on which the queryset was put together: that may be another thread's.
    """
    columns = [column for column, *_ in compiler.select]
    converters = compiler.get_converters(columns)
    make = tuple if queryset._fields is not None else _maker(compiler, columns)
    return lambda rows: [make(_converted(row, converters)) for row in rows]


def _converted(row: Any, converters: dict[int, Any]) -> Any:
    if not converters:
        return row
    values, database = list(row), connections[DEFAULT_DB_ALIAS]
    for at, (steps, column) in converters.items():
        for step in steps:
            values[at] = step(values[at], column, database)
    return values


def _maker(compiler: Any, columns: list[Any]) -> Callable[[Any], Any]:
    model = compiler.klass_info["model"]
    places = compiler.klass_info["select_fields"]
    own = slice(places[0], places[-1] + 1)
    names = [column.target.attname for column in columns[own]]
    # The typing stubs are of a later Django.
    joined = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def make(row: Any) -> Any:
        made = model.from_db(DEFAULT_DB_ALIAS, names, row[own])
        for each in joined:
            each.populate(row, made)
        return made

    return make


def _literal(value: Any) -> str:
    with connection.cursor() as cursor:
        text: bytes = cursor.mogrify("%s", [value])
    return text.decode()


def insert(row: models.Model) -> None:
    """Write a new row and give it its key, as `save(force_insert=True)` does; no signals are sent.

    Raises: the database's errors.
    """
    write = _insertion(type(row), row.pk is not None)
    with _writing() as cursor:
        cursor.execute(execute_of(cursor, write.text, len(write.fields)), _values(row, write.fields, add=True))
        (row.pk,) = cursor.fetchone()
    _mark_stored(row)


def insert_all(rows: Sequence[models.Model]) -> None:
    """Write new rows of one model, whose keys the database gives, in one statement; the rows do not learn their keys.

    Raises: the database's errors.
    """
    if not rows:
        return
    write = _insertion_of_many(type(rows[0]))
    columns = [list(column) for column in zip(*(_values(row, write.fields, add=True) for row in rows), strict=True)]
    with _writing() as cursor:
        cursor.execute(execute_of(cursor, write.text, len(columns)), columns)


def update(row: models.Model, names: Collection[str]) -> None:
    """Write these fields of a stored row, as `save(update_fields=names)` does; no signals are sent.

    Raises: DatabaseError when the row is not there; the database's errors.
    """
    write = _change(type(row), tuple(names))
    values = [*_values(row, write.fields, add=False), row.pk]
    with _writing() as cursor:
        cursor.execute(execute_of(cursor, write.text, len(values)), values)
        if cursor.rowcount != 1:
            raise DatabaseError(f"no row {row.pk} of {type(row).__name__} to change")


@contextmanager
def _writing() -> Iterator[Any]:
    """Open a cursor; after a failure the transaction is known to be broken, as after a failed save."""
    with mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        yield cursor


class _Write(NamedTuple):
    """A statement that writes, and the fields whose values it takes, in order."""

    text: str
    fields: tuple[Any, ...]


@cache
def _insertion(model: type[models.Model], has_key: bool) -> _Write:
    fields = tuple(field for field in model._meta.concrete_fields if has_key or not field.primary_key)
    return _write(
        "INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING {key}",
        fields,
        table=Identifier(model._meta.db_table),
        columns=SQL(", ").join(map(_column, fields)),
        places=SQL(", ").join(map(_place, range(len(fields)))),
        key=_column(model._meta.pk),
    )


@cache
def _insertion_of_many(model: type[models.Model]) -> _Write:
    fields = tuple(field for field in model._meta.concrete_fields if not field.primary_key)
    # Without the length of a text, which would cut it short instead of refusing it.
    kinds = [SQL(str(field.db_type(connection)).split("(")[0]) for field in fields]
    return _write(
        "INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays})",
        fields,
        table=Identifier(model._meta.db_table),
        columns=SQL(", ").join(map(_column, fields)),
        arrays=SQL(", ").join(SQL("{}::{}[]").format(_place(index), kind) for index, kind in enumerate(kinds)),
    )


@cache
def _change(model: type[models.Model], names: tuple[str, ...]) -> _Write:
    fields = tuple(model._meta.get_field(name) for name in names)
    settings = (SQL("{} = {}").format(_column(field), _place(index)) for index, field in enumerate(fields))
    return _write(
        "UPDATE {table} SET {settings} WHERE {key} = {place}",
        fields,
        table=Identifier(model._meta.db_table),
        settings=SQL(", ").join(settings),
        key=_column(model._meta.pk),
        place=_place(len(fields)),
    )


def _write(text: str, fields: tuple[Any, ...], **parts: Composable) -> _Write:
    connection.ensure_connection()
    return _Write(SQL(text).format(**parts).as_string(connection.connection), fields)


def _values(row: models.Model, fields: Collection[Any], *, add: bool) -> list[Any]:
    database = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(field.pre_save(row, add), database) for field in fields]


def _mark_stored(row: models.Model) -> None:
    row._state.adding = False
    row._state.db = connection.alias


def _column(field: Any) -> Composable:
    return Identifier(field.column)


def _place(index: int) -> Composable:
    return SQL(f"${index + 1}")
