/** Checks STUN and TURN by gathering ICE candidates from one server at a time. */

import { sleep } from "../clock";
import type { Credentials, Failure, Observation, Endpoint, TurnEndpoint } from "../contract";
import { isNamed } from "./names";
import { observe } from "./observe";

const PATIENCE = 8000; // ms: six transmissions of a STUN request
const UNREACHED = 701; // icecandidateerror: no answer from the server
const LONG = 7500; // ms: what ended sooner was not silence
const QUICK = 3000; // ms: an error that comes sooner is a rejection, not silence

export const hasWebRtc = (): boolean => typeof RTCPeerConnection !== "undefined";

export interface Gathered {
  candidates: RTCIceCandidate[];
  code: number; // the last icecandidateerror; 0 without one
  ms: number;
}

/** Gather with these servers until a candidate of *type*, an error, or the end. */
export async function gather(
  servers: RTCIceServer[],
  policy: RTCIceTransportPolicy,
  type: RTCIceCandidateType,
  ms = PATIENCE,
): Promise<Gathered> {
  const peer = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: policy });
  const begin = performance.now();
  const found: Gathered = { candidates: [], code: 0, ms: 0 };
  try {
    const done = new Promise<void>((resolve) => {
      peer.addEventListener("icecandidate", ({ candidate }) => {
        if (!candidate?.candidate) return candidate ? undefined : resolve();
        found.candidates.push(candidate);
        if (candidate.type === type) resolve();
      });
      peer.addEventListener("icecandidateerror", (event) => {
        const { errorCode } = event as RTCPeerConnectionIceErrorEvent;
        // Other interfaces, such as IPv6 ones, may fail while one works: only an answer of the server ends it.
        if (found.code === 0 || errorCode !== UNREACHED) found.code = errorCode;
        if (errorCode !== UNREACHED && errorCode >= 300) resolve();
      });
    });
    peer.createDataChannel("check");
    await peer.setLocalDescription(await peer.createOffer());
    await Promise.race([done, sleep(ms)]);
  } finally {
    peer.close();
  }
  found.ms = Math.round(performance.now() - begin);
  return found;
}

export const addressOf = (candidate: RTCIceCandidate): string =>
  candidate.address && candidate.port ? `${candidate.address}:${candidate.port}` : "";

/** Check one STUN server. Where the address of this device is public, no candidate of its own appears. */
export function checkStun(endpoint: Endpoint, control: () => Promise<boolean>): Promise<Observation> {
  const subject = { probe: "stun", service: "stun", host: endpoint.host, port: endpoint.port, transport: "udp" } as const;
  return observe(subject, async (facts) => {
    if (!hasWebRtc()) return unsupported(facts);
    const found = await gather([{ urls: endpoint.url }], "all", "srflx");
    const reflexive = found.candidates.find((candidate) => candidate.type === "srflx");
    if (found.code) facts.code = found.code;
    facts.ms = found.ms;
    if (reflexive) {
      facts.reflexive = addressOf(reflexive);
      return null;
    }
    if (found.ms < LONG) {
      // Gathering ended early: the server answered with an address that this device has anyway, or has no name here.
      facts.reason = "no_reflexive";
      return "inconclusive";
    }
    return silence(endpoint, facts, control);
  });
}

const REFUSALS: Record<number, Failure> = {
  401: "turn_unauthorized",
  441: "turn_unauthorized",
  403: "turn_forbidden",
  486: "turn_quota_reached",
  508: "turn_insufficient_capacity",
};

/** Check one TURN address. Without credentials, a request for them proves that it is reached. */
export function checkTurn(
  endpoint: TurnEndpoint,
  ice: Credentials | null,
  control: () => Promise<boolean>,
): Promise<Observation> {
  const { host, port, transport, url } = endpoint;
  return observe({ probe: "turn", service: "turn", host, port, transport }, async (facts) => {
    facts.reached = false;
    facts.allocated = false;
    if (!hasWebRtc()) return unsupported(facts);
    const credentials = ice ?? { username: "check", credential: "check" };
    const found = await gather([{ urls: url, ...credentials }], "relay", "relay");
    const relayed = found.candidates.find((candidate) => candidate.type === "relay");
    facts.ms = found.ms;
    if (found.code) facts.code = found.code;
    if (relayed) {
      Object.assign(facts, { reached: true, allocated: true, relayed: addressOf(relayed) });
      return null;
    }
    if (found.code >= 300 && found.code < 700) {
      Object.assign(facts, { reached: true, challenged: found.code === 401 });
      return !ice && found.code === 401 ? null : (REFUSALS[found.code] ?? "turn_server_error");
    }
    if (found.code === 0 && found.ms < LONG) {
      facts.reason = "no_relay"; // gathering ended without a word: this browser reports no errors
      return "inconclusive";
    }
    if (found.ms < QUICK && transport !== "udp") {
      return (await control()) ? "connection_aborted" : offline(facts);
    }
    if (found.ms < LONG) {
      facts.reason = "no_relay";
      return "inconclusive";
    }
    return silence(endpoint, facts, control);
  });
}

async function silence(
  { host, port }: Endpoint,
  facts: Observation["facts"],
  control: () => Promise<boolean>,
): Promise<Failure> {
  if (!(await control())) return offline(facts);
  facts.resolved = await isNamed(host, port);
  if (facts.resolved) return "generic_timeout_error";
  facts.reason = "no_name";
  return "inconclusive";
}

function offline(facts: Observation["facts"]): Failure {
  facts.reason = "control_failed";
  return "inconclusive";
}

export function unsupported(facts: Observation["facts"]): Failure {
  facts.reason = "no_webrtc";
  return "not_supported";
}
