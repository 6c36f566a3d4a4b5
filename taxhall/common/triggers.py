"""Database triggers that hold what Python guards cannot: raw SQL and queryset.update() included."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import migrations


def append_only(table: str) -> migrations.RunSQL:
    """Return the migration step that forbids UPDATE and DELETE on a table."""
    name = f"{table}_append_only"
    return migrations.RunSQL(
        sql=f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END $$;
        CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {name}();
        """,
        reverse_sql=f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


def allowed_transitions(table: str, column: str, pairs: Iterable[tuple[str, str]]) -> migrations.RunSQL:
    """Return the migration step that lets a state column change only along the listed pairs."""
    name = f"{table}_{column}_transitions"
    listed = ", ".join(f"('{source}', '{target}')" for source, target in sorted(set(pairs)))
    return migrations.RunSQL(
        sql=f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.{column} <> NEW.{column} AND (OLD.{column}, NEW.{column}) NOT IN ({listed}) THEN
                RAISE EXCEPTION '{table}.{column}: % to % is not allowed', OLD.{column}, NEW.{column}
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {name} BEFORE UPDATE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {name}();
        """,
        reverse_sql=f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


def renewed_transitions(table: str, column: str, pairs: Iterable[tuple[str, str]]) -> list[migrations.RunSQL]:
    """Return the migration steps that make such a trigger anew; backwards, one with the new pairs stays."""
    made = allowed_transitions(table, column, tuple(pairs))
    return [migrations.RunSQL(sql=made.reverse_sql or "", reverse_sql=made.sql), made]
