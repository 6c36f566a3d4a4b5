"""To whom a case can be handed on."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import OfficerPost, User
from clearcard.models import ClearCardCase
from clearcard.policies import DECIDING_POSTS


def list_receivers(*, case: ClearCardCase, actor: User) -> QuerySet[User]:
    """Return the officers of the case's district who could decide it, without the actor; the service checks again.

    Left out with all their accounts: who serves the company, who handed the case in, who gave the first opinion.
    """
    code = case.taxpayer.bureau.code
    posts = OfficerPost.objects.active().filter(post__in=DECIDING_POSTS)
    posts = posts.filter(Q(bureau__code=code) | Q(bureau__code=f"{code[:5]}000000"))
    own = Q(memberships__taxpayer=case.taxpayer_id) | Q(person__users__memberships__taxpayer=case.taxpayer_id)
    involved = [each for each in (actor, case.submitted_by, case.first_reviewer) if each is not None]
    same = Q(pk__in=[each.pk for each in involved])
    same |= Q(person__in=[each.person_id for each in involved if each.person_id is not None])
    left_out = User.objects.filter(own | same)
    found = User.objects.filter(is_staff=True, pk__in=posts.values("user_id")).exclude(pk__in=left_out.values("pk"))
    return found.order_by("display_name", "pk")
