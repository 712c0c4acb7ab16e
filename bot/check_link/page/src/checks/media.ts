/**
 * Proves the media range: two peers in this page, one of them reachable only through TURN.
 *
 * What the direct peer sends to a relayed address is plain UDP to a port of the media range, as audio is. The other peer
 * gets it through TURN, which tells outgoing packets from replies.
 */

import { sleep } from "../clock";
import type { Config, Credentials, Failure, Fact, Observation, TurnEndpoint } from "../contract";
import { addressOf, hasWebRtc, unsupported } from "./ice";
import { observe } from "./observe";
import { described, openRelayPath } from "./relay_path";

const PATIENCE = 6000; // ms for one port, from when both addresses are known
const LIMIT = 10000; // ms for one port in all: on a line with loss, the TURN server may take seconds to give its address
const SPREAD = 4500; // ms of checks that count: a TCP connection to the TURN server may stand still for seconds
const ENOUGH = 15; // unanswered checks in that time, which loss does not explain
const ANY_PORT = 3478; // Chromium ignores candidates with most ports below 1024
const POLL = 150; // ms

export interface Lane {
  relayed: string;
  port: number;
  channel: RTCDataChannel;
  echo: RTCDataChannel | null;
  state: "open" | "outbound" | "inbound" | "unknown";
  reflexive: boolean;
  known: number; // the time (ms) at which the last address came that the checks need
  close: () => void;
}

/** Run all lanes at once. The open ones stay open for the measurement that follows; the caller closes them. */
export function proveMedia(
  config: Config,
  turn: TurnEndpoint | null,
  ice: Credentials | null,
  publicAddresses: string[],
  lanes: Lane[],
): Promise<Observation> {
  const at = turn ?? { host: "", port: 0, transport: "udp", url: "" };
  const subject = { probe: "udp_media", service: "media", host: at.host, port: at.port, transport: "udp" } as const;
  return observe(subject, async (facts) => {
    if (!hasWebRtc()) return unsupported(facts);
    if (!ice) return "no_credentials";
    if (!turn) {
      facts.reason = "no_relay";
      return "inconclusive";
    }
    facts.via = `${turn.host}:${turn.port}/${turn.transport}`;
    const servers = { turn: { urls: turn.url, ...ice }, stun: config.stun.map(({ url }) => ({ urls: url })) };
    const count = Math.max(1, Math.min(config.media.allocations, 8));
    const path = await openRelayPath(servers.turn);
    try {
      const made = await Promise.allSettled(
        Array.from({ length: count }, () => proveLane(servers.turn, servers.stun, publicAddresses)),
      );
      for (const lane of made) if (lane.status === "fulfilled" && lane.value) lanes.push(lane.value);
      const failure = judge(lanes, config.media, facts);
      if (failure === null || failure === "inconclusive" || (await path.isAlive())) return failure;
      facts.reason = "turn_silent";
      return "inconclusive";
    } finally {
      path.close();
    }
  });
}

/**
 * The result of all lanes, of those in the media range. One lost port among open ones proves nothing: a firewall that
 * closes the range, or a part of it, closes more than one of them.
 */
export function judge(lanes: Lane[], range: { low: number; high: number }, facts: Record<string, Fact>): Failure | null {
  const inside = lanes.filter(({ port }) => port >= range.low && port <= range.high);
  const ports = (state: Lane["state"]): number[] =>
    inside.filter((lane) => lane.state === state).map((lane) => lane.port).sort((a, b) => a - b);
  const [open, outbound, inbound] = [ports("open"), ports("outbound"), ports("inbound")];
  Object.assign(facts, { tried: lanes.length, open, outbound_lost: outbound, inbound_lost: inbound });
  if (open.length && outbound.length + inbound.length === 1) {
    facts.reason = "one_port_lost";
    return "inconclusive";
  }
  if (outbound.length) return "udp_outbound_lost";
  if (inbound.length) return "udp_inbound_lost";
  if (open.length > 0 && open.length === inside.length) return null;
  facts.reason = lanes.some((lane) => !lane.reflexive) ? "no_reflexive" : "too_few_ports";
  return "inconclusive";
}

