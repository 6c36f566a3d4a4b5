"""A database that was set back is younger in knowledge than the disks: their receipts are the proof (R-20)."""

from __future__ import annotations

import pytest

from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.services.hands import Hands
from devices import services as device_services
from devices.choices import DeviceStatus
from devices.errors import CardAbsentError
from devices.models import DeviceCommand
from devices.rules import tokens
from devices.signer.file import FileSigner
from taxhall.common import clock
from tests.clearcard.scene import Scene
from tests.clearcard.test_execute_clear import KilledError, killed, require_one_clear, word

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(scene: Scene) -> ClearCardCase:
    """Return a case the green lane approved."""
    return scene.approved()


def clear_in_a_future_that_is_lost(scene: Scene, case: ClearCardCase) -> None:
    """Clear the disk as the hall did before its database was set back: here nothing of it is known."""
    command = DeviceCommand.objects.get(pk=case.command_id)
    request = device_services.begin_clear_on_card(device=case.device, period=case.period)
    draft = tokens.draft_token(command=command, request=request, moment=clock.now())
    token = FileSigner(scene.rack.keys.clear_key()).sign_clear(draft)
    device_services.apply_clear_on_card(device=case.device, token=token)


@pytest.mark.parametrize("place", ["claim", "mark_sending"])
def test_a_database_older_than_the_disk_takes_the_receipt_as_proof(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Hands, place, killed)
        with pytest.raises(KilledError):
            services.execute_clear(case_id=case.pk)
    clear_in_a_future_that_is_lost(scene, case)
    scene.freeze("2026-11-05 10:02")
    frozen = device_services.read_device(actor=None, device=scene.device)
    assert frozen.status == DeviceStatus.FROZEN
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)
    scene.device.refresh_from_db()
    assert scene.device.status == DeviceStatus.ACTIVE


def test_a_disk_that_another_command_cleared_is_not_called_untouched(scene: Scene, case: ClearCardCase) -> None:
    other = DeviceCommand(device=case.device, kind="clear", payload=case.command.payload)
    request = device_services.begin_clear_on_card(device=case.device, period=case.period)
    draft = tokens.draft_token(command=other, request=request, moment=clock.now())
    device_services.apply_clear_on_card(
        device=case.device, token=FileSigner(scene.rack.keys.clear_key()).sign_clear(draft)
    )
    services.execute_clear(case_id=case.pk)
    stopped = scene.fresh(case)
    assert (stopped.status, stopped.waiting_code, word(stopped)) == (CaseStatus.APPROVED, "disk.frozen", "待核实")
    assert "没有变化" not in selectors.status_words(stopped).sentence


def test_a_worker_whose_command_was_ended_by_proof_gives_in(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_hands: Hands, _step: object) -> None:
        clear_in_a_future_that_is_lost(scene, case)
        receipt = device_services.last_clear_on_card(device=scene.device)
        assert receipt is not None
        services.complete_case(case_id=case.pk, receipt=receipt)
        raise CardAbsentError

    monkeypatch.setattr(Hands, "read_disk", meanwhile)
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)
