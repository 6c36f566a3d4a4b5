"""Addresses of the officers' pages for clear-card cases; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from clearcard.views import officer

urlpatterns: list[URLPattern | URLResolver] = [
    path("queue/", officer.queue, name="clearcard-queue"),
    path("review/<str:number>/", officer.review, name="clearcard-review"),
    path("review/<str:number>/claim/", officer.claim, name="clearcard-claim"),
    path("review/<str:number>/release/", officer.release, name="clearcard-release"),
    path("review/<str:number>/approve/", officer.approve, name="clearcard-approve"),
    path("review/<str:number>/return/", officer.send_back, name="clearcard-return"),
    path("review/<str:number>/reject/", officer.reject, name="clearcard-reject"),
    path("review/<str:number>/note/", officer.note, name="clearcard-note"),
    path("review/<str:number>/materials/<int:pk>/", officer.material, name="clearcard-material"),
]
