"""The clear key changes between signing and sending: what the old key signed is sent no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.services.hands import Hands
from devices.choices import CommandState
from devices.models import ClearReceiptRecord, DeviceCommand
from devices.protocol.messages import ClearToken
from devices.protocol.profiles import PrivateKey, PublicKey
from devices.signer.keys import make_key_pem, write_private
from devices.virtual.values import AuthorityKey
from tests.clearcard.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(scene: Scene) -> ClearCardCase:
    """Return a case the green lane approved."""
    return scene.approved()


def new_key(scene: Scene, settings: Settings, folder: Path) -> PublicKey:
    """Let the hall sign with another key from now on, which the disk knows too."""
    path, pem = folder / "signer-2027.pem", make_key_pem()
    write_private(path, pem)
    settings.DEVICE_SIGNERS = settings.DEVICE_SIGNERS | {"intl": ("devices.signer.file.FileSigner", str(path))}
    key = PrivateKey.from_pem("intl", pem).public_key
    write_key(scene, key)
    return key


def write_key(scene: Scene, key: PublicKey, *, is_revoked: bool = False) -> None:
    """Write a key of the authority onto the disk, as the maintenance of the field does."""
    scene.disk._state.commit(AuthorityKey(algorithm=key.algorithm, spki=key.spki, is_revoked=is_revoked))


def tokens_sent(scene: Scene) -> list[ClearToken]:
    """Return what was handed to the disk."""
    steps = [step for request in scene.rack.requests for step in request.steps if step["op"] == "apply_clear"]
    return [ClearToken.from_json(step["token"]) for step in steps]


def killed(*_: Any, **__: Any) -> Any:
    """Die here."""
    raise KeyboardInterrupt


def test_a_key_changed_while_the_signed_command_waited_is_not_used_again(
    scene: Scene, case: ClearCardCase, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Hands, "mark_sending", killed)
        with pytest.raises(KeyboardInterrupt):
            services.execute_clear(case_id=case.pk)
    key = new_key(scene, settings, tmp_path)
    scene.freeze("2026-11-05 10:02")
    services.execute_clear(case_id=case.pk)
    (token,) = tokens_sent(scene)
    assert token.key_id == key.key_id
    assert (scene.fresh(case).status, scene.counter()) == (CaseStatus.CLEARED, 1)


def test_a_key_changed_between_signing_and_sending_in_one_run_is_not_used(
    scene: Scene, case: ClearCardCase, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = Hands.sign

    def changed(hands: Hands, step: Any) -> Any:
        token = sign(hands, step)
        new_key(scene, settings, tmp_path)
        return token

    with monkeypatch.context() as patched:
        patched.setattr(Hands, "sign", changed)
        services.execute_clear(case_id=case.pk)
    assert (tokens_sent(scene), scene.counter()) == ([], 0)
    waiting = scene.fresh(case)
    assert waiting.status == CaseStatus.COMMANDED
    assert selectors.status_words(waiting).word in ("处理中", "等待设备", "执行中")
    scene.freeze("2026-11-05 10:20")
    services.execute_clear(case_id=case.pk)
    assert (scene.fresh(case).status, scene.counter()) == (CaseStatus.CLEARED, 1)


def test_a_disk_that_was_told_of_the_revocation_refuses_and_the_next_key_clears_it_once(
    scene: Scene, case: ClearCardCase, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = Hands.apply

    def revoked(hands: Hands, step: Any) -> Any:
        old = scene.rack.keys.clear_public_key()
        write_key(scene, old, is_revoked=True)
        new_key(scene, settings, tmp_path)
        return apply(hands, step)

    with monkeypatch.context() as patched:
        patched.setattr(Hands, "apply", revoked)
        services.execute_clear(case_id=case.pk)
    refused = scene.fresh(case)
    assert scene.counter() == 0
    assert not ClearReceiptRecord.objects.exists()
    assert refused.status in (CaseStatus.COMMANDED, CaseStatus.REFUSED)
    assert DeviceCommand.objects.get(pk=case.command_id).state in (CommandState.QUEUED, CommandState.REFUSED)
    assert selectors.status_words(refused).word != "已清卡"
    scene.freeze("2026-11-05 10:20")
    services.execute_clear(case_id=case.pk)
    assert (scene.fresh(case).status, scene.counter()) == (CaseStatus.CLEARED, 1)
    assert len({token.key_id for token in tokens_sent(scene)}) == 2
