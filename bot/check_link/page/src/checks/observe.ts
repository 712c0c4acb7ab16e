/** Makes observations: what was checked, when, and with which result. */

import { epoch } from "../clock";
import type { Fact, Failure, Observation } from "../contract";

type Subject = Pick<Observation, "probe" | "service" | "host" | "port" | "transport"> & { edge?: string };

/** Run *check* and record its time. What fails unexpectedly is inconclusive: an error of the page blames nobody. */
export async function observe(
  subject: Subject,
  check: (facts: Record<string, Fact>) => Promise<Failure | null>,
): Promise<Observation> {
  const facts: Record<string, Fact> = {};
  const started = epoch();
  const begin = performance.now();
  let failure: Failure | null;
  try {
    failure = await check(facts);
  } catch (error) {
    failure = "inconclusive";
    facts.reason = "not_finished";
    facts.error = error instanceof Error ? error.name : "error";
  }
  return { edge: "", ...subject, failure, facts, started, runtime: Math.round(performance.now() - begin) / 1000 };
}
