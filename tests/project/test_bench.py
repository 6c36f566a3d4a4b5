"""The bench: figures, table, file, what it refuses, and that it does real work and leaves nothing behind."""

from __future__ import annotations

import fcntl
import io
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, load_command_class
from pytest_django.fixtures import Settings

from accounts.models import Taxpayer
from clearcard import services as clear_services
from clearcard.choices import CaseStatus
from clearcard.models import Certificate, ClearCardCase
from devices import services as device_services
from devices.signer.keys import HallKeys
from invoicing import services as invoicing_services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice, MonthTotal
from invoicing.services.exports import writing
from invoicing.services.exports.rows import detail_rows
from invoicing.services.imports import undoing
from taxhall import embedded
from taxhall.bench import cases, hall, peak, registry
from taxhall.bench.disks import StandInDisks
from taxhall.bench.errors import BenchError
from taxhall.bench.hotspots import owner, statement_label, where_the_time_goes
from taxhall.bench.measure import Measure
from taxhall.bench.measures import export_invoices, import_invoices
from taxhall.bench.measures.filing import CompareBatch, ComparePeriod, ComputeForm
from taxhall.bench.measures.issue_invoice import IssueInvoice
from taxhall.bench.measures.reports import MonthReport, SellerMonths
from taxhall.bench.rounds import Result, Round, alternate
from taxhall.bench.scene import Scene
from taxhall.bench.table import HEADING, table
from taxhall.embedded import processes
from taxhall.env import BASE_DIR
from tests.factories.invoicing import IssuedInvoiceFactory


def result(*ratios: float, target: float = 0.5, better: str = "higher") -> Result:
    """Return a result whose floor is 100."""
    rounds = tuple(Round(100.0, 100.0 * ratio, 100.0) for ratio in ratios)
    return Result("some-work", "tasks/s", target, better, rounds)  # type: ignore[arg-type]


# ---- figures ----


def test_floor_and_product_take_turns_and_the_floor_has_the_last_one() -> None:
    order: list[str] = []

    def run(side: str) -> float:
        order.append(side)
        return float(len(order))

    rounds = alternate(lambda: run("floor"), lambda: run("product"), rounds=3)
    assert order == ["floor", "product", "floor", "product", "floor", "product", "floor"]
    assert [(each.floor_before, each.product, each.floor_after) for each in rounds] == [(1, 2, 3), (3, 4, 5), (5, 6, 7)]


def test_a_machine_that_slows_down_steadily_does_not_move_the_ratio() -> None:
    assert Round(120.0, 50.0, 80.0).ratio == 0.5


def test_the_ratio_is_the_median_of_the_rounds_and_the_spread_is_kept() -> None:
    found = result(0.2, 0.6, 0.5)
    assert (found.floor, found.product, found.ratio, found.spread) == (100.0, 50.0, 0.5, (0.2, 0.6))


@pytest.mark.parametrize(
    ("better", "ratio", "met"),
    [("higher", 0.5, True), ("higher", 0.49, False), ("lower", 0.5, True), ("lower", 0.51, False)],
)
def test_a_target_is_met_in_its_own_direction(better: str, ratio: float, met: bool) -> None:
    assert result(ratio, better=better).is_met is met


# ---- table and file ----


def test_the_table_names_each_figure_and_says_by_how_much_a_target_is_missed() -> None:
    heading, first, second = table([result(0.6), result(0.3, target=0.4)]).splitlines()
    assert heading.split() == [word for word in HEADING if word]
    assert first.split() == ["some-work", "tasks/s", "100", "60.0", "0.60", "0.60-0.60", ">=", "0.5", "met"]
    assert second.endswith("missed by 0.10")
    assert first.index("0.60") == second.index("0.30"), "figures stand below each other"


def test_a_row_of_the_file_has_the_agreed_names_and_can_be_read_back() -> None:
    row = json.loads(json.dumps(result(0.2, 0.6, 0.5).as_json()))
    assert set(row) == {"name", "unit", "floor", "product", "ratio", "target", "better", "rounds"}
    assert row["rounds"][0] == {"floor_before": 100.0, "product": 20.0, "floor_after": 100.0, "ratio": 0.2}
    assert Result.from_json(row) == result(0.2, 0.6, 0.5)


# ---- the command ----


def test_a_measure_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("bench", "--only=nothing")
    assert all(name in str(refusal.value) for name in registry.names())


@pytest.mark.parametrize("rounds", ["2", "0", "-1", "many"])
def test_too_few_rounds_are_refused(rounds: str) -> None:
    with pytest.raises(CommandError, match="at least 3 rounds"):
        call_command("bench", f"--rounds={rounds}")


def test_the_help_explains_every_measure() -> None:
    text = load_command_class("taxhall", "bench").create_parser("manage.py", "bench").format_help()
    assert all(each.name in text and each.what in text for each in registry.MEASURES)


def test_every_measure_has_a_name_of_its_own_and_says_what_is_left_out() -> None:
    assert len(set(registry.names())) == len(registry.MEASURES)
    for each in registry.MEASURES:
        assert "left out" in str(each.__doc__).lower(), each.name


