"""Every provider in the folder, by kind."""

from __future__ import annotations

from ..kernel.plugins import Registry, load_all
from . import providers
from .ports import PROVIDERS, Provider


def all_providers() -> Registry[type[Provider]]:
    """Load the folder (once; imports are cached) and hand out the registry."""
    load_all(providers)
    return PROVIDERS
