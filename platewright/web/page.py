"""The pages: read pictures, read from a camera, look at what was kept.

Of a picture they show its plates, outlined, and of each its crop and characters.
"""

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django import template
from django.conf import settings
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from numpy.typing import NDArray

from platewright.errors import PlatewrightError
from platewright.image import encode_image
from platewright.output.annotation import annotate, confidence_colour
from platewright.reading.straighten import rectify
from platewright.record import Reading
from platewright.region import jurisdictions
from platewright.synth.street.picture import draw_street
from platewright.text import percent
from platewright.web.database import check_database
from platewright.web.metric import exposition
from platewright.web.picture_reader import Shot
from platewright.web.problem import problem, wants_fragment
from platewright.web.registry.likelihood import SEPARATORS
from platewright.web.registry.lookup import Found, remove_sightings, waiting
from platewright.web.registry.models import Camera, Picture, Sighting
from platewright.web.request import Answer, loaded, read_all, uploads
from platewright.web.security import away, guarded, may_see

EXAMPLE_SEED = 7  #: The street that `make demo` draws
PER_PAGE = 25
LONGEST_SEARCH = 60
register = template.Library()
register.filter("percent", percent)


@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
def read(request: HttpRequest) -> HttpResponse:
    """Show the form; read what it sends and show that below it, or alone for the page's script."""
    if request.method != "POST":
        return render(request, "web/read.html", _form(request))
    keep, camera = bool(request.POST.get("keep")), request.POST.get("camera", "")
    gone = away(request)
    if gone:
        keep, camera = False, ""
    if keep and not may_see(request):
        return problem(request, PlatewrightError("log in to keep what is read"), 403)
    if camera and not may_see(request):
        return problem(request, PlatewrightError("log in to use the registry's cameras"), 403)
    try:
        answers = read_all(
            request, uploads(request), region=request.POST.get("region", ""), camera=camera,
            look_up=may_see(request), keep=keep, everything=bool(request.POST.get("all")),
            keep_photo=bool(request.POST.get("keep_photo")),
        )  # fmt: skip
    except PlatewrightError as error:
        return problem(request, error)
    if gone:
        told = f"{str(gone).partition(';')[0]}; nothing was looked up, nor kept"
        answers = [replace(answer, registry=told) for answer in answers]
    return _result(request, answers)


@require_POST
def example(request: HttpRequest) -> HttpResponse:
    """Read a drawn street, for who has no picture at hand."""
    return _result(
        request, read_all(request, [("street.jpg", _street())], look_up=may_see(request))
    )


@ensure_csrf_cookie
@require_safe
def camera(request: HttpRequest) -> HttpResponse:
    """Show the page that reads from the camera of the device."""
    return render(request, "web/camera.html", _form(request))


@guarded
@require_safe
def sightings(request: HttpRequest) -> HttpResponse:
    """List what was kept, the newest first; `q` searches plates, sources and holders."""
    search = request.GET.get("q", "").replace("\0", "")[:LONGEST_SEARCH].strip()
    rows = Sighting.objects.select_related("vehicle").defer("characters")
    if search:
        bare = "".join(char for char in search if char not in SEPARATORS)
        rows = (
            rows.filter(plate__icontains=bare or search)
            | rows.filter(source__icontains=search)
            | rows.filter(vehicle__holder__icontains=search)
            | rows.filter(vehicle__plate__icontains=bare or search)
        )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    query = urlencode({"q": search}) if search else ""
    return render(request, "web/sightings.html", {"page": page, "search": search, "query": query})


