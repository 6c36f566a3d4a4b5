"""Whatever is issued and voided, the report says what an independent sum says, and counters only grow."""

from __future__ import annotations

import tempfile
import uuid
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.devices.disks import Bench, make_kind, make_order

KINDS = (make_kind("004", "100000.00", "6100261130", 1), make_kind("007", "100000.00", "061002600104", 1))
fen = st.integers(1, 500_000)
rows = st.lists(st.tuples(st.sampled_from(["3", "1", "exempt"]), fen, st.integers(0, 9000)), min_size=1, max_size=3)
issue = st.tuples(
    st.just("issue"), st.sampled_from(["004", "007"]), rows.filter(lambda r: len({x[0] for x in r}) == len(r)),
    st.booleans(),
)  # fmt: skip
void = st.tuples(st.just("void"), st.integers(0, 20))
repeat = st.tuples(st.just("repeat"), st.integers(0, 20))
Key = tuple[str, str, str]


class Ledger:
    """An independent sum in fen."""

    def __init__(self) -> None:
        self.sums: dict[Key, Counter[str]] = defaultdict(Counter)

    def add(self, kind: str, totals: list[tuple[str, int, int]], total_kind: str, sign: int) -> None:
        for rate, amount, tax in totals:
            self.sums[kind, rate, total_kind].update(
                {"count": sign, "amount": sign * amount, "tax": sign * tax},
            )

    def rows(self) -> dict[Key, tuple[int, Decimal, Decimal]]:
        return {
            key: (item["count"], Decimal(item["amount"]).scaleb(-2), Decimal(item["tax"]).scaleb(-2))
            for key, item in self.sums.items()
            if item["count"]
        }


@given(st.lists(st.one_of(issue, issue, void, repeat), max_size=12))
@settings(max_examples=40, deadline=None)
def test_the_report_equals_an_independent_sum(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench, ledger, issued = Bench.build(Path(folder), kinds=KINDS), Ledger(), []
        session, voided = bench.session(), set()
        for step in steps:
            if step[0] == "issue":
                _, kind, totals, is_red = step
                sign = -1 if is_red else 1
                signed = [(rate, sign * amount, sign * tax) for rate, amount, tax in totals]
                texts = [(rate, f"{a / 100:.2f}", f"{t / 100:.2f}") for rate, a, t in signed]
                order = make_order(bench.clock, *texts, kind=kind, is_red=is_red)
                invoice = session.issue(order)
                issued.append((order, invoice, signed))
                ledger.add(kind, signed, "negative" if is_red else "positive", 1)
            elif issued and step[0] == "void":
                order, invoice, signed = issued[step[1] % len(issued)]
                if invoice.counter in voided:
                    continue
                session.void(invoice.kind, invoice.code, invoice.number, uuid.uuid4().hex)
                voided.add(invoice.counter)
                live = "negative" if order.is_red else "positive"
                ledger.add(order.kind, signed, live, -1)
                ledger.add(order.kind, signed, f"{live}_void", 1)
            elif issued:
                order, invoice, _ = issued[step[1] % len(issued)]
                assert session.issue(order) == invoice
        report = bench.report_october()
        found = {(row.kind, row.rate, row.total_kind): (row.count, row.amount, row.tax) for row in report.rows}
        assert found == ledger.rows()
        assert report.invoice_count == len(issued)
        assert bench.session(pin=None).status().sign_counter == len(issued) + len(voided)
        bench.disk.close()
