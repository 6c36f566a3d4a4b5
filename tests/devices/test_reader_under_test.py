"""`python -m devices.contract --reader`: the contract against a disk in a reader of the card service."""

from __future__ import annotations

import os

import pytest

from devices import contract
from devices.gateway.pcscd import PrivatePcscd
from tests.devices.contract.pcsc_carrier import pcsc_bench
from tests.devices.disks import PIN, Bench


@pytest.fixture
def outside(monkeypatch):
    """Let the suite run as from a shell: not as a part of this run."""
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "COV_"))]:
        monkeypatch.delenv(name)


@pytest.mark.pcsc
def test_a_disk_in_a_reader_passes_by_reading_and_by_signing(pcscd: PrivatePcscd, tmp_path, outside, capfd):
    bench = Bench.build(tmp_path / "disk")
    (tmp_path / "pin").write_text(f"{PIN}\n")
    with pcsc_bench(pcscd, {"first": bench.disk}) as rack:
        reader = rack.readers["first"]
        assert contract.main(["--reader", reader, "--read-only"]) == 0
        read, words = bench.session().status(), capfd.readouterr()
        assert (read.sign_counter, "WARNING" in words.err) == (0, False)
        assert "passed" in words.out
        assert contract.main(["--reader", reader, "--pin-file", str(tmp_path / "pin")]) == 0
        assert f"this signs on the disk in {reader}" in capfd.readouterr().err
    signed = bench.session().status()
    assert (signed.sign_counter > 0, signed.clear_counter, signed.order_counter) == (True, 0, 0)
    bench.disk.close()


@pytest.mark.pcsc
def test_a_reader_that_is_not_there_is_told_with_those_that_are(pcscd: PrivatePcscd, outside, capfd):
    assert contract.main(["--reader", "Nobody's Reader 00 00", "--read-only"]) == contract.NOT_THERE
    told = capfd.readouterr()
    assert pcscd.readers[0] in told.out + told.err


@pytest.mark.parametrize("more", [[], ["--pin-file", "/no/such/file"]])
def test_nothing_is_signed_by_accident(capsys, more):
    with pytest.raises(SystemExit) as caught:
        contract.main(["--reader", "any", *more])
    assert caught.value.code == contract.NOT_THERE
    assert "--read-only" in capsys.readouterr().err
