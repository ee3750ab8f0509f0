"""Cameras, and where there is nothing to look for in their pictures."""

from typing import Any

from django.db import migrations, models

CAMERA: dict[str, Any] = {
    "id": models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    ),
    "name": models.CharField(
        help_text="what pictures of it are sent with, such as gate", max_length=60, unique=True
    ),
    "note": models.TextField(blank=True, max_length=2000),
    "areas": models.TextField(
        blank=True,
        help_text="a line each: x0,y0,x1,y1 in pixels, or in parts of the picture: 0,0,100%,8%",
        max_length=4000,
        verbose_name="masked areas",
    ),
    "mask_png": models.BinaryField(blank=True, null=True),
}


class Migration(migrations.Migration):
    """Cameras."""

    dependencies = (("registry", "0001_initial"),)

    operations = (migrations.CreateModel("Camera", [*CAMERA.items()], {"ordering": ("name",)}),)
