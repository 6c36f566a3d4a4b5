"""Papers of a case: which are needed, which are there, which may be taken over."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.choices import ScanState
from clearcard.choices import CaseStatus, MaterialKind, MaterialState
from clearcard.models import ClearCardCase, Material
from clearcard.rules import papers as paper_rules
from clearcard.shapes import MaterialSlot
from devices.models import Device
from taxhall.common import clock
from taxhall.common.errors import NotFoundError


def is_first_clear(device: Device) -> bool:
    """Say whether the hall has never cleared this disk before."""
    return not ClearCardCase.objects.filter(device=device, status=CaseStatus.CLEARED).exists()


def ready_materials(case: ClearCardCase) -> QuerySet[Material]:
    """Return the papers that belong to the case now."""
    return case.materials.filter(state=MaterialState.READY).select_related("scan")


def reusable_materials(case: ClearCardCase) -> QuerySet[Material]:
    """Return the company's clean papers on file that have not expired, newest first; handed in once before."""
    return (
        Material.objects.filter(
            case__taxpayer=case.taxpayer_id,
            case__submitted_at__isnull=False,
            state=MaterialState.READY,
            expires_on__gte=clock.today(),
            scan__state=ScanState.CLEAN,
        )
        .exclude(case=case)
        .order_by("-uploaded_at", "-pk")
    )


def material_slots(case: ClearCardCase) -> tuple[MaterialSlot, ...]:
    """Return the five papers of the guide with what is known of each."""
    first = is_first_clear(case.device)
    required = paper_rules.required_materials(is_first_clear=first, kind=case.kind)
    ready = {each.kind: each for each in ready_materials(case)}
    on_file: dict[str, Material] = {}
    for each in reusable_materials(case):
        on_file.setdefault(each.kind, each)
    return tuple(
        MaterialSlot(
            kind=kind,
            label=str(kind.label),
            is_required=kind in required,
            note=paper_rules.requirement_note(kind, is_first_clear=first, kind=case.kind),
            material=ready.get(kind),
            reusable=on_file.get(kind),
        )
        for kind in MaterialKind
    )


def missing_materials(case: ClearCardCase) -> tuple[MaterialKind, ...]:
    """Return the papers that must still be given; one that the scanner rejected is none."""
    slots = [slot for slot in material_slots(case) if slot.is_required]
    return tuple(slot.kind for slot in slots if slot.material is None or slot.material.scan.is_rejected)


def unproved_materials(case: ClearCardCase) -> list[Material]:
    """Return the papers of the case that no scanner has called clean."""
    return [each for each in ready_materials(case) if not each.scan.is_clean]


def get_material(*, case: ClearCardCase, pk: int) -> Material:
    """Return one paper of a visible case. Raises: NotFoundError."""
    material = ready_materials(case).filter(pk=pk).first()
    if material is None:
        raise NotFoundError(_("没有找到这份材料。"), code="material.not_found")
    return material


def submitted_materials(case: ClearCardCase) -> list[Material]:
    """Return the papers exactly as they were handed in; what the taxpayer changed since stays unseen."""
    handed_in = {(each["kind"], each["sha256"]) for each in case.snapshot.get("materials", [])}
    # The newest row of a paper wins: the same file may have been taken out and handed in again.
    papers = case.materials.select_related("scan").order_by("pk")
    found = {(each.kind, each.sha256): each for each in papers}
    return [found[key] for key in sorted(handed_in & found.keys(), key=_place)]


def _place(key: tuple[str, str]) -> int:
    return list(MaterialKind.values).index(key[0])


def get_submitted_material(*, case: ClearCardCase, pk: int) -> Material:
    """Return one paper of a hand-in. Raises: NotFoundError."""
    for material in submitted_materials(case):
        if material.pk == pk:
            return material
    raise NotFoundError(_("没有找到这份材料。"), code="material.not_found")
