"""Turn a diagnosis into advice: evidence for each cause, fixes per platform, how to run its preflight test.

Pure. A missing fact drops its sentence or its clause, nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from knowledge.advice.names import names_for
from knowledge.advice.template_names import is_check_fact
from knowledge.model.advice import Advice, AdvisedCause, AdvisedFix, CodeSample, Guide
from knowledge.model.conclusions import Diagnosis, Finding
from knowledge.model.network import Network
from knowledge.model.platforms import ALL, Platform
from knowledge.model.schema import Cause, Fix, Knowledge
from knowledge.model.templates import fact, fill, fill_code, names_in, needed_in
from probes.protocol.model import Observation

# Placeholder in code for an edge that the run did not determine; anyone who copies it must notice.
_YOUR_EDGE: Final = "YOUR_EDGE"
# At most this many hosts or transports that fail in the same way are listed.
_MOST: Final = 4
# These explain a finding without deciding it, so they may come from any check of the run.
_ANYWHERE: Final = frozenset(
    {
        "nat.varying",
        "dns.client_subnet",
        "dns.other_resolver",
        "websocket.open_proxy",
        "websocket.failing_proxy",
        "status_page.says",
        "status_page.trouble",
    }
)

Say = Callable[[Observation], str]


def plain(observation: Observation) -> str:
    """The failure's own words, if nothing better is available."""
    return str(observation.failure).replace("_", " ")


