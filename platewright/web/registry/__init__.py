"""The vehicle registry: an app of Django, which finds its templates and tables by this."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Vehicles and sightings."""

    name = "platewright.web.registry"
    verbose_name = "Registry"

    def ready(self) -> None:
        """Let the look-up notice every change of a vehicle, and the database every deletion."""
        from platewright.web.database import watch_file
        from platewright.web.registry.lookup import watch

        watch_file()
        watch()
