"""What the registry holds: vehicles, cameras, sightings, and pictures where they were wanted."""

import io
import uuid
from datetime import date

import cv2
import numpy as np
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from numpy.typing import NDArray

from platewright.errors import ConfigError
from platewright.geometry import Box
from platewright.image import decode_image, encode_image
from platewright.reading.settings import Mask, dark, read_area
from platewright.region import region_codes
from platewright.web.registry.likelihood import LONGEST, normalize

MASK_PX = 640  #: The longer side of a mask's picture


class Vehicle(models.Model):
    """A vehicle that is known, by its plate and the region of it."""

    class List(models.TextChoices):
        """What is thought of it."""

        NONE = "", "no list"
        ALLOWED = "allowed", "allowed"
        WATCHED = "watched", "watched"
        BLOCKED = "blocked", "blocked"

    plate = models.CharField(
        max_length=40, help_text="letters and digits; spaces and dashes are taken out"
    )
    region = models.CharField(max_length=8, blank=True, help_text="such as GB; may be empty")
    holder = models.CharField(max_length=200, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    list = models.CharField(max_length=8, blank=True, choices=List.choices, default=List.NONE)
    valid_from = models.DateField(null=True, blank=True, help_text="its list counts from this day")
    valid_until = models.DateField(null=True, blank=True, help_text="to this day, itself included")
    created = models.DateTimeField(auto_now_add=True, editable=False)
    changed = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        """Order and what may stand only once."""

        ordering = ("plate", "region")
        constraints = (
            models.UniqueConstraint(
                fields=("plate", "region"),
                name="vehicle_once",
                violation_error_message="This plate of this region is there already.",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="vehicle_valid_span",
                violation_error_message="It is valid until before it is valid from.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.plate} ({self.region})" if self.region else self.plate

    def clean_fields(self, exclude: set[str] | None = None) -> None:  # type: ignore[override]
        """Check every field; the plate and the region are brought into their stored form.

        Raises:
            ValidationError: with the faults of each field.
        """
        faults: dict[str, str] = {}
        try:
            self.plate = normalize(self.plate)
        except ValueError as error:
            faults["plate"] = str(error)
        self.region = self.region.strip().upper()
        if self.region and self.region not in region_codes():
            faults["region"] = f"{self.region!r} is no region that is described; leave it empty"
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as error:
            raise ValidationError({**error.message_dict, **faults}) from None
        if faults:
            raise ValidationError(faults)

    def standing(self, day: date | None = None) -> str:
        """Return its list on a day (today); `expired` or `not yet valid` outside its span."""
        day = day or timezone.localdate()
        if self.valid_from and day < self.valid_from:
            return "not yet valid"
        if self.valid_until and day > self.valid_until:
            return "expired"
        return self.list


class Camera(models.Model):
    """A camera whose pictures are sent to be read, and where in them there is nothing to look for.

    Clocks, names and signs that always stand at the same place are masked.
    """

    name = models.CharField(
        max_length=60, unique=True, help_text="what pictures of it are sent with, such as gate"
    )
    note = models.TextField(max_length=2000, blank=True)
    areas = models.TextField(
        "masked areas",
        max_length=4000,
        blank=True,
        help_text="a line each: x0,y0,x1,y1 in pixels, or in parts of the picture: 0,0,100%,8%",
    )
    mask_png = models.BinaryField(null=True, blank=True)

    class Meta:
        """By name."""

        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: set[str] | None = None) -> None:  # type: ignore[override]
        """Check every field.

        Raises:
            ValidationError: with the faults of each field.
        """
        self.name = self.name.strip()
        super().clean_fields(exclude=exclude)
        if not self.name.isprintable():
            raise ValidationError({"name": "letters, digits, spaces and signs in one line"})
        try:
            self._areas()
        except ConfigError as error:
            raise ValidationError({"areas": str(error)}) from None

    def mask(self) -> Mask | None:
        """Return where nothing is looked for; None: it is looked for everywhere."""
        areas = self._areas()
        pictures = []
        if self.mask_png:
            png = io.BytesIO(bytes(self.mask_png))
            pictures.append(dark(decode_image(png, f"{self.name}'s mask")))
        if not areas and not pictures:
            return None
        return Mask(
            boxes=tuple(box for box, _ in areas),
            relative=tuple(part for _, part in areas),
            pictures=tuple(pictures),
        )

    def set_mask_picture(self, picture: NDArray[np.uint8] | None) -> None:
        """Take a picture uint8 (H, W, 3), black where nothing is looked for; None: take it away.

        It is kept small: readings are masked by their middles, and pictures of any size by it.
        """
        if picture is None:
            self.mask_png = None
            return
        height, width = picture.shape[:2]
        scale = min(MASK_PX / max(height, width), 1.0)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        grey = np.where(dark(picture), 0, 255).astype(np.uint8)
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        self.mask_png = encode_image(np.asarray(small, np.uint8), ".png")

    def _areas(self) -> list[tuple[Box, bool]]:
        return [read_area(line.strip()) for line in self.areas.splitlines() if line.strip()]


class Picture(models.Model):
    """A photo that was kept because somebody asked for it: scaled down, without its metadata."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    jpeg = models.BinaryField()

    def __str__(self) -> str:
        return str(self.id)


class Sighting(models.Model):
    """A plate that was read, once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plate = models.CharField(max_length=LONGEST, db_index=True)
    confidence = models.FloatField()
    presence = models.FloatField()
    accepted = models.BooleanField()
    region = models.CharField(max_length=8, blank=True)
    characters = models.JSONField(
        default=list, help_text="each character with its probability and the alternatives"
    )
    seen = models.DateTimeField(default=timezone.now, db_index=True)
    source = models.CharField(max_length=300, blank=True)
    frames = models.PositiveIntegerField(default=1, help_text="of a video that showed it")
    vehicle = models.ForeignKey(
        Vehicle, null=True, blank=True, on_delete=models.SET_NULL, related_name="sightings"
    )
    probability = models.FloatField(
        default=0.0, help_text="that it is this vehicle, among all and strangers"
    )
    ratio = models.FloatField(
        null=True, blank=True, help_text="log10 of the vehicle's likelihood over a stranger's"
    )
    picture = models.ForeignKey(
        Picture, null=True, blank=True, on_delete=models.SET_NULL, related_name="sightings"
    )

    class Meta:
        """The newest first."""

        ordering = ("-seen", "id")

    def __str__(self) -> str:
        return f"{self.plate}, {timezone.localtime(self.seen):%Y-%m-%d %H:%M}"


class Revision(models.Model):
    """One row that changes with every vehicle: it dates what the look-up has in memory."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.value)
