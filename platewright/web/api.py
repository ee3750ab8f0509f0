"""The API, version 1: pictures in, readings out; what the registry knows of a plate."""

from datetime import date, datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from ninja import Field, NinjaAPI, Schema, Status
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema

from platewright import __version__
from platewright.errors import PlatewrightError
from platewright.web.problem import DatabaseGoneError, RequestError, problem
from platewright.web.registry.likelihood import normalize
from platewright.web.registry.models import Sighting
from platewright.web.registry.models import Vehicle as VehicleRow
from platewright.web.request import Answer, read_all, uploads
from platewright.web.security import has_token, may_see


class Problem(Schema):
    """Why a request was refused, in a line."""

    detail: str


class Character(Schema):
    """One character: the chosen one, and the most probable ones with their probabilities."""

    char: str
    probability: float
    alternatives: list[tuple[str, float]]


class Registered(Schema):
    """What a registry's row says of a vehicle."""

    plate: str
    region: str
    holder: str
    note: str
    list: str
    standing: str


class Record(Registered):
    """The registered vehicle that a reading is taken for.

    `standing` is its list today, or `expired`, or `not yet valid`. `log10_ratio` compares it with
    a vehicle that is not registered.
    """

    exact: bool
    probability: float
    log10_ratio: float


class Plate(Schema):
    """A plate: box and quad in pixels of the picture as it is shown, box half-open."""

    text: str
    confidence: float
    presence: float
    accepted: bool
    complete: bool
    lines: list[str]
    groups: list[str]
    region: str
    region_probability: float
    box: list[float]
    quad: list[list[float]]
    characters: list[Character]
    record: Record | None = None
    sighting: str | None = None


class PictureOut(Schema):
    """A picture: its plates, or why it can't be read."""

    file: str
    width: int | None = None
    height: int | None = None
    ms: float | None = None
    plates: list[Plate] = Field(default_factory=list)
    error: str | None = None
    registry: str | None = Field(None, description="why nothing was looked up or kept")


class Readings(Schema):
    """All pictures of a request, in its order.

    `registry` is empty where it was asked whose vehicles these are, else how that is had.
    """

    pictures: list[PictureOut]
    registry: str = ""


class Vehicle(Registered):
    """A registered vehicle."""

    valid_from: date | None
    valid_until: date | None


class PlateOut(Schema):
    """What the registry knows of a plate."""

    plate: str
    vehicles: list[Vehicle]
    sightings: int
    last_seen: datetime | None


BINARY = {"type": "string", "format": "binary"}
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "array", "items": BINARY, "minItems": 1}},
                "additionalProperties": {"type": "array", "items": BINARY},
                "required": ["file"],
            }
        },
        "application/octet-stream": {"schema": BINARY},
        "image/*": {"schema": BINARY},
    },
}
TOKEN = {
    "components": {
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "Needed to keep readings and, where one has to log in, to see "
                "the registry. It is in the file `token` of the server's data folder.",
            }
        }
    }
}
LOCKED = (
    "whose vehicles plates are is told to who sends the header Authorization: Bearer TOKEN, with "
    "what is in the file token of the server's data folder (manage.py setup says where that is)"
)
SECURITY: dict[str, Any] = {"security": [{}, {"token": []}]}


class DescribedOnce(NinjaAPI):
    """An API whose schema is made once: it takes long enough for some clients to stop the rest."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._schemas: dict[str, OpenAPISchema] = {}

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """See `NinjaAPI`."""
        prefix = path_prefix or self.get_root_path(path_params or {})
        if prefix not in self._schemas:
            self._schemas[prefix] = super().get_openapi_schema(path_prefix=prefix)
        return self._schemas[prefix]


api = DescribedOnce(
    title="Platewright",
    version=__version__,
    description="Finds and reads number plates. Coordinates are pixels of the picture as it is "
    "shown; probabilities are 0-1. A registry says whose vehicles they are: with the token, which "
    "`manage.py setup` tells, or where the server is open to all.",
    docs_url="/docs",
    openapi_extra=TOKEN,
)


@api.exception_handler(PlatewrightError)
def refuse(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer what a client did wrong."""
    told = error if isinstance(error, PlatewrightError) else RequestError(str(error))
    return problem(request, told)


