"""Django's admin for the registry: vehicles, in and out as CSV as well, cameras, and sightings."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from numpy.typing import NDArray

from platewright.errors import DatasetError, ImageError
from platewright.image import decode_image
from platewright.web.registry.lookup import remove_sightings
from platewright.web.registry.models import Camera, Sighting, Vehicle
from platewright.web.registry.vehicle_csv import COLUMNS, export_vehicles, import_vehicles

if TYPE_CHECKING:  # generic for the type checker alone
    VehicleBase = admin.ModelAdmin[Vehicle]
    SightingBase = admin.ModelAdmin[Sighting]
    CameraBase = admin.ModelAdmin[Camera]
    CameraFormBase = forms.ModelForm[Camera]
else:
    VehicleBase = SightingBase = CameraBase = admin.ModelAdmin
    CameraFormBase = forms.ModelForm

MASK_PIXELS = 20_000_000  #: Of a mask's picture as it is sent

admin.site.site_header = admin.site.site_title = "Platewright"
admin.site.index_title = "Registry"


class CsvForm(forms.Form):
    """A CSV file of vehicles."""

    file = forms.FileField(label="CSV file")


class WithoutPlates:
    """Notes who did what to which row, and never its plate: notes outlive what is deleted."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """Note that one was added."""
        return self._note(request, [obj], ADDITION, message)[0]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """Note that one was changed, and which fields of it."""
        return self._note(request, [obj], CHANGE, message)[0]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> list[LogEntry]:
        """Note that some were deleted."""
        return self._note(request, queryset, DELETION, "")

    def _note(
        self, request: HttpRequest, rows: Iterable[Model], action: int, message: Any
    ) -> list[LogEntry]:
        text = message if isinstance(message, str) else json.dumps(message)
        shared: dict[str, Any] = {"user_id": request.user.pk, "action_flag": action}
        return LogEntry.objects.bulk_create(
            LogEntry(
                content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk),
                object_repr=f"{row._meta.verbose_name} {row.pk}", change_message=text, **shared,
            )
            for row in rows
        )  # fmt: skip


@admin.register(Vehicle)
class VehicleAdmin(WithoutPlates, VehicleBase):
    """Vehicles."""

    list_display = ("plate", "region", "holder", "list", "valid_from", "valid_until")
    list_filter = ("list", "region")
    search_fields = ("plate", "holder", "note")
    change_list_template = "registry/vehicles.html"
    list_per_page = 100

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the CSV file before the others."""
        site = self.admin_site
        return [
            path("import/", site.admin_view(self.import_csv), name="registry_vehicle_import"),
            path("export/", site.admin_view(self.export_csv), name="registry_vehicle_export"),
            *super().get_urls(),
        ]

    def import_csv(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file, take it in, report its bad rows."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        form = CsvForm(request.POST or None, request.FILES or None)
        report = None
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            lines = io.TextIOWrapper(file.file, encoding="utf-8-sig", newline="")
            try:
                report = import_vehicles(lines, name=file.name)
            except DatasetError as error:
                form.add_error("file", str(error))
            else:
                if not report.bad:
                    self.message_user(request, f"{file.name}: {report}", messages.SUCCESS)
                    return redirect("admin:registry_vehicle_changelist")
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Import vehicles",
            "opts": self.model._meta,
            "form": form,
            "report": report,
            "columns": COLUMNS,
        }
        return render(request, "registry/import.html", context)

    def export_csv(self, request: HttpRequest) -> HttpResponse:
        """Send all vehicles."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = io.StringIO(newline="")
        export_vehicles(text)
        response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="vehicles.csv"'
        return response


class CameraForm(CameraFormBase):
    """A camera, and a picture of its mask."""

    mask_picture = forms.FileField(
        required=False, help_text="black where nothing is looked for; of any size"
    )
    without_picture = forms.BooleanField(required=False, label="Take the mask picture away")

    class Meta:
        """Its fields."""

        model = Camera
        fields = ("name", "note", "areas")

    def clean_mask_picture(self) -> NDArray[np.uint8] | None:
        """Return the picture, decoded."""
        file = self.cleaned_data["mask_picture"]
        if not file:
            return None
        try:
            return decode_image(io.BytesIO(file.read()), file.name, max_pixels=MASK_PIXELS)
        except ImageError as error:
            raise forms.ValidationError(str(error)) from None

    def save(self, commit: bool = True) -> Camera:
        """Take the picture over, too."""
        picture = self.cleaned_data["mask_picture"]
        if picture is not None or self.cleaned_data["without_picture"]:
            self.instance.set_mask_picture(picture)
        return super().save(commit)


@admin.register(Camera)
class CameraAdmin(CameraBase):
    """Cameras and their masks."""

    form = CameraForm
    list_display = ("name", "areas", "has_picture", "note")
    search_fields = ("name", "note")

    @admin.display(boolean=True, description="mask picture")
    def has_picture(self, camera: Camera) -> bool:
        """Tell whether it has a picture of its mask."""
        return bool(camera.mask_png)


@admin.register(Sighting)
class SightingAdmin(WithoutPlates, SightingBase):
    """Sightings: to look at and to delete, never to write."""

    list_display = ("plate", "seen", "source", "confidence", "accepted", "region", "vehicle")
    list_filter = ("accepted", "region")
    search_fields = ("plate", "source")
    date_hierarchy = "seen"
    list_select_related = ("vehicle",)
    exclude = ("picture",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Sighting | None = None) -> bool:
        """What was read stays as it was read."""
        return False

    def delete_model(self, request: HttpRequest, obj: Sighting) -> None:
        """Forget one."""
        remove_sightings(Sighting.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Sighting]) -> None:
        """Forget some."""
        remove_sightings(queryset)
