/** The page of a check link: explains, asks, runs the checks, sends the result, shows the answer. */

import { callView } from "./call_view";
import type { Config, Layer, Result, SameNetwork, State } from "./contract";
import { show } from "./dom";
import { resultView, unsentView } from "./result_view";
import { runChecks } from "./run";
import { Refused, send, start } from "./server";
import { language, preferred, use } from "./strings";
import { errorView, progressView, startView } from "./views";

const config = JSON.parse(document.getElementById("config")!.textContent!) as Config;
const assets = document.querySelector("script[src]")!.getAttribute("src")!.replace(/\/page\.js.*$/, "");

function showStart(focus: boolean): void {
  const change = (tag: string): void => {
    void use(tag, assets).then(() => {
      showStart(false);
      document.getElementById("language")!.focus();
    });
  };
  show(config.error ? errorView(config.error, change) : startView(config, change, (same) => void run(same)), focus);
}

function showError(word: string): void {
  const change = (tag: string): void => void use(tag, assets).then(() => showError(word));
  show(errorView(word, change, () => showStart(true)));
}

const again = (): void => {
  config.runs_left -= 1;
  showStart(true);
};

async function run(same: SameNetwork): Promise<void> {
  const before = Date.now();
  try {
    const started = await start(same, language());
    const offset = (before + Date.now()) / 2000 - started.server_time;
    const progress = progressView();
    show(progress.view);
    const states: Partial<Record<Layer, State>> = {};
    const result = await runChecks(
      { config, started, same, language: language(), assets, offset: Math.round(offset * 1000) / 1000 },
      (layer, state) => {
        states[layer] = state;
        progress.report(layer, state);
      },
    );
    progress.sending();
    await finish(result, states as Record<Layer, State>);
  } catch (error) {
    showError(error instanceof Refused ? error.word : "other");
  }
}

async function finish(result: Result, states: Record<Layer, State>): Promise<void> {
  try {
    const answer = await send(result);
    show(resultView(config, result, answer, again, callView(config, result, assets)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    show(unsentView(config, result, states, again));
  }
}

void use(preferred(navigator.languages), assets).then(() => showStart(false));
