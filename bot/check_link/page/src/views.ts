/** What the page shows before and while the checks run. */

import { LAYERS, type Config, type Layer, type SameNetwork, type State } from "./contract";
import { h, heading } from "./dom";
import { date, language, LANGUAGES, t, type Key } from "./strings";

const SIGNS: Record<State | "waiting", string> = {
  waiting: "…", works: "✓", blocked: "✕", degraded: "!", partly: "!", unknown: "?", not_checked: "–",
};

export const supportOf = (config: Config): string => config.support || t("support_default");

export const stateLabel = (state: State | "waiting"): HTMLElement =>
  h("span", { class: `state ${state}` }, h("span", { "aria-hidden": "true", class: "sign" }, SIGNS[state] ?? "?"), ` ${t(`state_${state}` as Key)}`);

export function languageMenu(change: (tag: string) => void): HTMLElement {
  const select = h("select", { id: "language", change: () => change(select.value) });
  for (const [tag, name] of Object.entries(LANGUAGES)) {
    select.append(h("option", { value: tag, lang: tag, selected: tag === language() }, name));
  }
  return h("header", {}, h("label", { for: "language" }, t("language")), select);
}

/** The page before anything runs: what is tested, what is sent, to whom. */
export function startView(config: Config, change: (tag: string) => void, begin: (same: SameNetwork) => void): HTMLElement {
  const error = h("p", { id: "missing", class: "error", role: "alert" });
  const form = h("form", { novalidate: true },
    h("fieldset", {}, h("legend", {}, t("same_legend")),
      ...(["yes", "no", "unsure"] as const).map((value) =>
        h("label", { class: "choice" }, h("input", { type: "radio", name: "same", value }), t(`same_${value}`))),
      h("p", { class: "hint" }, t("same_hint")), error),
    h("button", { type: "submit", class: "primary" }, t("start")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = form.querySelector<HTMLInputElement>("input[name=same]:checked");
    if (chosen) {
      form.querySelector("button")!.disabled = true;
      begin(chosen.value as SameNetwork);
    } else {
      error.textContent = t("same_missing");
      form.querySelector<HTMLInputElement>("input")!.focus();
    }
  });
  return h("div", {}, languageMenu(change), h("main", {},
    heading(t("title")),
    h("p", { class: "lead" }, t("intro", { service: config.service }), config.code && ` ${t("intro_code", { code: config.code })}`),
    h("h2", {}, t("what_title")),
    h("ul", {}, ...(["what_signaling", "what_media", "what_turn", "what_line"] as const).map((key) => h("li", {}, t(key)))),
    h("h2", {}, t("sent_title")),
    h("p", {}, t("sent_whom", { support: supportOf(config) })),
    h("p", {}, t("sent_list")),
    h("p", {}, t("sent_not")),
    form,
    h("p", { class: "hint" }, t("expires", { date: date(config.expires) }))));
}

export interface ProgressView {
  view: HTMLElement;
  report: (layer: Layer, state: State) => void;
  sending: () => void;
}

/** One line per layer. A live region says each result once. */
export function progressView(): ProgressView {
  const cells = new Map<Layer, HTMLElement>();
  const live = h("p", { role: "status", class: "quiet" });
  const hint = h("p", { class: "hint" }, t("running_hint"));
  const list = h("ul", { class: "rows" });
  for (const layer of LAYERS) {
    const cell = h("span", {}, stateLabel("waiting"));
    cells.set(layer, cell);
    list.append(h("li", {}, h("span", { class: "layer" }, t(`layer_${layer}`)), cell));
  }
  return {
    view: h("div", {}, h("main", {}, heading(t("running_title")), list, hint, live)),
    report: (layer, state) => {
      cells.get(layer)?.replaceChildren(stateLabel(state));
      live.textContent = `${t(`layer_${layer}`)}: ${t(`state_${state}`)}`;
    },
    sending: () => {
      hint.textContent = t("sending");
      live.textContent = t("sending");
    },
  };
}

const ERRORS = ["expired", "revoked", "used_up", "unknown", "busy", "unreachable"];

/** A friendly page where a link does not work; *retry* where trying again may help. */
export function errorView(word: string, change: (tag: string) => void, retry?: () => void): HTMLElement {
  const text = t((ERRORS.includes(word) ? `error_${word}` : "error_other") as Key);
  return h("div", {}, languageMenu(change), h("main", {}, heading(t("error_title")), h("p", { class: "lead" }, text),
    retry && h("button", { type: "button", class: "primary", click: () => retry() }, t("again"))));
}
