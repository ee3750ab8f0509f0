"""Tiny exported networks, as those that the networks themselves are tested with."""

from __future__ import annotations

from tests.network.conftest import exported

__all__ = ["exported"]
