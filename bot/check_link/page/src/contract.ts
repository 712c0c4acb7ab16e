/** What page and server exchange. The same shapes are checked on the server; unknown fields are ignored. */

export interface Endpoint {
  host: string;
  port: number;
  url: string;
}
export interface SignalingEndpoint extends Endpoint {
  edge: string;
}
export interface TurnEndpoint extends Endpoint {
  transport: "udp" | "tcp" | "tls";
}
export interface Config {
  v: number;
  error?: string;
  code: string;
  platform: string;
  support: string;
  service: string;
  expires: number;
  runs_left: number;
  asked_edge: string;
  roaming?: string; // the edge whose name leads to the nearest one
  signaling: SignalingEndpoint[];
  insights: Endpoint[];
  stun: Endpoint[];
  turn: TurnEndpoint[];
  media: { low: number; high: number; ranges: string[]; allocations: number };
  call?: { edges: string[] }; // a test call is offered, over one of these
}
export interface Credentials {
  username: string;
  credential: string;
}
export interface Started {
  run: string;
  key: string;
  server_time: number;
  address: string;
  ice: Credentials | null;
}
export type SameNetwork = "yes" | "no" | "unsure";

export type Failure =
  | "websocket_closed" | "generic_timeout_error" | "connection_aborted" | "turn_unauthorized" | "turn_forbidden"
  | "turn_quota_reached" | "turn_insufficient_capacity" | "turn_server_error" | "udp_outbound_lost" | "udp_inbound_lost"
  | "no_credentials" | "inconclusive" | "not_supported";
export type Fact = string | number | boolean | null | number[];

export interface Observation {
  probe: "websocket" | "http" | "stun" | "turn" | "udp_media" | "quality";
  service: "signaling" | "insights" | "stun" | "turn" | "media";
  edge: string;
  host: string;
  port: number;
  transport: string;
  failure: Failure | null;
  facts: Record<string, Fact>;
  started: number;
  runtime: number;
}
export type Layer = "signaling" | "insights" | "stun" | "turn" | "media" | "line";
export const LAYERS: readonly Layer[] = ["signaling", "insights", "stun", "turn", "media", "line"];
export type State = "works" | "blocked" | "degraded" | "partly" | "unknown" | "not_checked";
export type Verdict = "clear" | "blocked" | "degraded" | "risk" | "unknown";

export interface Row {
  layer: string;
  state: State;
  detail: string;
}
export interface AdminRow {
  purpose: string;
  protocol: string;
  ports: string;
  destinations: string[];
  direction: string;
  state: State;
  note: string;
}
export interface Answer {
  verdict: Verdict;
  language: string;
  title: string;
  customer: string;
  it: string;
  rows: Row[];
  admin: AdminRow[];
  reference: string;
  checked_at: number;
  runs_left: number;
}
export interface Measurements {
  rtt_ms: number | null;
  jitter_ms: number | null;
  loss_percent: number | null;
  sent: number;
  lost: number;
}
export interface Result {
  v: 1;
  run: string;
  key?: string;
  language: string;
  same_network: SameNetwork;
  started: number;
  runtime: number;
  clock_offset_s: number | null;
  browser: Record<string, string | boolean | null | string[]>;
  addresses: { server: string; reflexive: string[]; local: string[]; mdns: boolean };
  nat: "same" | "per_destination" | "none" | "unknown";
  hints: string[];
  measurements: Measurements;
  observations: Observation[];
}
