"""Taking a disk into the hall (发行): its certificate is the root of every later belief."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from devices.choices import OUT_OF_USE
from devices.errors import CardNotReadError, CertificateRefusedError, DeviceUnusableError, WrongCardError
from devices.gateway import wire
from devices.gateway.drivers import OWN as OWN_DRIVER
from devices.gateway.wire import CardRequest
from devices.models import Device
from devices.protocol.certificates import DiskCertificate, TrustAnchor
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import DiskIdentity, DiskStatus
from devices.services.host import ask
from devices.services.records import CardReading, main_group, record_reading
from taxhall.common import clock
from taxhall.common.errors import ConflictError


def device_ca() -> TrustAnchor:
    """Return the device CA that the hall believes. Raises: CertificateRefusedError when none is installed."""
    try:
        return TrustAnchor.from_pem(Path(settings.DEVICE_CA_FILE).read_text())
    except (OSError, ValueError) as error:
        raise CertificateRefusedError(
            _("大厅还没有安装设备证书机构的证书，不能发行设备。"),
            next_step=_("请运维人员设置 HALL_DEVICE_CA_FILE。"),
        ) from error


def enrol_card(*, actor: User | None, taxpayer: Taxpayer, serial: str) -> Device:
    """Enrol the disk with this serial that sits in any reader, after it proved to hold its key.

    Raises: as `enrol_device`; the errors of `devices.services.host.visit`.
    """
    answer = ask(CardRequest(serial=serial, steps=({"op": "status"},), deadline=wire.READ_DEADLINE))
    try:
        identity = DiskIdentity.from_json(answer.identity or {})
        status = DiskStatus.from_json(answer.results[0])
        status.verify(DiskCertificate.load(identity.certificate).public_key)
    except (ProtocolError, KeyError, TypeError, ValueError) as error:
        raise CardNotReadError from error
    return enrol_device(
        actor=actor,
        taxpayer=taxpayer,
        certificate=identity.certificate,
        status=status,
        driver=answer.driver or OWN_DRIVER,
    )


@transaction.atomic
def enrol_device(
    *, actor: User | None, taxpayer: Taxpayer, certificate: bytes, status: DiskStatus, driver: str = OWN_DRIVER
) -> Device:
    """Enrol a disk by its certificate (DER) and its own signed status.

    Rule: the certificate is vouched for by the device CA now, names this disk and this taxpayer, and the
    status is signed with its key. Enrolling the same disk again refreshes nothing and returns its row.
    Raises: CertificateRefusedError; WrongCardError; ConflictError when the serial has another key;
    DeviceUnusableError disk.barred for a disk that was lost, replaced or cancelled.
    """
    disk = _vouched_for(certificate)
    if (disk.serial, disk.taxpayer_number) != (status.serial, status.taxpayer_number):
        raise WrongCardError
    if disk.taxpayer_number != taxpayer.number:
        raise CertificateRefusedError(
            _("设备证书上的纳税人识别号与本企业不一致，没有发行。"), next_step=_("请核对设备，或办理变更发行。")
        )
    try:
        status.verify(disk.public_key)
    except ProtocolError as error:
        raise WrongCardError from error
    known = Device.objects.filter(serial=disk.serial).first()
    if known is not None:
        return _require_same_key(known, disk)
    return _create(actor, taxpayer, disk, status, driver)


def _vouched_for(certificate: bytes) -> DiskCertificate:
    try:
        return device_ca().verify(certificate, at=clock.now())
    except ProtocolError as error:
        raise CertificateRefusedError(
            _("设备证书不是受信任的机构签发的，或已过期，没有发行。"), next_step=_("请到办税服务厅更换设备。")
        ) from error


def _require_same_key(known: Device, disk: DiskCertificate) -> Device:
    if known.public_key_id != disk.public_key.key_id:
        raise ConflictError(
            _("这个设备编号已登记了另一把密钥，没有发行。"),
            code="disk.serial_taken",
            next_step=_("请到办税服务厅核查这块设备。"),
        )
    if known.status in OUT_OF_USE:
        raise DeviceUnusableError("disk.barred")
    return known


def _create(actor: User | None, taxpayer: Taxpayer, disk: DiskCertificate, status: DiskStatus, driver: str) -> Device:
    group = main_group(status)
    if group is None:
        raise CertificateRefusedError(_("设备没有票种授权，没有发行。"), next_step=_("请先办理票种核定。"))
    try:
        device = Device.objects.create(
            serial=disk.serial,
            kind=status.kind,
            taxpayer=taxpayer,
            certificate=disk.pem,
            public_key_id=disk.public_key.key_id,
            algorithm=disk.algorithm,
            driver=driver,
            enabled_on=status.enabled_on,
            period_start=group.period_start,
            period_end=group.period_end,
            issue_allowed_until=group.cut_off,
            clear_counter=status.clear_counter,
            certificate_not_after=timezone.localdate(disk.not_after),
        )
    except IntegrityError as error:
        raise ConflictError(_("这块设备刚刚已被登记。"), code="disk.serial_taken") from error
    reading = CardReading(
        identity=_identity(disk, status),
        status=status,
        last_receipt=None,
        taken_at=clock.now(),
        known_before=status.clear_counter,
    )
    device = record_reading(device=device, reading=reading)
    account_services.record_audit_event(
        actor=actor,
        action="devices.device_enrolled",
        obj=device,
        taxpayer=taxpayer,
        data={"serial": device.serial, "key": device.public_key_id, "driver": driver},
    )
    return device


def _identity(disk: DiskCertificate, status: DiskStatus) -> DiskIdentity:
    return DiskIdentity(
        serial=disk.serial,
        taxpayer_number=disk.taxpayer_number,
        taxpayer_name=disk.taxpayer_name,
        certificate=disk.der,
        algorithm=disk.algorithm,
        key_id=disk.public_key.key_id,
        clock=status.clock,
        sign_counter=status.sign_counter,
        report_counter=status.report_counter,
        clear_counter=status.clear_counter,
        order_counter=status.order_counter,
    )
