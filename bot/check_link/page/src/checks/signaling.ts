/** Checks whether the WebSocket to each signaling edge opens and stays open. */

import { sleep, within } from "../clock";
import type { Failure, Observation, SignalingEndpoint } from "../contract";
import { observe } from "./observe";
import { reach, type Reach } from "./fetches";
import { isNamed } from "./names";

const FIRST = 8000; // ms: four SYNs, at 0, 1, 3, and 7 s
const SECOND = 5000; // ms: browsers open one connection to an address at a time, so attempts follow each other
const STAYS = 1000; // ms that a connection must stay open
const AGAIN = 300; // ms before a second attempt
const RESENT = 900; // ms: sooner than a lost SYN is sent again
const TIMES = 5; // openings of an edge that are compared with as many of another
const SERVICE_CODES = 3000; // close codes from here on are the service's own
// Closed without a reason of the service's own. 1001 and 1011 to 1014 are its own trouble, as in the check of relays.
const CUT_CODES = [1000, 1005, 1006, 1008];

interface Attempt {
  end: "opened" | "closed" | "failed" | "silent";
  ms: number;
  code: number;
}

/** Check one edge. *control* tells whether this device is online now. */
export function checkEdge(endpoint: SignalingEndpoint, control: () => Promise<string>): Promise<Observation> {
  const { edge, host, port, url } = endpoint;
  const subject = { probe: "websocket", service: "signaling", edge, host, port, transport: "tcp" } as const;
  return observe(subject, async (facts) => {
    if (typeof WebSocket === "undefined") {
      facts.reason = "no_websocket";
      return "not_supported";
    }
    const first = await attempt(url, FIRST);
    facts.attempts = 1;
    let last = first;
    if (first.end !== "opened") {
      const https = url.replace(/^ws/, "http");
      const named = first.end === "silent" ? isNamed(host, port) : false;
      const [second, reached, resolved] = await Promise.all([secondAttempt(url, first), reach(https, SECOND), named]);
      last = second;
      facts.resolved = resolved;
      facts.attempts = 2;
      facts.host_reachable = last.end === "opened" || reachable(reached);
    }
    facts.upgraded = last.end === "opened" || last.end === "closed";
    facts.opened_ms = facts.upgraded ? last.ms : null;
    if (last.code) facts.close_code = last.code;
    return last.end === "opened" ? null : judge(first, last, await control(), facts);
  });
}

async function secondAttempt(url: string, first: Attempt): Promise<Attempt> {
  if (first.end !== "silent") await sleep(AGAIN);
  return attempt(url, SECOND);
}

const reachable = (reached: Reach): boolean => reached === "answered";

/** The failure of two attempts that agree; where they do not, nothing is known. */
function judge(first: Attempt, second: Attempt, control: string, facts: Observation["facts"]): Failure {
  facts.control = control;
  if (!control) {
    facts.reason = "control_failed";
    return "inconclusive";
  }
  if (first.end !== second.end) {
    facts.reason = "error_once";
    return "inconclusive";
  }
  if (second.end === "closed") {
    if ([first, second].every(({ code }) => CUT_CODES.includes(code))) return "websocket_closed";
    facts.reason = "closed_by_service";
    return "inconclusive";
  }
  if (second.end === "silent" && (facts.host_reachable || !facts.resolved)) {
    facts.reason = facts.host_reachable ? "slow_upgrade" : "no_name";
    return "inconclusive";
  }
  return second.end === "silent" ? "generic_timeout_error" : "connection_aborted";
}

async function attempt(url: string, ms: number): Promise<Attempt> {
  const begin = performance.now();
  const since = (): number => Math.round(performance.now() - begin);
  let socket: WebSocket;
  try {
    socket = new WebSocket(url);
  } catch {
    return { end: "failed", ms: 0, code: 0 }; // a policy of this browser
  }
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  const opened = new Promise<null>((resolve) => socket.addEventListener("open", () => resolve(null)));
  try {
    const event = await within(ms, Promise.race([opened, closed]), "silent" as const);
    if (event === "silent") return { end: "silent", ms: since(), code: 0 };
    if (event) return { end: "failed", ms: since(), code: event.code };
    const openedAfter = since();
    socket.send("\n"); // the SDK's own keep-alive
    const end = await within(STAYS, closed, null);
    if (!end) return { end: "opened", ms: openedAfter, code: 0 };
    return { end: end.code >= SERVICE_CODES ? "opened" : "closed", ms: openedAfter, code: end.code };
  } finally {
    socket.close();
  }
}

/** Milliseconds in which *url* opens, a few times; what takes longer than a resent packet is left out. */
export async function openingTimes(url: string): Promise<number[]> {
  const times: number[] = [];
  for (let number = 0; number < TIMES; number++) {
    const begin = performance.now();
    const socket = new WebSocket(url);
    const opened = new Promise<boolean>((resolve) => {
      socket.addEventListener("open", () => resolve(true));
      socket.addEventListener("close", () => resolve(false));
    });
    if (await within(RESENT, opened, false)) times.push(Math.round(performance.now() - begin));
    socket.close();
  }
  return times;
}
