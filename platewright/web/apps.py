"""The page and the registry as apps of Django, which finds their templates and tables by them."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The page and the API."""

    name = "platewright.web"
    label = "web"
    verbose_name = "Platewright"


class RegistryConfig(AppConfig):
    """Vehicles and sightings."""

    name = "platewright.web.registry"
    label = "registry"
    verbose_name = "Registry"

    def ready(self) -> None:
        """Let the look-up notice every change of a vehicle, and the database every deletion."""
        from platewright.web.database import watch_file
        from platewright.web.registry.lookup import watch_changes, watch_deletions

        watch_file()
        watch_changes()
        watch_deletions()
