/** What observations say about each layer, for the progress and for the answer when the server cannot give one. Pure. */

import type { Config, Layer, Observation, State, Verdict } from "./contract";

const UNDECIDED = ["inconclusive", "not_supported", "no_credentials"];

export const isUndecided = ({ failure }: Observation): boolean => UNDECIDED.includes(failure ?? "");

/** The state of one layer. The edge that the app asks for decides about signaling; one way is enough for TURN. */
export function layerState(layer: Layer, observations: Observation[], config: Config): State {
  if (!observations.length) return "not_checked";
  if (layer === "line") return lineState(observations);
  const works = observations.filter(({ failure }) => failure === null);
  const fails = observations.filter((observation) => observation.failure !== null && !isUndecided(observation));
  if (layer === "signaling") {
    const asked = observations.find(({ edge }) => edge === config.asked_edge) ?? observations[0]!;
    if (fails.includes(asked)) return "blocked";
    if (isUndecided(asked)) return "unknown";
    return fails.length ? "partly" : "works";
  }
  if (layer === "media" && fails.length) {
    const open = fails[0]!.facts.open;
    return Array.isArray(open) && open.length ? "partly" : "blocked";
  }
  if (works.length === observations.length) return "works";
  if (fails.length && works.length) return "partly";
  return fails.length && fails.length === observations.length ? "blocked" : "unknown";
}

/** Loss is a fault only where chance does not explain it: the server compares it with the limits. */
const lineState = ([observation]: Observation[]): State => (observation?.failure === null ? "works" : "unknown");

/** The verdict that follows from the layers. */
export function verdictOf(states: Record<Layer, State>): Verdict {
  if (states.signaling === "blocked" || states.media === "blocked" || states.media === "partly") return "blocked";
  if (states.signaling === "unknown") return "unknown";
  if (["blocked", "partly"].some((state) => [states.signaling, states.insights, states.turn].includes(state as State))) return "risk";
  return states.media === "works" ? "clear" : "unknown";
}
