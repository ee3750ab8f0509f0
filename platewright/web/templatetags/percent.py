"""`{{ probability|percent }}`: a probability as people read it."""

from __future__ import annotations

from django import template

from platewright import text

__all__ = ["percent", "register"]

register = template.Library()


@register.filter
def percent(probability: float) -> str:
    """Return a probability in per cent, as it is told everywhere.

    >>> percent(0.9996)
    '99.9%'
    """
    return text.percent(probability)
