"""Explain JSON Schema errors of network files in words, with what to do about them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from knowledge.model.problems import Complaint, nearest

_SCHEMA: Final = Path(__file__).parents[1] / "schemas" / "network.schema.json"
_LONGEST: Final = 60  # characters of a wrong value that a message repeats


def against_schema(value: Any) -> Iterator[Complaint]:
    """Yield the schema errors of *value*, the content of a network file."""
    if not isinstance(value, dict):
        yield Complaint((), "holds no network: start with `id:`, `title:`, `edges:`, `services:`, `media:`")
        return
    schema = json.loads(_SCHEMA.read_text("utf-8"))
    for error in Draft202012Validator(schema).iter_errors(value):
        yield from _in_words(best_match([error]) or error)


def _in_words(error: ValidationError) -> Iterator[Complaint]:
    path = tuple(error.absolute_path)
    where = ".".join(str(part) for part in path) or "the file"
    visible = _short(error.instance)
    asked: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            known = list(_mapping(_mapping(error.schema).get("properties")))
            for key in sorted(set(_mapping(error.instance)) - set(known)):
                hint = nearest(key, known) or f"; known are {', '.join(known)}"
                yield Complaint((*path, key), f"unknown key {_short(key)} in {where}{hint}")
        case "required":
            missing = [key for key in asked if key not in _mapping(error.instance)]
            yield Complaint(path, f"{where} lacks {', '.join(missing)}")
        case "enum":
            known = [str(item) for item in asked]
            hint = nearest(str(error.instance), known)
            yield Complaint(path, f"{where} is {visible}, and must be one of {', '.join(known)}{hint}")
        case "pattern" | "const" | "propertyNames":
            yield Complaint(path, f"{where} is {visible}, and must look like {_form(error)}")
        case "type":
            yield Complaint(path, f"{where} is {visible}, and must be of type {asked}")
        case "minimum" | "maximum" | "exclusiveMinimum":
            yield Complaint(
                path, f"{where} is {visible}, and must be {_LIMITS[str(error.validator)]} {asked}"
            )
        case "minItems" | "maxItems" | "minProperties" | "minLength" | "maxLength":
            yield Complaint(path, f"{where} has not the right number of entries: {asked}")
        case _:
            yield Complaint(path, f"{where} is {visible}, which cannot be: see docs/network-files.md")


_LIMITS: Final = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above"}
_FORMS: Final = {
    "host": "a host name such as gateway.example",
    "cidr": "an address range such as 198.51.100.0/24",
    "address": "an address such as 198.51.100.7",
    "name": "a name of lower-case letters, digits and hyphens",
    "ice_url": "turn:turn.example:3478?transport=udp",
}


def _form(error: ValidationError) -> str:
    """Describe in words what a pattern requires."""
    if error.validator == "const":
        return str(error.validator_value)
    definitions = json.loads(_SCHEMA.read_text("utf-8"))["$defs"]
    for name, form in _FORMS.items():
        if definitions[name].get("pattern") == error.validator_value:
            return form
    return str(error.validator_value)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