def advise(
    knowledge: Knowledge,
    network: Network,
    diagnosis: Diagnosis,
    observations: Mapping[str, Observation],
    edge: str = "",
    say: Say = plain,
) -> Advice:
    """Put *diagnosis* into words; *say* describes a failed observation's failure as part of a sentence."""
    writer = _Writer(knowledge, network, observations, edge, say)
    return Advice(
        writer.causes(diagnosis.found),
        writer.causes(diagnosis.risks),
        tuple(
            writer.guide(knowledge.platforms[platform])
            for platform in diagnosis.platforms
            if platform in knowledge.platforms
        ),
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    knowledge: Knowledge
    network: Network
    observations: Mapping[str, Observation]
    edge: str
    say: Say

    def causes(self, findings: Sequence[Finding]) -> tuple[AdvisedCause, ...]:
        return tuple(self.cause(finding) for finding in findings if finding.cause in self.knowledge.causes)

    def cause(self, finding: Finding) -> AdvisedCause:
        cause = self.knowledge.causes[finding.cause]
        return AdvisedCause(
            id=cause.id,
            title=cause.title,
            confidence=finding.confidence,
            impact=finding.impact,
            customer=fill(cause.customer, self.names(finding.platforms)).strip(),
            evidence=tuple(self.evidence(cause, finding)),
            fixes=tuple(self.fixes(cause, finding.platforms)),
            platforms=finding.platforms,
            effects=finding.effects,
            references=cause.references,
        )

    def evidence(self, cause: Cause, finding: Finding) -> Iterator[str]:
        """Write each sentence for the observations that it fits. A check's failure is reported once."""
        names = self.names(finding.platforms)
        deciding = [self.observations[step] for step in finding.steps if step in self.observations]
        texts: set[str] = set()
        words: set[str] = set()
        by_checks = bool(finding.because) and all(a.by in ("relay", "reference") for a in finding.because)
        for template in cause.evidence:
            if by_checks and not names_in(template):
                continue  # it repeats what a person or the code said
            for observation, values in islice(self._fitting(template, deciding, names, texts), _MOST):
                sentence = fill(template, values)
                if sentence not in words:
                    words.add(sentence)
                    yield sentence
                if observation and _tells_failure(template, observation):
                    texts.add(observation.step)

    def fixes(self, cause: Cause, platforms: Sequence[str]) -> Iterator[AdvisedFix]:
        for fix in cause.fixes.get(ALL, ()):
            if fix.snippet:
                yield from self.with_snippet(fix, platforms)
            else:
                yield self.fix(fix, platforms, ())
        for platform in platforms:
            for fix in cause.fixes.get(platform, ()):
                yield from (
                    self.with_snippet(fix, (platform,))
                    if fix.snippet
                    else (self.fix(fix, (platform,), (platform,)),)
                )

    def fix(self, fix: Fix, platforms: Sequence[str], only: tuple[str, ...]) -> AdvisedFix:
        names = self.names(platforms)
        code = fill_code(fix.code or "", names, _YOUR_EDGE)
        language = "javascript" if code and only == ("javascript",) else ""
        return AdvisedFix(fill(fix.do, names).strip(), fix.who, only, language, code)

    def with_snippet(self, fix: Fix, platforms: Sequence[str]) -> Iterator[AdvisedFix]:
        """Write *fix* once per platform, with that platform's code."""
        do = fill(fix.do, self.names(platforms)).strip()
        for platform in platforms:
            known = self.knowledge.platforms.get(platform)
            snippet = known.snippets.get(fix.snippet or "") if known else None
            if snippet:
                code = fill_code(snippet.code, self.names((platform,)), _YOUR_EDGE)
                yield AdvisedFix(do, fix.who, (platform,), snippet.language, code, snippet.note.strip())
            else:
                yield AdvisedFix(do, fix.who, (platform,))

    def guide(self, platform: Platform) -> Guide:
        preflight = platform.preflight
        return Guide(
            platform=platform.id,
            title=platform.title,
            call=preflight.call,
            since=preflight.since,
            needs=tuple(need.strip() for need in preflight.needs),
            steps=tuple(step.strip() for step in preflight.steps),
            read=tuple(item.strip() for item in preflight.read),
            traps=tuple(trap.strip() for trap in preflight.traps),
            samples=tuple(self.samples(platform)),
            references=platform.references,
        )

    def samples(self, platform: Platform) -> Iterator[CodeSample]:
        names = self.names((platform.id,))
        for key, title in _SAMPLES.items():
            if key in platform.snippets:
                snippet = platform.snippets[key]
                code = fill_code(snippet.code, names, _YOUR_EDGE)
                yield CodeSample(title, snippet.language, code, snippet.note.strip())

    def names(self, platforms: Sequence[str]) -> dict[str, str]:
        """The names for one platform, or for all of *platforms* together."""
        platform = platforms[0] if len(platforms) == 1 else ""
        return names_for(self.knowledge, self.network, platform, self.edge, tuple(self.observations.values()))

    def _fitting(
        self, template: str, deciding: Sequence[Observation], names: Mapping[str, str], texts: set[str]
    ) -> Iterator[tuple[Observation | None, dict[str, str]]]:
        """Yield the observations with the facts that *template* needs, with all its values."""
        used = names_in(template)
        seen_names = [name for name in used if is_check_fact(name)]
        about = {name.partition(".")[0] for name in seen_names if "." in name}
        needed = needed_in(template)
        if not seen_names:
            if all(names.get(name) for name in needed):
                yield None, dict(names)
            return
        anywhere = any(name in _ANYWHERE for name in needed)
        for observation in self.observations.values() if anywhere else deciding:
            repeated = observation.step in texts and _tells_failure(template, observation)
            if not about <= {observation.probe} or not observation.has_result or repeated:
                continue
            values = dict(names) | {name: self._value(observation, name) for name in seen_names}
            if all(values.get(name) for name in needed):
                yield observation, values

    def _value(self, observation: Observation, name: str) -> str:
        field = name.rpartition(".")[2]
        if field != "failure":
            return fact(observation, field)
        return self.say(observation) if observation.failure is not None else ""


def _tells_failure(template: str, observation: Observation) -> bool:
    return not {"failure", f"{observation.probe}.failure"}.isdisjoint(names_in(template))


_SAMPLES: Final = {
    "preflight": "The test",
    "preflight-relay": "Over TURN only",
    "preflight-edge": "For one edge",
}
