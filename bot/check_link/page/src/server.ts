/** The two requests to our own server. Only start counts a run. */

import { within } from "./clock";
import type { Answer, Result, SameNetwork, Started } from "./contract";

const PATIENCE = 15_000; // ms

/** The server refused: *word* says why. */
export class Refused extends Error {
  constructor(readonly word: string) {
    super(word);
  }
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const base = location.pathname.replace(/\/+$/, "");
  const request = fetch(`${base}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-lineman-check": "1" },
    body: JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
  });
  const response = await within(PATIENCE, request.catch(() => null), null);
  if (!response) throw new Refused("unreachable");
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok && answer) return answer as T;
  throw new Refused((answer as { error?: string } | null)?.error ?? "unreachable");
}

export const start = (same_network: SameNetwork, language: string): Promise<Started> =>
  post("start", { v: 1, same_network, language });

/** A token of the service for one test call over *edge*. */
export const callToken = ({ run, key }: Result, edge: string): Promise<{ token: string }> =>
  post("call", { v: 1, run, key, edge });

/** Send what the SDK reported about the test call, as JSON. */
export const sendReport = ({ run, key }: Result, edge: string, report: string): Promise<unknown> =>
  post("report", { v: 1, run, key, edge, report });

/** Send the result; once more if the first request got no answer. The same run gives the same answer. */
export async function send(result: Result): Promise<Answer> {
  try {
    return await post("result", result);
  } catch (error) {
    if (error instanceof Refused && error.word !== "unreachable") throw error;
    return post("result", result);
  }
}
