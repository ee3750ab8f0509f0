"""`{{ probability|percent }}`: a probability as people read it."""

from __future__ import annotations

from django import template

__all__ = ["percent", "register"]

register = template.Library()


@register.filter
def percent(probability: float) -> str:
    """Return a probability in per cent; near 0 and 1 it says no more than it knows.

    >>> percent(0.5), percent(0.9996), percent(0.0004)
    ('50 %', '> 99.9 %', '< 0.1 %')
    """
    if probability > 0.999:
        return "> 99.9 %"
    if probability < 0.001:
        return "< 0.1 %"
    return f"{100 * probability:.3g} %"
