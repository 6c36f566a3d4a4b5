"""Addresses of the pages that show several applications together."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from taxhall import gallery, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("desk/", views.desk, name="desk"),
    path("help/", views.help_home, name="help"),
    path("help/<slug:slug>/", views.help_topic, name="help-topic"),
    path("preferences/text-size/", views.text_size, name="text-size"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("demo/clock/", views.move_demo_clock, name="demo-clock"),
]
