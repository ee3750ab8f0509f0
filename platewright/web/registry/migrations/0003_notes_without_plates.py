"""What the admin noted of changes loses its plates, and pictures go that nothing shows any more."""

from typing import Any

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat


def without_plates(apps: Any, _: Any) -> None:
    """Name what was changed by its kind and key alone."""
    notes = apps.get_model("admin", "LogEntry").objects
    for kind in ("vehicle", "sighting"):
        of_kind = notes.filter(content_type__app_label="registry", content_type__model=kind)
        of_kind.update(object_repr=Concat(Value(f"{kind} "), "object_id"))
    apps.get_model("registry", "Picture").objects.filter(sightings__isnull=True).delete()


class Migration(migrations.Migration):
    """Notes without plates."""

    dependencies = (
        ("registry", "0002_camera"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    )

    operations = (migrations.RunPython(without_plates, migrations.RunPython.noop),)
