"""An application for a clear filled in as a person does it: type, invoices confirmed, amounts, the five papers."""

from __future__ import annotations

import io
from functools import cache

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from clearcard import selectors, services
from clearcard.choices import ClearKind, MaterialKind
from clearcard.models import ClearCardCase
from devices.models import Device


def fill_application(*, actor: User, device: Device) -> ClearCardCase:
    """Start the monthly application of a disk and fill everything in, up to the hand-in."""
    case = services.start_case(actor=actor, device=Device.objects.get(pk=device.pk))
    services.choose_type(actor=actor, case=case, kind=ClearKind.MONTHLY)
    case.refresh_from_db()
    services.confirm_invoices(actor=actor, case=case, digest=selectors.three_way(case).digest)
    services.fill_case(actor=actor, case=case, data=selectors.default_form(case))
    for kind in MaterialKind:
        paper = SimpleUploadedFile(f"{kind.label}.png", _picture(), content_type="image/png")
        services.add_material(actor=actor, case=case, kind=kind, upload=paper)
    case.refresh_from_db()
    return case


@cache
def _picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (320, 210), "white").save(target, "PNG")
    return target.getvalue()
