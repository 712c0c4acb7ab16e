/** What this browser shows of itself. */

interface Brand {
  brand: string;
  version: string;
}
interface NavigatorExtras {
  userAgentData?: { brands: Brand[]; mobile: boolean; platform: string };
  connection?: { saveData?: boolean; type?: string };
}

const PATTERNS: [string, RegExp][] = [
  ["Edge", /Edg(?:e|A|iOS)?\/([\d.]+)/],
  ["Firefox", /(?:Firefox|FxiOS)\/([\d.]+)/],
  ["Chrome", /(?:Chrome|CriOS)\/([\d.]+)/],
  ["Safari", /Version\/([\d.]+).*Safari/],
];
const SYSTEMS: [string, RegExp][] = [
  ["iOS", /iPhone|iPad/],
  ["Android", /Android/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
];

/** Name and version by the user agent string; "" where it is not known. */
export function nameOf(agent: string): { name: string; version: string; os: string } {
  const [name, pattern] = PATTERNS.find(([, pattern]) => pattern.test(agent)) ?? ["", /$^/];
  return { name, version: pattern.exec(agent)?.[1] ?? "", os: SYSTEMS.find(([, system]) => system.test(agent))?.[0] ?? "" };
}

export async function browserFacts(): Promise<Record<string, string | boolean | null | string[]>> {
  const extras = navigator as Navigator & NavigatorExtras;
  const agent = navigator.userAgent.slice(0, 390);
  return {
    ...nameOf(agent),
    mobile: extras.userAgentData?.mobile ?? /Mobi/.test(agent),
    user_agent: agent,
    secure_context: window.isSecureContext,
    webrtc: typeof RTCPeerConnection !== "undefined",
    online: navigator.onLine,
    save_data: extras.connection?.saveData ?? null,
    connection: extras.connection?.type ?? "",
    microphone: await microphone(),
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    languages: navigator.languages.slice(0, 5),
  };
}

/** The state of the permission. Nothing asks for it. */
async function microphone(): Promise<string> {
  try {
    return (await navigator.permissions.query({ name: "microphone" as PermissionName })).state;
  } catch {
    return "unknown";
  }
}
