"""Files of forms that come back with a problem elsewhere: chosen once, kept until the form is right.

A view calls `offer` before it validates, `keep` when it shows the form again, and `drop` once the file was used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts import services
from accounts.errors import FileRejectedError
from accounts.http import TaxpayerRequest
from accounts.models import HeldFile
from taxhall.common.forms import KeptFileField, kept_name


def offer(request: TaxpayerRequest, form: forms.Form) -> None:
    """Let each file that was kept stand in for the one that is not sent again."""
    for name, field in _fields(form):
        held = None if name in request.FILES else _find(request, name)
        content = services.open_held_file(held) if held else None
        if held is not None and content is not None:
            # Among the files of the request, so that it is closed with them.
            request.FILES[name] = UploadedFile(content, name=held.original_name, size=held.size)
            field.show(held)


def keep(request: TaxpayerRequest, form: forms.Form) -> None:
    """Keep each file that is not itself the problem; one that is has to be chosen anew."""
    for name, field in _fields(form):
        upload = request.FILES.get(name)
        if name in form.errors:
            _drop(request, field, name)
        elif field.kept is None and isinstance(upload, UploadedFile):
            try:
                field.show(_hold(request, upload))
            except FileRejectedError as error:
                form.add_error(name, ValidationError(f"{error.message}{error.next_step}", code=error.code))


def drop(request: TaxpayerRequest, form: forms.Form) -> None:
    """Remove what was kept for the form, now that it was used."""
    for name, field in _fields(form):
        _drop(request, field, name)


def _fields(form: forms.Form) -> Iterator[tuple[str, KeptFileField]]:
    return ((name, field) for name, field in form.fields.items() if isinstance(field, KeptFileField))


def _hold(request: TaxpayerRequest, upload: UploadedFile[Any]) -> HeldFile | None:
    return services.hold_file(
        actor=request.user,
        taxpayer=request.taxpayer,
        session_key=request.session.session_key or "",
        form=_form_name(request),
        upload=upload,
    )


def _find(request: TaxpayerRequest, name: str) -> HeldFile | None:
    return services.find_held_file(
        actor=request.user,
        taxpayer=request.taxpayer,
        session_key=request.session.session_key or "",
        form=_form_name(request),
        token=request.POST.get(kept_name(name), ""),
    )


def _drop(request: TaxpayerRequest, field: KeptFileField, name: str) -> None:
    held = _find(request, name)
    if held is not None:
        services.drop_held_files([held])
    field.forget()


def _form_name(request: TaxpayerRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else request.path
