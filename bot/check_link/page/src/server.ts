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

/** Send the result; once more if the first request got no answer. The same run gives the same answer. */
export async function send(result: Result): Promise<Answer> {
  try {
    return await post("result", result);
  } catch (error) {
    if (error instanceof Refused && error.word !== "unreachable") throw error;
    return post("result", result);
  }
}
