"""Check a document against its JSON Schema, and report mistakes in sentences with file and line.

The schemas in `knowledge/schemas/` are the published form of the files; editors can use them, too.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from knowledge.model.problems import Document, Path, at_line, nearest

_SCHEMAS: Final = FilePath(__file__).parents[1] / "schemas"
_KINDS: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def structure_problems(document: Document, schema: str) -> list[str]:
    """All violations of the schema named *schema* in *document*, in line order."""
    found = [
        (line, sentence)
        for error in _validator(schema).iter_errors(document.value)
        for line, sentence in _explain(document, error)
    ]
    return [at_line(document.file, line, sentence) for line, sentence in sorted(set(found))]


@cache
def _validator(schema: str) -> Draft202012Validator:
    text = (_SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def _explain(document: Document, error: ValidationError) -> Iterator[tuple[int, str]]:
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        schema: Any = error.schema
        known = schema.get("properties", {})
        for key in _any(error.instance):
            if key not in known:
                yield document.line((*path, key)), f"unknown key {_short(key)}{nearest(key, known)}"
        return
    if isinstance(error.instance, str) and "propertyNames" in error.absolute_schema_path:
        path = (*path, error.instance)
    where = f"{_written(path)}: " if path else ""
    yield document.line(path), f"{where}{_sentence(error)}"


def _sentence(error: ValidationError) -> str:
    explain = _SENTENCES.get(str(error.validator))
    return explain(error) if explain else error.message


def _choice(error: ValidationError) -> str:
    words = [str(word) for word in _any(error.validator_value)]
    return f"{_short(error.instance)} is not one of {', '.join(words)}{nearest(str(error.instance), words)}"


def _alternatives(error: ValidationError) -> str:
    keys = " or ".join(f"`{key}`" for item in _any(error.validator_value) for key in item.get("required", ()))
    return f"needs one of {keys}, and not both" if keys else "does not match any of the allowed forms"


def _too_short(error: ValidationError) -> str:
    least, length = _any(error.validator_value), len(str(error.instance))
    if not length or least == 1:
        return "must not be empty"
    return f"{_short(error.instance)} is too short: it has {length} characters, and needs at least {least}"


def _too_few(error: ValidationError) -> str:
    least, count = _any(error.validator_value), len(_any(error.instance))
    return "must not be empty" if least == 1 else f"needs at least {least} entries, and has {count}"


def _kind(error: ValidationError) -> str:
    wanted = _any(error.validator_value)
    kinds = [wanted] if isinstance(wanted, str) else wanted
    return f"must be {' or '.join(_KINDS[kind] for kind in kinds)}, and is {_short(error.instance)}"


_SENTENCES: Final[dict[str, Callable[[ValidationError], str]]] = {
    "required": lambda error: " ".join(
        f"the key {key!r} is missing" for key in _any(error.validator_value) if f"{key!r}" in error.message
    ),
    "enum": _choice,
    "const": lambda error: f"must be {_any(error.validator_value)!r}, and is {_short(error.instance)}",
    "type": _kind,
    "oneOf": _alternatives,
    "pattern": lambda error: f"{_short(error.instance)} does not look like {_any(error.validator_value)}",
    "not": lambda error: f"{_short(error.instance)} is a reserved word",
    "minItems": lambda error: _too_few(error),
    "minLength": lambda error: _too_short(error),
    "minProperties": lambda error: f"must have at least {_any(error.validator_value)} keys",
    "maxProperties": lambda error: f"must have at most {_any(error.validator_value)} keys",
    "uniqueItems": lambda error: "names something twice",
    "minimum": lambda error: f"{_short(error.instance)} is below {_any(error.validator_value)}",
    "maximum": lambda error: f"{_short(error.instance)} is above {_any(error.validator_value)}",
    "exclusiveMinimum": lambda error: f"{_short(error.instance)} is not above {_any(error.validator_value)}",
}


def _written(path: Path) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


def _short(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _any(value: Any) -> Any:
    """Return *value*: jsonschema's types allow it to be unset, but in a raised error it never is."""
    return value
