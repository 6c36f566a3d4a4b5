"""Ledgers of any length, written in bulk; the rollups are counted from them afterwards, as the hall's command does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.db import connection, transaction

from accounts.models import Membership
from invoicing import services
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice, InvoiceLine
from taxhall.bench.disks import KINDS
from taxhall.bench.measure import SMALL
from taxhall.bench.scene import Company, Scene
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod

MONTHS = 12
_LINE = LineDraft(
    name="*信息技术服务*软件维护",
    tax_code="3040203000000000000",
    unit="项",
    quantity=Decimal(1),
    price=Decimal(1),
    rate="1",
)
# Copies of one invoice and its line, changed where they differ: kinds, days, rates, customers and goods in turn; one in
# 97 is voided, one in 200 not uploaded, two of three printed. Whatever columns there are is taken from the first row.
_INVOICES = """
INSERT INTO invoicing_invoice SELECT filled.* FROM (
    SELECT n FROM generate_series(1, %(count)s) AS n ORDER BY n %% %(days)s DESC
) AS made, invoicing_invoice AS held, jsonb_populate_record(held, jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('invoicing_invoice', 'id')),
    'draft_key', gen_random_uuid(), 'request_id', gen_random_uuid(),
    'kind', CASE WHEN n %% 2 = 0 THEN %(kind_a)s ELSE %(kind_b)s END,
    'code', CASE WHEN n %% 2 = 0 THEN %(code_a)s ELSE %(code_b)s END,
    'number', lpad(n::text, 8, '0'), 'counter', n, 'issued_at', now(),
    'dated_on', %(today)s::date - (n %% %(days)s)::integer,
    'buyer_name', '西安买方' || lpad((n %% 5000)::text, 5, '0') || '号有限公司',
    'amount', n %% 1000 + 300, 'tax', 39, 'total', n %% 1000 + 339,
    'is_uploaded', n %% 200 <> 0, 'print_count', n %% 3,
    'state', CASE WHEN n %% 97 = 0 THEN 'voided' ELSE 'issued' END,
    'voided_at', CASE WHEN n %% 97 = 0 THEN now() END, 'voided_by_id', CASE WHEN n %% 97 = 0 THEN held.drawer_id END
)) AS filled WHERE held.id = %(first)s
"""
_LINES = """
INSERT INTO invoicing_invoiceline SELECT filled.* FROM invoicing_invoice AS held, generate_series(1, 2) AS place,
    invoicing_invoiceline AS line, jsonb_populate_record(line, jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('invoicing_invoiceline', 'id')),
    'invoice_id', held.id, 'position', place, 'name', '*信息技术服务*软件维护' || (held.counter %% 300),
    'amount', CASE place WHEN 1 THEN 300 ELSE held.amount - 300 END,
    'rate', CASE place WHEN 1 THEN '13' ELSE 'exempt' END, 'tax', CASE place WHEN 1 THEN 39 ELSE 0 END
)) AS filled WHERE held.taxpayer_id = %(taxpayer)s AND held.number <> '' AND line.invoice_id = %(first)s
"""


@dataclass(frozen=True)
class Ledger:
    """A company, one of its people, and how many invoices it has."""

    company: Company
    member: Membership
    count: int


@cache
def ledgers(folder: Path, count: int) -> tuple[Ledger, Ledger]:
    """Return a long and a short ledger; made once for all measures that read them."""
    scene = Scene(folder)
    companies = scene.companies(2, period=TaxPeriod.of_month(clock.today()))
    long, short = (
        _filled(Ledger(company, scene.member(company.taxpayer), size))
        for company, size in zip(companies, (count, SMALL), strict=True)
    )
    services.rebuild_rollups()
    with connection.cursor() as cursor:
        # What autovacuum would have done by the time a ledger is so long.
        cursor.execute("ANALYZE")
    return long, short


def _filled(ledger: Ledger) -> Ledger:
    company, (kind_a, code_a), (kind_b, code_b) = ledger.company, *KINDS[:2]
    values: dict[str, int | str | date] = {
        "taxpayer": company.taxpayer.pk,
        "first": _first(ledger),
        "today": clock.today(),
        "days": 30 * MONTHS,
        "count": ledger.count,
        "kind_a": kind_a,
        # Each company has codes of its own, as numbers exist once.
        "code_a": f"{company.taxpayer.pk:0{len(code_a)}d}",
        "kind_b": kind_b,
        "code_b": f"{company.taxpayer.pk:0{len(code_b)}d}",
    }
    tables = (Invoice._meta.db_table, InvoiceLine._meta.db_table)
    with transaction.atomic(), connection.cursor() as cursor:
        # What the database still has to check of new rows must be done before a table is altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(_INVOICES, values)
        cursor.execute(_LINES, values)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return ledger


def _first(ledger: Ledger) -> int:
    """Save the draft that the others are copies of."""
    company = ledger.company
    draft = InvoiceDraft(kind=KINDS[0][0], lines=(_LINE,), buyer_name="西安买方示例有限公司")
    saved = services.save_draft(actor=ledger.member.user, taxpayer=company.taxpayer, device=company.device, draft=draft)
    return int(saved.pk)