def test_the_chosen_measures_keep_their_order() -> None:
    names = registry.names()
    assert [each.name for each in registry.chosen([names[2], names[0]])] == [names[0], names[2]]
    assert registry.chosen([]) == list(registry.MEASURES)


# ---- a hall of its own ----


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """Return a var folder whose bench is removed whatever happens."""
    yield tmp_path / "var"
    embedded.discard(tmp_path / "var" / "bench")


def test_the_servers_of_a_bench_are_its_own_and_go_with_everything_they_stored(var: Path) -> None:
    with hall.throw_away_hall(var) as home:
        running = embedded.status(home)
        assert [each.running for each in running] == [True, True]
    assert not home.exists()
    assert [processes.command_line(each.pid or 0) for each in running] == [[], []]


def test_what_a_killed_bench_left_does_not_stop_the_next_one(var: Path) -> None:
    left = embedded.start(var / "bench")
    (var / "bench" / "static").mkdir()
    with hall.throw_away_hall(var) as home:
        assert {each.pid for each in embedded.status(home)}.isdisjoint(each.pid for each in left)


def test_two_benches_at_once_are_refused(var: Path) -> None:
    var.mkdir()
    with (var / "bench.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BenchError, match="already runs"), hall.throw_away_hall(var):
            pytest.fail("a second bench began")


def test_the_measuring_process_is_told_of_no_other_hall(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://of:another@hall/database")
    monkeypatch.setenv("HALL_SECRET_KEY_FILE", "/of/another/hall")
    given = hall.environment(var)
    assert "another" not in " ".join(given.values())
    assert given["HALL_VAR"] == str(var)


# ---- the work ----


@pytest.mark.django_db
def test_a_measure_issues_real_invoices_and_its_floor_saves_the_same_rows(tmp_path: Path) -> None:
    measure = IssueInvoice(tmp_path, size=2)
    with measure.ready():
        found = measure.take(rounds=1)
    assert (found.name, len(found.rounds)) == ("issue-invoice", 1)
    assert min(found.floor, found.product, found.ratio) > 0
    issued = Invoice.objects.filter(state=InvoiceState.ISSUED)
    saved = Invoice.objects.filter(state=InvoiceState.DRAFT)
    assert (issued.count(), saved.count()) == (2 + 2, 1 + 2 * 2), "some to warm up, the floor twice a round"
    assert {invoice.lines.count() for invoice in Invoice.objects.all()} == {3}
    assert set(issued.values_list("amount", "tax", "total")) == set(saved.values_list("amount", "tax", "total"))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [MonthReport, SellerMonths, ComparePeriod])
def test_reports_are_measured_over_a_ledger_whose_figures_are_checked(tmp_path: Path, kind: type[Measure]) -> None:
    measure = kind(tmp_path, size=2, ledger=2_000)
    with measure.ready():
        assert measure.take(rounds=1).ratio > 0
        assert {each.drifted for each in invoicing_services.check_rollups()} == {0}
        assert "SQL statements" in measure.explain()[0]
    assert Invoice.objects.exclude(number="").count() == 2_000 + 1_000


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [CompareBatch, ComputeForm])
def test_filing_is_measured_against_as_much_bare_work(tmp_path: Path, kind: type[Measure]) -> None:
    measure = kind(tmp_path, size=3, is_exact=True)
    with measure.ready():
        found = measure.take(rounds=1)
        assert min(found.floor, found.product, found.ratio) > 0
        assert measure.notes()


@pytest.mark.django_db
def test_a_report_that_is_not_equal_to_its_invoices_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = MonthReport(tmp_path, size=2, ledger=2_000)
    with measure.ready():
        MonthTotal.objects.update(count=1)
        with pytest.raises(BenchError, match="not equal"):
            measure.check()


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let commands that a measure runs apart run here, in sight of the test's rows, and return their names."""
    names: list[str] = []

    def run(*arguments: str) -> peak.Ran:
        out = io.StringIO()
        call_command(*arguments, stdout=out)
        names.append(arguments[0])
        return peak.Ran(1.0, peak.peak_kib() / 1024, out.getvalue())

    monkeypatch.setattr(export_invoices, "run_apart", run)
    monkeypatch.setattr(import_invoices, "run_apart", run)
    return names


@pytest.mark.django_db
def test_a_ledger_and_a_month_of_it_are_exported_whole_and_their_peaks_compared(
    tmp_path: Path, in_this_process: list[str]
) -> None:
    measure = export_invoices.ExportInvoices(tmp_path, ledger=2_000)
    with measure.ready():
        assert measure.take(rounds=1).ratio == pytest.approx(1.0, abs=0.2)
        (note,) = measure.notes()
    # The draft that the others were copied from is in the ledger, too.
    assert note.startswith("4,001 rows, ")
    assert ", 0.0 MiB" not in note, "the size is that of the whole ledger's file"
    assert in_this_process == ["export_invoices"] * 3
    assert not list(tmp_path.glob("*.csv*"))