@guarded
@require_safe
def sighting(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """Show one sighting."""
    found = get_object_or_404(Sighting.objects.select_related("vehicle"), pk=number)
    return render(request, "web/sighting.html", {"sighting": found, "bars": bars(found.characters)})


@guarded
@require_POST
def forget(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """Delete one sighting, and its picture where no other one has it."""
    remove_sightings(Sighting.objects.filter(pk=number))
    return redirect("sightings")


@guarded
@require_safe
def photo(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """Send the picture that was kept with a sighting."""
    found = get_object_or_404(Picture, sightings__pk=number)
    response = HttpResponse(bytes(found.jpeg), content_type="image/jpeg")
    response["Content-Disposition"] = 'inline; filename="sighting.jpg"'
    return response


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Say whether the server can do its work: its database takes what it gets, and it can read."""
    try:
        check_database()
        database = not waiting()
    except DatabaseError:
        database = False
    whole = database and loaded()
    state = "ok" if whole else "database" if not database else "starting"
    return HttpResponse(state + "\n", content_type="text/plain", status=200 if whole else 503)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Send what was counted."""
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


@cache
def _street() -> bytes:
    """Return the drawn street, as a JPEG file."""
    rng = np.random.default_rng([EXAMPLE_SEED, 0])
    return encode_image(draw_street(rng)[0], ".jpg", 95)


def _cameras() -> list[str]:
    """Return the names of the registry's cameras; none where the database can't tell."""
    try:
        return list(Camera.objects.values_list("name", flat=True))
    except DatabaseError:
        return []


def _form(request: HttpRequest) -> dict[str, object]:
    """Return what the form needs."""
    return {
        "regions": jurisdictions(),
        "region": request.POST.get("region", ""),
        "cameras": _cameras() if may_see(request) else [],
        "camera": request.POST.get("camera", ""),
        "all": bool(request.POST.get("all")),
        "keep": bool(request.POST.get("keep")),
        "keep_photo": bool(request.POST.get("keep_photo")),
        "max_pictures": settings.MAX_PICTURES,
        "max_bytes": settings.MAX_PICTURE_BYTES,
        "max_mb": f"{settings.MAX_PICTURE_BYTES / 1e6:g}",
    }


def _result(request: HttpRequest, answers: list[Answer]) -> HttpResponse:
    """Show what was read."""
    cards = [
        {
            "answer": answer,
            "card": picture_card(answer.shot, answer.found, answer.sightings)
            if answer.shot
            else None,
        }
        for answer in answers
    ]
    status = 200 if any(answer.shot for answer in answers) else 422
    if wants_fragment(request):
        return render(request, "web/_result.html", {"cards": cards}, status=status)
    return render(request, "web/read.html", {**_form(request), "cards": cards}, status=status)


BAR_PX = 56  #: Height of a bar of probability 1, in units of its drawing
CROP_PX = 96
WIDEST, NARROWEST = 6.5, 0.8
MARGIN = (0.03, 0.08)
QUALITY = 88


@dataclass(frozen=True)
class Bar:
    """A character and how probable it is."""

    char: str  #: the chosen one
    percent: str  #: its probability, as it is written
    height: float  #: of the bar, 0 to `BAR_PX`
    colour: str  #: of the bar
    #: (character, percent, length 0-100) of the most probable ones
    alternatives: tuple[tuple[str, str, float], ...]

    @property
    def top(self) -> float:
        """Where the bar begins."""
        return round(BAR_PX - self.height, 2)


@dataclass(frozen=True)
class PlateCard:
    """A plate as it is shown."""

    reading: Reading
    crop: str
    bars: tuple[Bar, ...]
    found: Found | None
    sighting: Any = None


@dataclass(frozen=True)
class PictureCard:
    """A picture as it is shown."""

    shot: Shot  #: what was read
    picture: str  #: the annotated picture, a data URL: the server keeps nothing to be fetched later
    plates: tuple[PlateCard, ...]  #: one card per plate

    @property
    def seconds(self) -> str:
        """How long it took."""
        return f"{self.shot.photo.ms / 1000:.1f}"


def picture_card(
    shot: Shot, found: Sequence[Found | None], sightings: Sequence[Any] = ()
) -> PictureCard:
    """Return the card of a picture.

    Args:
        found: the registered vehicle of each reading.
        sightings: what was kept of each, None where nothing was; empty: nothing was of any.
    """
    readings = [replace(reading, quad=reading.quad * shot.scale) for reading in shot.photo.readings]
    plates = tuple(
        PlateCard(
            reading=reading,
            crop=_data_url(_crop(shot.image, reading)),
            bars=bars(reading.as_dict()["characters"]),
            found=vehicle,
            sighting=sightings[k] if sightings else None,
        )
        for k, (reading, vehicle) in enumerate(zip(readings, found, strict=True))
    )
    return PictureCard(shot, _data_url(annotate(shot.image, readings)), plates)


def bars(characters: Sequence[dict[str, Any]]) -> tuple[Bar, ...]:
    """Return the bars of a reading's characters, given in their JSON form."""
    found = []
    for each in characters:
        probability = float(each["probability"])
        red, green, blue = confidence_colour(probability)
        found.append(
            Bar(
                char=each["char"],
                percent=percent(probability),
                height=round(max(probability, 0.02) * BAR_PX, 2),
                colour=f"#{red:02x}{green:02x}{blue:02x}",
                alternatives=tuple(
                    (char, percent(p), round(100 * p, 1)) for char, p in each["alternatives"]
                ),
            )
        )
    return tuple(found)


def _crop(image: NDArray[np.uint8], reading: Reading) -> NDArray[np.uint8]:
    """Return the plate, straightened, in colour."""
    sides = np.linalg.norm(np.roll(reading.quad, -1, axis=0) - reading.quad, axis=1)
    wide, high = sides[[0, 2]].mean(), max(sides[[1, 3]].mean(), 1.0)
    width = round(CROP_PX * float(np.clip(wide / high, NARROWEST, WIDEST)))
    try:
        return rectify(image, reading.quad, (CROP_PX, width), MARGIN)[0]
    except ValueError:  # corners on a line
        x0, y0, x1, y1 = (max(round(v), 0) for v in reading.box)
        part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
        return part if part.size else image[:1, :1]


def _data_url(image: NDArray[np.uint8]) -> str:
    data = base64.b64encode(encode_image(image, ".jpg", QUALITY)).decode("ascii")
    return f"data:image/jpeg;base64,{data}"
