"""Who may see the registry, and what browsers may do with a page of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""Content Security Policy Level 3 (W3C): scripts, styles and pictures from here alone."""
# Swagger UI, the page of the API, writes styles into its elements.
DOCUMENTATION = POLICY | {"style-src": "'self' 'unsafe-inline'"}
PERMISSIONS = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"


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


class SecurityHeaders:
    """Middleware that adds them to every answer; nothing personal stays in a cache.

    Args:
        get_response: the rest of the chain.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy, self.documentation = (
            "; ".join(f"{name} {value}" for name, value in policy.items())
            for policy in (POLICY, DOCUMENTATION)
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers added."""
        response = self.get_response(request)
        docs = request.path.startswith("/api/") and request.path.endswith("/docs")
        response["Content-Security-Policy"] = self.documentation if docs else self.policy
        response["Permissions-Policy"] = PERMISSIONS
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