@api.exception_handler(DatabaseError)
def gone(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer while the registry's database can't."""
    told = error if isinstance(error, DatabaseError) else DatabaseError(str(error))
    return problem(request, DatabaseGoneError(told))


@api.exception_handler(ValidationError)
def misfit(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer parameters that are none."""
    faults = error.errors if isinstance(error, ValidationError) else []
    names = ", ".join(str(fault["loc"][-1]) for fault in faults)
    return problem(request, RequestError(f"parameters that can't be used: {names}"), 422)


@api.post(
    "/read",
    response={
        200: Readings,
        422: Readings | Problem,
        frozenset({400, 403, 411, 413, 429, 503}): Problem,
    },
    openapi_extra={"requestBody": BODY, **SECURITY},
    summary="Read pictures",
)
def read(
    request: HttpRequest,
    region: str = "",
    camera: str = "",
    all: bool = False,
    keep: bool = False,
    keep_photo: bool = False,
) -> Status[dict[str, Any]]:
    """Find and read the plates of one picture or several.

    Send a form with files in any fields, or the bytes of one picture as the body. With `region`
    (`GB`) texts are read that fit that region's syntaxes. With `camera` the mask of that camera of
    the registry counts, and its name is the source of what is kept; this is for who may see the
    registry. With `all` what is no plate most likely is told as well. With `keep`, which needs the
    token, the readings are kept as sightings, and with `keep_photo` the picture, too; else nothing
    is kept.
    """
    _check_query(request, "region", "camera", "all", "keep", "keep_photo")
    if keep and not has_token(request):
        raise _forbidden("keeping readings needs the token")
    seen = may_see(request)
    if camera and not seen:
        raise _forbidden("the registry's cameras need the token")
    pictures = uploads(request)
    if request.POST:
        name = next(iter(request.POST))
        where = "a field of the form and no file; parameters stand in the address"
        raise RequestError(f"{name[:40]!r} is {where}")
    answers = read_all(
        request, pictures, region=region, camera=camera, look_up=seen, everything=all,
        keep=keep, keep_photo=keep_photo,
    )  # fmt: skip
    whole = any(answer.shot for answer in answers)
    told = {
        "pictures": [_picture(answer) for answer in answers],
        "registry": "" if seen else LOCKED,
    }
    return Status(200 if whole else 422, told)


@api.get(
    "/plates/{text}",
    response={200: PlateOut, frozenset({400, 403, 404, 422, 503}): Problem},
    openapi_extra=SECURITY,
    summary="Look a plate up",
)
def plate(request: HttpRequest, text: str) -> dict[str, Any]:
    """Say what the registry knows of a plate, and how often it was seen."""
    _check_query(request)
    if not may_see(request):
        raise _forbidden("the registry needs the token")
    try:
        wanted = normalize(text)
    except ValueError as error:
        raise RequestError(str(error)) from None
    vehicles = list(VehicleRow.objects.filter(plate=wanted))
    seen = Sighting.objects.filter(plate=wanted).order_by("-seen")
    count, last = seen.count(), seen.first()
    if not vehicles and not count:
        missing = RequestError(f"{wanted}: neither registered nor seen")
        missing.status = 404
        raise missing
    return {
        "plate": wanted,
        "vehicles": vehicles,
        "sightings": count,
        "last_seen": last.seen if last else None,
    }


def _check_query(request: HttpRequest, *known: str) -> None:
    """Raise RequestError where an address has a parameter that means nothing, or has one twice."""
    for name, values in request.GET.lists():
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "there is none"
            raise RequestError(f"{name[:40]!r}: no such parameter; {there}")
        if len(values) > 1:
            raise RequestError(f"{name!r}: given {len(values)} times")


def _forbidden(line: str) -> RequestError:
    error = RequestError(f"{line}: {LOCKED}")
    error.status = 403
    return error


def _picture(answer: Answer) -> dict[str, Any]:
    """Return a picture's JSON form."""
    if answer.shot is None:
        return {"file": answer.name, "error": answer.error}
    values = answer.shot.photo.as_dict()
    for k, (values_of_plate, found) in enumerate(zip(values["plates"], answer.found, strict=True)):
        values_of_plate["record"] = found.as_dict() if found else None
        kept = answer.sightings[k] if answer.sightings else None
        values_of_plate["sighting"] = None if kept is None else str(kept.pk)
    values["registry"] = answer.registry or None
    return values
