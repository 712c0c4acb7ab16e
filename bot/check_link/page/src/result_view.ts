/** What the page shows afterward: the answer, what to hand to IT, and a page to print. */

import { LAYERS, type AdminRow, type Answer, type Config, type Layer, type Result, type Row, type State } from "./contract";
import { h, heading } from "./dom";
import { date, t, type Key } from "./strings";
import { stateLabel, supportOf } from "./views";
import { verdictOf } from "./summary";

const STATES = ["works", "blocked", "degraded", "partly", "unknown", "not_checked"];
const VERDICTS = ["clear", "blocked", "degraded", "risk", "unknown"];

export const layerName = (layer: string): string =>
  [...LAYERS, "browser"].includes(layer as Layer) ? t(`layer_${layer}` as Key) : layer;
const known = (state: string): State => (STATES.includes(state) ? (state as State) : "unknown");

/** The answer of the server. */
export function resultView(
  config: Config, result: Result, answer: Answer, again: () => void, call: HTMLElement | null,
): HTMLElement {
  const verdict = VERDICTS.includes(answer.verdict) ? answer.verdict : "unknown";
  const lang = answer.language || "en";
  return h("div", {}, h("main", {}, h("div", { class: "screen" },
    heading(t(`verdict_${verdict}` as Key)),
    h("p", { class: `lead verdict ${verdict}` }, t(`say_${verdict}` as Key)),
    answer.customer && section(t("for_you"), lang, answer.title, answer.customer),
    answer.it && section(t("for_it"), lang, "", answer.it),
    rowsOf(answer.rows, lang), measured(result),
    h("p", { class: "hint" }, t("limits_note")),
    h("p", {}, t("sent_done", { support: supportOf(config) }), answer.reference && ` ${t("reference", { reference: answer.reference })}`),
    h("div", { class: "buttons" }, ...copyButton(() => textOf(result, answer)),
      answer.admin.length > 0 && h("button", { type: "button", click: () => window.print() }, t("print")),
      answer.runs_left > 0 && h("button", { type: "button", click: again }, t("again"))),
    call),
    answer.admin.length > 0 && adminView(config, answer)));
}

/** The result stays with the reader where it could not be sent: as text for a reply. */
export function unsentView(config: Config, result: Result, states: Record<Layer, State>, again: () => void): HTMLElement {
  const verdict = verdictOf(states);
  const rows = LAYERS.map((layer) => ({ layer, state: states[layer], detail: "" }));
  const { key: _, ...copy } = result;
  const text = `${rows.map(lineOf).join("\n")}\nlineman-check: ${JSON.stringify(copy)}`;
  const area = h("textarea", { readonly: true, rows: "8", "aria-label": t("details") });
  area.value = text;
  return h("div", {}, h("main", {}, heading(t("unsent_title")),
    h("p", { class: "lead" }, t("unsent_hint", { support: supportOf(config) })),
    h("p", {}, t(`verdict_${verdict}`)), rowsOf(rows, "en"), area,
    h("div", { class: "buttons" }, ...copyButton(() => text), h("button", { type: "button", click: again }, t("again")))));
}

function section(title: string, lang: string, strong: string, text: string): HTMLElement {
  return h("section", {}, h("h2", {}, title), h("div", { lang },
    strong && h("p", {}, h("strong", {}, strong)), ...text.split(/\n{2,}/).map((part) => h("p", { class: "text" }, part))));
}

function rowsOf(rows: Row[], lang: string): HTMLElement {
  return h("section", {}, h("h2", {}, t("details")), h("ul", { class: "rows" }, ...rows.map((row) =>
    h("li", {}, h("span", { class: "layer" }, layerName(row.layer)), stateLabel(known(row.state)),
      row.detail && h("span", { class: "detail", lang }, row.detail)))));
}

function measured({ measurements: { rtt_ms, loss_percent } }: Result): HTMLElement | null {
  return rtt_ms === null ? null : h("p", {}, t("measured", { rtt: rtt_ms, loss: loss_percent ?? 0 }));
}

const lineOf = (row: Row): string => `${layerName(row.layer)}: ${t(`state_${known(row.state)}`)}${row.detail ? ` (${row.detail})` : ""}`;

function textOf(result: Result, answer: Answer): string {
  const measures = measured(result)?.textContent ?? "";
  return [answer.title, answer.customer, answer.it, answer.rows.map(lineOf).join("\n"), measures,
    date(answer.checked_at || result.started), answer.reference].filter(Boolean).join("\n\n");
}

function copyButton(text: () => string): HTMLElement[] {
  const status = h("span", { role: "status" });
  const button = h("button", { type: "button", click: async () => {
    status.textContent = t((await copy(text())) ? "copied" : "copy_failed");
  } }, t("copy"));
  return [button, status];
}

/** Without a secure context there is no clipboard API: the older way is left. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "quiet" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** The page for the firewall admin: on paper it is alone. */
function adminView(config: Config, answer: Answer): HTMLElement {
  const columns = ["purpose", "protocol", "ports", "destinations", "direction", "state"] as const;
  const row = (rule: AdminRow): HTMLElement => h("tr", {},
    h("th", { scope: "row", lang: "en" }, rule.purpose), h("td", {}, rule.protocol), h("td", {}, rule.ports),
    h("td", {}, ...rule.destinations.map((name) => h("div", {}, name)), rule.note && h("div", { class: "detail", lang: "en" }, rule.note)),
    h("td", {}, t(rule.direction === "both" ? "direction_both" : "direction_outgoing")), h("td", {}, stateLabel(known(rule.state))));
  return h("div", { class: "admin" }, h("h2", {}, t("admin_title")),
    h("p", {}, t("admin_intro", { date: date(answer.checked_at), service: config.service }),
      answer.reference && ` ${t("reference", { reference: answer.reference })}`),
    h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": t("admin_title") }, h("table", {},
      h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col" }, t(`admin_${column}`))))),
      h("tbody", {}, ...answer.admin.map(row)))));
}
