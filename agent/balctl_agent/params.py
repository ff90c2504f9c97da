"""The validator of command parameters: the agent's own check, whatever the control plane already did."""

from __future__ import annotations

import re

from .errors import JobRefused

KINDS = ("string", "integer", "boolean")
LONGEST_TEXT = 4096


def check_params(specs: dict[str, dict[str, object]], given: object) -> dict[str, object]:
    """Checked values with defaults filled in. JobRefused names the parameter and what it may be."""
    if not isinstance(given, dict):
        raise JobRefused("params_invalid", "params must be an object")
    unknown = sorted(str(name)[:40] for name in given if name not in specs)
    if unknown:
        raise JobRefused(
            "params_invalid", f"unknown parameter {unknown[0]!r}; known are {', '.join(sorted(specs)) or 'none'}"
        )
    checked: dict[str, object] = {}
    for name, spec in specs.items():
        if name in given:
            checked[name] = check_value(name, spec, given[name])
        elif "default" in spec:
            checked[name] = spec["default"]
        elif spec.get("required"):
            raise JobRefused("params_invalid", f"{name} is missing: {spec.get('help') or spec.get('title')}")
    return checked


def check_value(name: str, spec: dict[str, object], value: object) -> object:
    kind = spec["type"]
    if kind == "boolean":
        if not isinstance(value, bool):
            raise JobRefused("params_invalid", f"{name} must be true or false")
        return value
    if kind == "integer":
        if isinstance(value, bool) or not isinstance(value, int):
            raise JobRefused("params_invalid", f"{name} must be a whole number")
        low, high = spec.get("min"), spec.get("max")
        if (isinstance(low, int) and value < low) or (isinstance(high, int) and value > high):
            raise JobRefused("params_invalid", f"{name} must be from {low} to {high}")
    elif not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise JobRefused("params_invalid", f"{name} must be text")
    elif isinstance(spec.get("pattern"), str) and not re.fullmatch(str(spec["pattern"]), value):
        raise JobRefused("params_invalid", f"{name} is not allowed here: {spec.get('help') or spec['pattern']}")
    elif value.startswith("-") and not spec.get("dashAllowed"):
        raise JobRefused("params_invalid", f"{name} must not begin with a dash")  # it would read as an option
    choices = spec.get("choices")
    if isinstance(choices, list) and value not in choices:
        raise JobRefused("params_invalid", f"{name} must be one of {', '.join(map(str, choices))}")
    return value