@pytest.mark.django_db
def test_an_export_that_leaves_rows_out_is_an_error(
    tmp_path: Path, in_this_process: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = export_invoices.ExportInvoices(tmp_path, ledger=2_000)
    monkeypatch.setattr(writing, "detail_rows", lambda invoices: islice(detail_rows(invoices), 3))
    with measure.ready(), pytest.raises(BenchError, match=r"3 rows were written of \d{3}"):
        measure.floor()
    assert in_this_process == ["export_invoices"]


@pytest.mark.django_db
def test_a_measure_imports_a_real_file_and_its_floor_copies_the_same_rows(
    tmp_path: Path, in_this_process: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    # Fewer than a run imports, so that the worker has to take the rest away.
    monkeypatch.setattr(undoing, "PART", 8)
    of_another_measure = IssuedInvoiceFactory()
    measure = import_invoices.ImportInvoices(tmp_path, size=20, is_exact=True)
    with measure.ready():
        assert measure.take(rounds=1).ratio > 0
        assert list(Invoice.objects.all()) == [of_another_measure], "each run takes its own rows away again"
        assert "for 20," in measure.notes()[0]
    assert in_this_process == ["import_invoices"] * 2


def test_the_peak_of_a_process_is_no_less_than_what_it_holds() -> None:
    before = peak.peak_kib()
    held = bytearray(before * 1024)
    assert peak.peak_kib() > before
    assert len(held) == before * 1024


def test_a_command_that_fails_apart_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak.sys, "executable", "/bin/false")
    with pytest.raises(BenchError, match="export_invoices ended with 1"):
        peak.run_apart("export_invoices")


@pytest.mark.parametrize("text", ["1000", "many", "-5", "100000000"])
def test_a_ledger_that_cannot_be_made_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="ledger"):
        call_command("bench", f"--ledger={text}")


@pytest.mark.parametrize(("seconds", "pieces", "count"), [(1.0, 100, 200), (10.0, 100, 80), (100.0, 1, 20)])
def test_a_slow_machine_does_less_in_a_run_but_never_too_little(seconds: float, pieces: int, count: int) -> None:
    measure = IssueInvoice(Path("unused"), size=200)
    measure.fit(seconds, pieces)
    assert measure.count == count


@pytest.mark.django_db
def test_a_measure_whose_work_was_not_done_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = IssueInvoice(tmp_path, size=2)
    with measure.ready():
        monkeypatch.setattr(invoicing_services, "perform_issue", lambda **_: None)
        with pytest.raises(BenchError, match="0 of 2"):
            measure.product()


@pytest.mark.django_db
def test_the_cases_of_the_clear_measure_end_cleared_with_a_certificate(tmp_path: Path, settings: Settings) -> None:
    waiting = cases.approved_cases(Scene(tmp_path), 2)
    settings.HALL_ROLE = "device"
    settings.DEVICE_SIGNERS = {"intl": ("devices.signer.file.FileSigner", str(HallKeys(tmp_path).clear_key()))}
    assert Taxpayer.objects.count() == 2, "each of a company of its own"
    with device_services.use_card_host(StandInDisks(tmp_path)):
        for pk in waiting:
            clear_services.execute_clear(case_id=pk)
    assert set(ClearCardCase.objects.values_list("status", flat=True)) == {CaseStatus.CLEARED}
    assert Certificate.objects.count() == 2


@pytest.mark.django_db
def test_a_missed_target_is_explained_by_statements_and_by_whose_code_it_is() -> None:
    lines = where_the_time_goes(Taxpayer.objects.count, times=3)
    assert lines[0].startswith("1 SQL statements")
    assert "1 x SELECT accounts_taxpayer" in lines[1]
    assert "django/db" in lines[-1]


@pytest.mark.parametrize(
    ("sql", "label"),
    [
        ('SELECT "a"."b" FROM "a" WHERE 1 = 1 FOR UPDATE', "SELECT a FOR UPDATE"),
        ('INSERT INTO "a" ("b") VALUES (%s)', "INSERT a"),
        ('UPDATE "a" SET "b" = %s', "UPDATE a"),
        ('RELEASE SAVEPOINT "s1"', "RELEASE"),
        ("EXECUTE lock_devices_device_0123456789abcdef0123 (1)", "EXECUTE lock_devices_device"),
    ],
)
def test_statements_are_named_by_what_they_do_to_which_table(sql: str, label: str) -> None:
    assert statement_label(sql) == label


def test_functions_are_named_by_who_wrote_them() -> None:
    assert owner("~", "<method 'execute' of 'psycopg2.extensions.cursor' objects>") == "waiting for answers"
    assert owner("~", "<built-in method builtins.len>") == "Python's own functions"
    assert owner("/x/site-packages/django/db/models/query.py", "get") == "django/db"
    assert owner("/x/site-packages/kombu/messaging.py", "publish") == "kombu"
    assert owner(str(BASE_DIR / "invoicing" / "rules" / "amounts.py"), "totals") == "the hall"
