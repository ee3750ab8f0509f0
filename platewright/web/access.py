"""Who may see the registry and keep sightings: everybody, where that is set; else who logs in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

__all__ = ["access", "guarded", "has_token", "may_see"]


def may_see(request: HttpRequest) -> bool:
    """Tell whether a request may see the registry: holders are people."""
    if settings.OPEN or has_token(request):
        return True
    user = getattr(request, "user", None)
    return bool(user and user.is_active and user.is_staff)


def has_token(request: HttpRequest) -> bool:
    """Tell whether a request bears the token (RFC 6750): `Authorization: Bearer ...`."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return (
        bool(settings.TOKEN)
        and kind.lower() == "bearer"
        and compare_digest(given.strip().encode(), settings.TOKEN.encode())
    )


def access(request: HttpRequest) -> dict[str, Any]:
    """Tell templates whether the registry may be seen, and whether everybody may see it."""
    return {"may_see": may_see(request), "open_access": settings.OPEN}


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send who may not see the registry to log in first."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if may_see(request):
            return view(request, *args, **kwargs)
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)

    return wrapped