async function proveLane(turn: RTCIceServer, stun: RTCIceServer[], publicAddresses: string[]): Promise<Lane | null> {
  const relayed = new RTCPeerConnection({ iceServers: [turn], iceTransportPolicy: "relay" });
  const direct = new RTCPeerConnection({ iceServers: stun });
  const close = (): void => {
    relayed.close();
    direct.close();
  };
  const lane: Lane = { relayed: "", port: 0, state: "unknown", reflexive: false, known: 0, close,
    channel: direct.createDataChannel("measure", { ordered: false, maxRetransmits: 0 }), echo: null };
  relayed.addEventListener("datachannel", ({ channel }) => {
    lane.echo = channel;
    channel.addEventListener("message", ({ data }) => channel.readyState === "open" && channel.send(data));
  });
  exchange(relayed, direct, lane, publicAddresses);
  await direct.setLocalDescription(await direct.createOffer());
  await relayed.setRemoteDescription(direct.localDescription!);
  await relayed.setLocalDescription(await relayed.createAnswer());
  await direct.setRemoteDescription(relayed.localDescription!);
  // A permission is for an address, whatever the port: packets then come in from the port that a NAT chose.
  for (const address of publicAddresses) await permit(relayed, address);
  await settle(relayed, direct, lane);
  if (lane.state === "open") return lane;
  close();
  return lane.port ? lane : null;
}

/** Hand each peer the other's candidates; names in .local mean nothing to a TURN server. */
function exchange(
  relayed: RTCPeerConnection,
  direct: RTCPeerConnection,
  lane: Lane,
  publicAddresses: string[],
): void {
  relayed.addEventListener("icecandidate", ({ candidate }) => {
    if (!candidate?.candidate || candidate.type !== "relay" || lane.port) return;
    lane.relayed = addressOf(candidate);
    lane.port = candidate.port ?? 0;
    lane.known = performance.now();
    void described(direct).then(() => direct.addIceCandidate(candidate)).catch(() => undefined);
  });
  direct.addEventListener("icecandidate", ({ candidate }) => {
    if (!candidate?.candidate || candidate.protocol !== "udp" || candidate.address?.endsWith(".local")) return;
    // A private address gives the TURN server no permission for the public one that packets come from.
    if (!lane.reflexive && (candidate.type === "srflx" || publicAddresses.includes(candidate.address ?? ""))) {
      lane.reflexive = true;
      lane.known = performance.now();
    }
    void described(relayed).then(() => relayed.addIceCandidate(candidate)).catch(() => undefined);
  });
}

async function permit(relayed: RTCPeerConnection, address: string): Promise<void> {
  const candidate = `candidate:1 1 udp 1 ${address} ${ANY_PORT} typ host`;
  await relayed.addIceCandidate({ candidate, sdpMid: "0", sdpMLineIndex: 0 }).catch(() => undefined);
}

async function settle(relayed: RTCPeerConnection, direct: RTCPeerConnection, lane: Lane): Promise<void> {
  const start = performance.now();
  const isOver = (now: number): boolean => now >= Math.min(start + LIMIT, (lane.known || start) + PATIENCE);
  while (!isOver(performance.now()) && lane.channel.readyState !== "open") await sleep(POLL);
  if (lane.channel.readyState === "open") {
    lane.state = "open";
    return;
  }
  const lasted = performance.now() - lane.known;
  const [here, there] = [await count(direct), await count(relayed)];
  if (!lane.port || lasted < SPREAD || here.sent < ENOUGH) return;
  if (here.answered > 0) return; // packets pass both ways, and something else failed
  if (there.received >= ENOUGH) lane.state = here.received === 0 ? "inbound" : "unknown";
  else if (there.received === 0 && lane.reflexive) lane.state = "outbound";
}

interface Counts {
  sent: number;
  received: number;
  answered: number;
}

async function count(peer: RTCPeerConnection): Promise<Counts> {
  const counts: Counts = { sent: 0, received: 0, answered: 0 };
  (await peer.getStats()).forEach((entry: Record<string, unknown>) => {
    if (entry["type"] !== "candidate-pair") return;
    counts.sent += Number(entry["requestsSent"] ?? 0);
    counts.received += Number(entry["requestsReceived"] ?? 0);
    counts.answered += Number(entry["responsesReceived"] ?? 0);
  });
  return counts;
}
