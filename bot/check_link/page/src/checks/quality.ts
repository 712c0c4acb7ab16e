/** Measures loss, round trip, and jitter with small messages over a lane that is proven open. */

import { sleep } from "../clock";
import type { Measurements, Observation, TurnEndpoint } from "../contract";
import type { Lane } from "./media";
import { observe } from "./observe";

const MESSAGES = 100;
const SPACING = 20; // ms, as of audio packets
const STRAGGLERS = 1500; // ms to wait for the last ones
const UNEVEN = 2; // % of loss from which TURN over TCP delays what follows, so that jitter says nothing

export const NOTHING: Measurements = { rtt_ms: null, jitter_ms: null, loss_percent: null, sent: 0, lost: 0 };

/** Send messages that the peer behind TURN returns. The path is passed twice, so half of the time is a round trip. */
export function measure(lane: Lane | undefined, turn: TurnEndpoint | null): Promise<Observation> {
  const at = turn ?? { host: "", port: 0 };
  const subject = { probe: "quality", service: "media", host: at.host, port: at.port, transport: "udp" } as const;
  return observe(subject, async (facts) => {
    if (!lane) {
      facts.reason = "no_relay";
      return "inconclusive";
    }
    const times = await exchangeMessages(lane.channel);
    const measured = summarize(times);
    Object.assign(facts, measured);
    if (measured.rtt_ms !== null) return null;
    facts.reason = "not_finished";
    return "inconclusive";
  });
}

async function exchangeMessages(channel: RTCDataChannel): Promise<(number | null)[]> {
  const sent: number[] = [];
  const times: (number | null)[] = [];
  channel.addEventListener("message", ({ data }) => {
    const number = Number(data);
    const begin = sent[number];
    if (begin !== undefined && times[number] === null) times[number] = performance.now() - begin;
  });
  for (let number = 0; number < MESSAGES && channel.readyState === "open"; number++) {
    times.push(null);
    sent.push(performance.now());
    channel.send(String(number));
    await sleep(SPACING);
  }
  const end = performance.now() + STRAGGLERS;
  while (times.includes(null) && performance.now() < end) await sleep(SPACING);
  return times;
}

/** Loss in percent, the median round trip, and the mean difference between neighbors (RFC 3550). */
export function summarize(times: (number | null)[]): Measurements {
  const came = times.filter((time) => time !== null);
  if (!came.length) return { ...NOTHING, sent: times.length, lost: times.length };
  const lost = times.length - came.length;
  const sorted = [...came].sort((a, b) => a - b);
  const gaps = came.slice(1).map((time, index) => Math.abs(time - (came[index] ?? time)));
  const loss = Math.round((1000 * lost) / times.length) / 10;
  const jitter = gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length) / 2;
  return {
    rtt_ms: Math.round((sorted[sorted.length >> 1] ?? 0) / 2),
    jitter_ms: loss > UNEVEN ? null : Math.round(jitter * 10) / 10,
    loss_percent: loss,
    sent: times.length,
    lost,
  };
}
