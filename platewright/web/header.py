"""Headers that tell browsers what a page of ours may do: little, and nothing with other sites."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

__all__ = ["SecurityHeaders"]

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


class SecurityHeaders:
    """Middleware that adds them to every answer; nothing personal stays in a cache.

    Args:
        get_response: the rest of the chain.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Join the policies."""
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
