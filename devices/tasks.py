"""Background entry points of devices; issuing, voiding and clearing have theirs in the applications above."""

from __future__ import annotations

import logging

from celery import shared_task

logger = logging.getLogger(__name__)


@shared_task(name="devices.sweep_readings")
def sweep_readings() -> None:
    """Read the disks that are plugged in, so that the pages say what is on them."""
    from devices import services

    services.sweep_readings()
    services.sweep_agent_disks()


@shared_task(name="devices.purge_visits")
def purge_visits() -> None:
    """Remove visits to taxpayers' PCs that are long over."""
    from devices import services

    services.purge_visits()


@shared_task(name="devices.tend_device")
def tend_device(serial: str) -> None:
    """Read one disk and acknowledge its upload; one that is not there is tended when it comes back."""
    from devices import selectors, services

    device = selectors.find_device(serial=serial)
    if device is not None:
        services.tend_device(device=device)


@shared_task(name="devices.carry_out_command")
def carry_out_command(command_id: str) -> None:
    """Carry out an order or acknowledgement of the authority; runs where the card host is."""
    from devices import services

    services.carry_out_command(command_id=command_id)


@shared_task(name="devices.sweep_commands")
def sweep_commands() -> None:
    """Ring again for every order and acknowledgement that is due."""
    from devices import services

    services.sweep_commands()


@shared_task(name="devices.read_device")
def read_device(serial: str) -> None:
    """Read one disk; a disk that is not there is read by a later sweep."""
    from devices import selectors, services
    from devices.errors import DiskError

    device = selectors.find_device(serial=serial)
    if device is None:
        return
    try:
        services.read_device(actor=None, device=device)
    except DiskError as error:
        logger.info("device %s not read: %s", serial, error.code)
