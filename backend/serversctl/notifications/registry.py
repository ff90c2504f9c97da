"""Every channel in the folder, by kind."""

from __future__ import annotations

from typing import Any

from ..kernel.plugins import Registry, load_all
from . import channels
from .ports import CHANNELS


def all_channels() -> Registry[type[Any]]:
    """Load the folder (once; imports are cached) and hand out the registry."""
    load_all(channels)
    return CHANNELS
