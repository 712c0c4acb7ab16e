/** The test call: the preflight test of the service's own SDK, which is loaded only for it. */

import { within } from "../clock";

const PATIENCE = 60_000; // ms: the SDK gives signaling 10 s and the call 20 s, and ICE may take 20 s to fail
const SILENCE = "constant-audio-input-level"; // the SDK's warning about our own silence
const LOADS = 15_000; // ms for the SDK

interface Preflight {
  on(event: "completed", listener: (report: Report) => void): void;
  on(event: "failed", listener: (error: SdkError) => void): void;
  stop(): void;
}
interface SdkError {
  code?: number;
  name?: string;
  message?: string;
  description?: string;
  originalError?: SdkError;
}
interface Report {
  warnings?: { name: string }[];
}
interface Sdk {
  Device: { runPreflight(token: string, options: Record<string, unknown>): Preflight };
}
export interface CallEnd {
  state: "completed" | "failed" | "unfinished";
  code: number | null;
  report: string; // JSON; "" if the SDK reported nothing
}

const UNFINISHED: CallEnd = { state: "unfinished", code: null, report: "" };

/** Load the SDK once, from our own server, as the policy of the page asks for it. */
export async function loadSdk(assets: string): Promise<Sdk | null> {
  const loaded = (): Sdk | null => (window as unknown as { Twilio?: Sdk }).Twilio ?? null;
  if (loaded()) return loaded();
  const script = document.createElement("script");
  script.nonce = document.querySelector("script")!.nonce;
  script.src = `${assets}/voice-sdk.js`;
  const done = new Promise<void>((resolve) => {
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => resolve());
  });
  document.head.append(script);
  await within(LOADS, done, undefined);
  return loaded();
}

/** Run the preflight test. It sends silence, so that it needs no microphone. */
export async function runCall(sdk: Sdk, token: string, edge: string): Promise<CallEnd> {
  let test: Preflight;
  try {
    test = sdk.Device.runPreflight(token, { edge, fakeMicInput: true, logLevel: "silent" });
  } catch {
    return UNFINISHED; // no WebRTC, or no audio
  }
  const end = new Promise<CallEnd>((resolve) => {
    test.on("completed", (report) => resolve({ state: "completed", code: null, report: JSON.stringify(heard(report)) }));
    test.on("failed", (error) => resolve({ state: "failed", code: error.code ?? null, report: JSON.stringify(plain(error)) }));
  });
  const first = await within(PATIENCE, end, UNFINISHED);
  if (first === UNFINISHED) test.stop();
  return first;
}

const heard = (report: Report): Report => ({ ...report, warnings: report.warnings?.filter(({ name }) => name !== SILENCE) ?? [] });

/** An error with the fields that it shows; as an Error it would be written as {}. */
function plain({ code, name, message, description, originalError }: SdkError): SdkError {
  return { code, name, message, description, ...(originalError && { originalError: plain(originalError) }) } as SdkError;
}
