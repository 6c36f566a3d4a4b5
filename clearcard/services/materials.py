"""Papers of a case: take in, take over from the file, take out."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.choices import REJECTED_SCANS
from accounts.models import User
from clearcard import papers, policies, selectors
from clearcard.choices import CaseAction, MaterialKind, MaterialState
from clearcard.errors import MaterialRefusedError
from clearcard.models import ClearCardCase, Material
from clearcard.papers.examine import MAX_BYTES, ExaminedPaper, refusal
from clearcard.rules.papers import reusable_until
from clearcard.services._cases import change_case, lock_case
from clearcard.services.prepare import NOT_YOURS, require_part_open
from clearcard.workflow import next_status
from taxhall.common import clock
from taxhall.common.policies import require


def add_material(*, actor: User, case: ClearCardCase, kind: str, upload: UploadedFile[Any]) -> Material:
    """Check an uploaded paper and keep it with the case; it replaces an earlier one of its kind.

    Rule: nobody opens it before a scanner has called it clean (trust S-23).

    Raises: NotPermittedError; TransitionNotAllowedError; PartNotReturnedError; MaterialRefusedError with
    the real cause.
    """
    require(policies.can_prepare_case(actor, case), NOT_YOURS)
    _require_kind(kind)
    if upload.size is not None and upload.size > MAX_BYTES:
        raise refusal(
            _("文件有 %(size).1f MB，超过 10 MB 的上限，没有保存。请压缩或降低扫描分辨率后再传。")
            % {"size": upload.size / 1024 / 1024}
        )
    name = (upload.name or "")[-200:]
    paper = papers.examine(name=name, content=upload.read(MAX_BYTES + 1))
    # The file is stored before the row: storage may be slow, and a file without a row does no harm.
    stored = default_storage.save(f"materials/{uuid.uuid4().hex}.{paper.extension}", ContentFile(paper.content))
    try:
        material = _keep(actor=actor, case=case, kind=kind, stored=stored, name=name, paper=paper)
    except BaseException:
        default_storage.delete(stored)
        raise
    account_services.scan_uploaded(material.scan)
    return material


@transaction.atomic
def _keep(*, actor: User, case: ClearCardCase, kind: str, stored: str, name: str, paper: ExaminedPaper) -> Material:
    case = _editable(actor, case)
    _require_open(case, kind)
    _take_out(case, kind)
    material = Material.objects.create(
        case=case,
        kind=kind,
        file=stored,
        scan=account_services.register_file(file=stored, sha256=paper.sha256, taxpayer=case.taxpayer),
        original_name=name,
        media_type=paper.media_type,
        size=len(paper.content),
        pages=paper.pages,
        sha256=paper.sha256,
        expires_on=reusable_until(clock.today()),
        uploaded_by=actor,
    )
    change_case(case, actor=actor, what=f"material_added:{kind}")
    return material


@transaction.atomic
def reuse_material(*, actor: User, case: ClearCardCase, material: Material) -> Material:
    """Take a paper over from the company's file while it has not expired.

    Raises: NotPermittedError; TransitionNotAllowedError; MaterialRefusedError when it may not be reused.
    """
    case = _editable(actor, case)
    _require_open(case, material.kind)
    if material not in selectors.reusable_materials(case):
        raise refusal(_("这份材料不能沿用：它已过期、不属于本企业，或还没有随申请提交过。请重新上传。"))
    _take_out(case, material.kind)
    reused = Material.objects.create(
        case=case,
        kind=material.kind,
        file=material.file.name,
        scan=material.scan,
        original_name=material.original_name,
        media_type=material.media_type,
        size=material.size,
        pages=material.pages,
        sha256=material.sha256,
        expires_on=material.expires_on,
        reused_from=material,
        uploaded_by=actor,
    )
    change_case(case, actor=actor, what=f"material_reused:{material.kind}")
    return reused


@transaction.atomic
def remove_material(*, actor: User, case: ClearCardCase, kind: str) -> ClearCardCase:
    """Take a paper out of the case; the row is kept. Removing twice changes nothing.

    Raises: NotPermittedError; TransitionNotAllowedError; MaterialRefusedError.
    """
    case = _editable(actor, case)
    _require_kind(kind)
    require_part_open(case, f"material:{kind}")
    if _take_out(case, kind):
        change_case(case, actor=actor, what=f"material_removed:{kind}")
    return case


def _require_open(case: ClearCardCase, kind: str) -> None:
    """After a return only the marked papers are exchanged; one that is lacking or rejected may always be added."""
    sound = case.materials.filter(kind=kind, state=MaterialState.READY).exclude(scan__state__in=REJECTED_SCANS)
    if sound.exists():
        require_part_open(case, f"material:{kind}")


def _take_out(case: ClearCardCase, kind: str) -> int:
    return case.materials.filter(kind=kind, state=MaterialState.READY).update(state=MaterialState.REMOVED)


def _require_kind(kind: str) -> None:
    if kind not in MaterialKind.values:
        raise MaterialRefusedError(_("没有这种材料。"), fields={"kind": [_("没有这种材料。")]})


def _editable(actor: User, case: ClearCardCase) -> ClearCardCase:
    locked = lock_case(case)
    require(policies.can_prepare_case(actor, locked), NOT_YOURS)
    next_status(locked.status, CaseAction.SUBMIT)
    return locked
