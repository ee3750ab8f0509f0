"""The page as an app of Django: its templates and static files are found by it."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["WebConfig"]


class WebConfig(AppConfig):
    """The page and the API."""

    name = "platewright.web"
    label = "web"
    verbose_name = "Platewright"
