"""Fill in templates: sentences with {names}. `template_names.py` lists the names.

Pure. `{name}` is a fact about the network and the case, `{probe.fact}` a fact of a check of that kind, and `{fact}`
a fact of the check that decided. `[[…]]` is a clause that is left out when a name in it is not known.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from probes.protocol.failures import Failure
from probes.protocol.model import Observation

UNKNOWN: Final = "unknown"

# Which result of a check through the proxy each name requires.
_PROXY_SAID: Final[Mapping[str, Callable[[Failure | None], bool]]] = {
    "open_proxy": lambda failure: failure is None,
    "asking_proxy": lambda failure: failure is Failure.PROXY_AUTH_REQUIRED,
    "failing_proxy": lambda failure: failure not in (None, Failure.PROXY_AUTH_REQUIRED),
}

_NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\}")
_BRACE: Final = re.compile(r"\{[^\s{}]{0,30}\}?|[^\s{}]{0,30}\}")
_BRACKETS: Final = re.compile(r"\[\[|\]\]")
_OPEN: Final = re.compile(r"\{([a-z][a-z0-9_.]*)(?![a-z0-9_.}])")
_CLAUSE: Final = re.compile(r"\[\[((?:(?!\[\[|\]\]).)*)\]\]", re.DOTALL)
_SERVER_ERROR: Final = 500  # HTTP statuses from here on are the server's own (RFC 9110 section 15.6)
_MOST: Final = 8  # entries of a list that a sentence shows
_LONGEST: Final = 200  # characters of a fact; certificates and headers come from outside


def names_in(template: str) -> tuple[str, ...]:
    """List every name in *template*, including those in clauses."""
    return tuple(dict.fromkeys(_NAME.findall(template)))


def needed_in(template: str) -> tuple[str, ...]:
    """List the names that *template* requires: those outside of clauses."""
    return names_in(_clauses_out(template))


def malformed(template: str) -> str:
    """Describe what is wrong with the braces or brackets of *template*; "" if nothing is."""
    rest = _NAME.sub("", template)
    if brace := _BRACE.search(rest):
        return (
            f"{brace[0].strip()!r} is no placeholder: write {{name}}, with both braces and in small letters"
        )
    rest = _clauses_out(rest)
    if bracket := _BRACKETS.search(rest):
        return f"{bracket[0]!r} has no partner: a clause is written [[…]]"
    return ""


def unclosed_in_code(code: str, names: Collection[str]) -> str:
    """Return the first of *names* after an unclosed brace in *code*; "" if all are closed."""
    return next((match[1] for match in _OPEN.finditer(code) if match[1] in names), "")


def fill(template: str, values: Mapping[str, str], missing: str = UNKNOWN) -> str:
    """Fill in *values*; a clause with an unknown name is removed, elsewhere *missing* replaces the name."""
    while match := _CLAUSE.search(template):
        known = all(values.get(name) for name in names_in(match[1]))
        template = template[: match.start()] + (match[1] if known else "") + template[match.end() :]
    return fill_code(template, values, missing)


def fill_code(code: str, values: Mapping[str, str], missing: str = UNKNOWN) -> str:
    """Fill in *values* without clauses: brackets stay as they are."""
    return _NAME.sub(lambda match: values.get(match[1]) or missing, code)


def written(value: Any) -> str:
    """Write a fact for a sentence; "" when there is nothing to show, and for a count of 0."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value) if value else ""
        case float():
            text = f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}"
            return "" if text in ("0.0", "-0.0") else text
        case list() | tuple():
            texts = [text for text in map(written, value) if text]
            more = len(texts) - _MOST
            return ", ".join(texts[:_MOST]) + (f" and {more} more" if more > 0 else "")
        case str():
            return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    return ""


def fact(observation: Observation, name: str) -> str:
    """Return a label or fact of *observation* as text; "" when it has none."""
    if name in ("host", "port", "transport", "edge", "service"):
        return written(getattr(observation.target, name))
    match name:
        case "tried_addresses":
            tried = observation.facts.get("tried")
            entries = tried if isinstance(tried, list) else []
            return written([entry.get("address", "") for entry in entries if isinstance(entry, dict)])
        case "varying":
            mapping = str(observation.facts.get("mapping", ""))
            return mapping.replace("_", " ") if mapping.startswith("address") else ""
        case "ephemeral_lost":
            ephemeral = str(observation.facts.get("ephemeral", ""))
            return ephemeral.replace("_", " ") if ephemeral.endswith("_lost") else ""
        case "other_resolver":
            named = observation.facts.get("named_resolver") and observation.failure is None
            return written(observation.facts.get("resolver")) if named else ""
        case "open_proxy" | "asking_proxy" | "failing_proxy":
            return written(observation.facts.get("proxy")) if _PROXY_SAID[name](observation.failure) else ""
        case "ended_at":
            is_open = observation.facts.get("upgraded") and observation.failure is not None
            return written(observation.target.host) if is_open else ""
        case "unavailable_at":
            status = observation.facts.get("status")
            is_error = isinstance(status, int) and status >= _SERVER_ERROR
            return written(observation.target.host) if is_error and observation.failure is not None else ""
        case "client_subnet":
            return "not forwarded" if observation.facts.get("client_subnet_sent") is False else ""
    return written(observation.facts.get(name))


def _clauses_out(template: str) -> str:
    while _CLAUSE.search(template):
        template = _CLAUSE.sub("", template)
    return template
