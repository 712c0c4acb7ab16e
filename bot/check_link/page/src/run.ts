/** Runs all checks beside each other, and says which part has ended. */

import { browserFacts } from "./browser";
import { gather, hasWebRtc, addressOf, checkStun, checkTurn } from "./checks/ice";
import { checkInsights, ownServer } from "./checks/fetches";
import { type Lane, proveMedia } from "./checks/media";
import { measure, NOTHING } from "./checks/quality";
import { checkEdge, openingTimes } from "./checks/signaling";
import { epoch, within } from "./clock";
import type { Config, Layer, Measurements, Observation, Result, SameNetwork, Started, State, TurnEndpoint } from "./contract";
import { layerState } from "./summary";

const HEAD_START = 2500; // ms that TURN over TCP and TLS may take before another transport carries the media proof
const NEAR = 120; // ms in which an edge opens that is not far: four round trips of 30 ms

export type Progress = (layer: Layer, state: State) => void;

export interface Order {
  config: Config;
  started: Started;
  same: SameNetwork;
  language: string;
  assets: string;
  offset: number | null;
}

/** The result of all checks. Takes about 3 s where all is well, and at most 15 s. */
export async function runChecks(order: Order, report: Progress): Promise<Result> {
  const { config, started } = order;
  const observations: Observation[] = [];
  const begin = epoch();
  const control = onceAtATime(() => ownServer(order.assets));
  const finish = async (layer: Layer, checks: Promise<Observation>[]): Promise<Observation[]> => {
    const done = await Promise.all(checks);
    observations.push(...done);
    report(layer, layerState(layer, done, config));
    return done;
  };
  const edges = config.signaling.map((endpoint) => checkEdge(endpoint, async () => ((await control()) ? "own" : "")));
  const turns = config.turn.map((endpoint) => checkTurn(endpoint, started.ice, control));
  const stuns = config.stun.map((endpoint) => checkStun(endpoint, control));
  const media = mediaAndLine(order, turns, finish);
  await Promise.all([
    finish("signaling", edges).then((done) => compareRoaming(config, done)),
    finish("insights", config.insights.map((endpoint) => checkInsights(endpoint, control))),
    finish("stun", stuns),
    finish("turn", turns),
    media,
  ]);
  const [addresses, nat] = await addressFacts(order);
  return {
    v: 1, run: started.run, key: started.key, language: order.language, same_network: order.same,
    started: begin, runtime: Math.round((epoch() - begin) * 1000) / 1000, clock_offset_s: order.offset,
    browser: await browserFacts(), addresses, nat, hints: hintsOf(addresses),
    measurements: measurementsOf(observations), observations,
  };
}

/** Time the edge of roaming and the quickest one again, if roaming opened late: the server compares the times. */
async function compareRoaming({ roaming, signaling }: Config, observations: Observation[]): Promise<void> {
  const opened = observations.filter(({ failure, facts }) => failure === null && typeof facts.opened_ms === "number");
  const ms = ({ facts }: Observation): number => Number(facts.opened_ms);
  const others = opened.filter(({ edge }) => edge !== roaming).sort((a, b) => ms(a) - ms(b));
  const [here, nearest] = [opened.find(({ edge }) => edge === roaming), others[0]];
  if (!here || !nearest || ms(here) <= NEAR) return;
  await Promise.all([here, nearest].map(async ({ edge, facts }) => {
    const endpoint = signaling.find((known) => known.edge === edge)!;
    facts.opened_again = await openingTimes(endpoint.url);
  }));
}

type Finish = (layer: Layer, checks: Promise<Observation>[]) => Promise<Observation[]>;

async function mediaAndLine({ config, started }: Order, turns: Promise<Observation>[], finish: Finish): Promise<void> {
  const lanes: Lane[] = [];
  const turn = await firstAllocated(config.turn, turns);
  const known = started.address.includes(":") ? [] : [started.address].filter(Boolean);
  await finish("media", [proveMedia(config, turn, started.ice, known, lanes)]);
  await finish("line", [measure(lanes.find(({ state }) => state === "open"), turn)]);
  for (const lane of lanes) lane.close();
}

/** A TURN address that gives allocations: TCP first, so that only the media range itself is crossed by UDP. */
async function firstAllocated(turn: TurnEndpoint[], checks: Promise<Observation>[]): Promise<TurnEndpoint | null> {
  const works = (index: number): Promise<TurnEndpoint> =>
    checks[index]!.then(({ facts }) => {
      if (facts.allocated !== true) throw new Error("no allocation");
      return turn[index]!;
    });
  const first = (wanted: (transport: string) => boolean): Promise<TurnEndpoint | null> =>
    firstOf(turn.map((endpoint, index) => (wanted(endpoint.transport) ? works(index) : null)).filter((work) => work !== null));
  const stream = await within(HEAD_START, first((transport) => transport !== "udp"), null);
  return stream ?? first(() => true);
}

/** The first of *works* that succeeds; null if none does. */
function firstOf<T>(works: Promise<T>[]): Promise<T | null> {
  return new Promise((resolve) => {
    for (const work of works) work.then(resolve, () => undefined);
    void Promise.allSettled(works).then(() => resolve(null));
  });
}

/** Share one run of *check* between all that ask at the same time. */
function onceAtATime(check: () => Promise<boolean>): () => Promise<boolean> {
  let running: Promise<boolean> | null = null;
  return () => {
    running ??= check().finally(() => {
      running = null;
    });
    return running;
  };
}

/** The addresses that candidates show, and whether two STUN servers see the same one. */
async function addressFacts({ config, started }: Order): Promise<[Result["addresses"], Result["nat"]]> {
  const addresses: Result["addresses"] = { server: started.address, reflexive: [], local: [], mdns: false };
  if (!hasWebRtc()) return [addresses, "unknown"];
  const { candidates } = await gather(config.stun.map(({ url }) => ({ urls: url })), "all", "relay", 700);
  for (const candidate of candidates.filter(({ protocol }) => protocol === "udp")) {
    if (candidate.type === "srflx") addresses.reflexive.push(addressOf(candidate));
    else if (candidate.address?.endsWith(".local")) addresses.mdns = true;
    else if (candidate.address) addresses.local.push(candidate.address);
  }
  return [addresses, natOf(addresses, config.stun.length)];
}

export function natOf({ reflexive, local, mdns }: Result["addresses"], servers: number): Result["nat"] {
  const hosts = new Set(reflexive.map((address) => address.replace(/:\d+$/, "")));
  if (reflexive.length > 1 && hosts.size === 1 && !mdns && local.length === 1) return "per_destination";
  return reflexive.length === 1 && servers > 1 ? "same" : "unknown";
}

function hintsOf({ server, reflexive }: Result["addresses"]): string[] {
  const different = server && reflexive.length && !reflexive.some((address) => address.startsWith(`${server}:`));
  return different ? ["public_address_differs"] : [];
}

function measurementsOf(observations: Observation[]): Measurements {
  const facts = observations.find(({ probe, failure }) => probe === "quality" && failure === null)?.facts;
  return facts ? (facts as unknown as Measurements) : NOTHING;
}
