"""The first tables."""

import uuid
from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

LISTS = (("", "no list"), ("allowed", "allowed"), ("watched", "watched"), ("blocked", "blocked"))
KEY = models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)
NUMBER = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)
ONCE = models.UniqueConstraint(
    fields=("plate", "region"),
    name="vehicle_once",
    violation_error_message="This plate of this region is there already.",
)
SPAN = models.CheckConstraint(
    condition=models.Q(
        ("valid_from__isnull", True),
        ("valid_until__isnull", True),
        ("valid_until__gte", models.F("valid_from")),
        _connector="OR",
    ),
    name="vehicle_valid_span",
    violation_error_message="It is valid until before it is valid from.",
)
VEHICLE: dict[str, Any] = {
    "id": NUMBER,
    "plate": models.CharField(
        help_text="letters and digits; spaces and dashes are taken out", max_length=40
    ),
    "region": models.CharField(blank=True, help_text="such as GB; may be empty", max_length=8),
    "holder": models.CharField(blank=True, max_length=200),
    "note": models.TextField(blank=True, max_length=2000),
    "list": models.CharField(blank=True, choices=LISTS, default="", max_length=8),
    "valid_from": models.DateField(
        blank=True, help_text="its list counts from this day", null=True
    ),
    "valid_until": models.DateField(
        blank=True, help_text="to this day, itself included", null=True
    ),
    "created": models.DateTimeField(auto_now_add=True),
    "changed": models.DateTimeField(auto_now=True),
}
GONE = django.db.models.deletion.SET_NULL
SIGHTING: dict[str, Any] = {
    "id": KEY.clone(),
    "plate": models.CharField(db_index=True, max_length=12),
    "confidence": models.FloatField(),
    "presence": models.FloatField(),
    "accepted": models.BooleanField(),
    "region": models.CharField(blank=True, max_length=8),
    "characters": models.JSONField(
        default=list, help_text="each character with its probability and the alternatives"
    ),
    "seen": models.DateTimeField(db_index=True, default=django.utils.timezone.now),
    "source": models.CharField(blank=True, max_length=300),
    "frames": models.PositiveIntegerField(default=1, help_text="of a video that showed it"),
    "probability": models.FloatField(
        default=0.0, help_text="that it is this vehicle, among all and strangers"
    ),
    "ratio": models.FloatField(
        blank=True, help_text="log10 of the vehicle's likelihood over a stranger's", null=True
    ),
    "picture": models.ForeignKey(
        blank=True, null=True, on_delete=GONE, related_name="sightings", to="registry.picture"
    ),
    "vehicle": models.ForeignKey(
        blank=True, null=True, on_delete=GONE, related_name="sightings", to="registry.vehicle"
    ),
}
REVISION: dict[str, Any] = {
    "id": models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
    "value": models.UUIDField(default=uuid.uuid4),
}


class Migration(migrations.Migration):
    """Vehicles, sightings, pictures, and the look-up's revision."""

    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel("Picture", [("id", KEY), ("jpeg", models.BinaryField())]),
        migrations.CreateModel("Revision", [*REVISION.items()]),
        migrations.CreateModel(
            "Vehicle",
            [*VEHICLE.items()],
            {"ordering": ("plate", "region"), "constraints": [ONCE, SPAN]},
        ),
        migrations.CreateModel("Sighting", [*SIGHTING.items()], {"ordering": ("-seen", "id")}),
    )
