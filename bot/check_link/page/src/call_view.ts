/** The part of the result that offers a test call with the service's own SDK. */

import { loadSdk, runCall } from "./checks/call";
import type { Config, Result } from "./contract";
import { h } from "./dom";
import { callToken, sendReport } from "./server";
import { t } from "./strings";
import { supportOf } from "./views";

const ENDS = { completed: "call_completed", failed: "call_failed", unfinished: "call_unfinished" } as const;

/** A button, the edge if there is a choice, and a line that says how the call ended. */
export function callView(config: Config, result: Result, assets: string): HTMLElement | null {
  const edges = config.call?.edges ?? [];
  if (!edges.length) return null;
  const status = h("p", { role: "status" });
  const select = h("select", { id: "edge" }, ...edges.map((edge) => h("option", { value: edge }, edge)));
  const button = h("button", { type: "button", click: async () => {
    button.disabled = true;
    status.textContent = t("call_running");
    status.textContent = await call(config, result, assets, select.value);
    button.disabled = false;
  } }, t("call_start"));
  return h("section", { class: "call" }, h("h2", {}, t("call_title")), h("p", {}, t("call_hint", { service: config.service, support: supportOf(config) })),
    edges.length > 1 && h("p", {}, h("label", { for: "edge" }, t("call_edge")), " ", select),
    h("div", { class: "buttons" }, button), status);
}

async function call(config: Config, result: Result, assets: string, edge: string): Promise<string> {
  try {
    const sdk = await loadSdk(assets);
    if (!sdk) return t("call_unfinished");
    const { token } = await callToken(result, edge);
    const { state, code, report } = await runCall(sdk, token, edge);
    const end = code === null ? t(ENDS[state]) : t("call_failed_code", { code });
    if (!report) return end;
    const sent = await sendReport(result, edge, report).then(() => true, () => false);
    return `${end} ${t(sent ? "call_sent" : "call_unsent", { support: supportOf(config) })}`;
  } catch {
    return t("call_unfinished");
  }
}
