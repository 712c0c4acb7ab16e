/** Checks by fetch: the Insights gateway, and the controls that show that this device is online. */

import { sleep } from "../clock";
import type { Endpoint, Observation } from "../contract";
import { isNamed } from "./names";
import { observe } from "./observe";

export type Reach = "answered" | "failed" | "silent";

const PATIENCE = 8000; // ms: four SYNs, at 0, 1, 3, and 7 s
const AGAIN = 300; // ms before a second attempt

/** Request *url* without reading the answer. A browser does not say why a request failed. */
export async function reach(url: string, ms = PATIENCE, mode: RequestMode = "no-cors"): Promise<Reach> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ms);
  try {
    await fetch(url, { mode, cache: "no-store", credentials: "omit", redirect: "follow", signal: abort.signal });
    return "answered";
  } catch {
    return abort.signal.aborted ? "silent" : "failed";
  } finally {
    clearTimeout(timer);
  }
}

/** Whether our own server answers now: without it, silence elsewhere proves nothing. */
export const ownServer = async (assets: string): Promise<boolean> =>
  (await reach(`${assets}/page.css?control=${Date.now()}`, 3000, "same-origin")) === "answered";

/** Check one Insights address. A failure counts in two attempts, and only while *control* works. */
export function checkInsights(endpoint: Endpoint, control: () => Promise<boolean>): Promise<Observation> {
  const subject = { probe: "http", service: "insights", host: endpoint.host, port: endpoint.port, transport: "tcp" } as const;
  return observe(subject, async (facts) => {
    const begin = performance.now();
    let last: Reach = "silent";
    let named: Promise<boolean> | undefined;
    for (let attempt = 1; attempt <= 2; attempt++) {
      if (attempt === 2 && last === "silent") named = isNamed(endpoint.host, endpoint.port);
      last = await reach(endpoint.url, attempt === 1 ? PATIENCE : 5000);
      facts.attempts = attempt;
      if (last === "answered") {
        facts.ms = Math.round(performance.now() - begin);
        return null;
      }
      if (last === "failed") await sleep(AGAIN);
    }
    if (!(await control())) {
      facts.reason = "control_failed";
      return "inconclusive";
    }
    facts.control = "own";
    if (last !== "silent") return "connection_aborted";
    facts.resolved = (await named) ?? false;
    if (facts.resolved) return "generic_timeout_error";
    facts.reason = "no_name";
    return "inconclusive";
  });
}
