/** The texts of the page in the reader's language. English is built in; the others are loaded. */

import english from "../strings/en.json";

export type Key = keyof typeof english;

/** Languages with their own names. */
export const LANGUAGES: Record<string, string> = {
  en: "English",
  es: "Español",
  fr: "Français",
  de: "Deutsch",
  pt: "Português",
  ja: "日本語",
};

let texts: Record<string, string> = english;
let current = "en";

export const language = (): string => current;

/** The first language of the browser that there are texts for. */
export const preferred = (wanted: readonly string[]): string =>
  wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES) ?? "en";

/** Load a language. Where it does not arrive, the page stays in English. */
export async function use(tag: string, assets: string): Promise<void> {
  let loaded: Record<string, string> = english;
  try {
    if (tag !== "en") loaded = (await (await fetch(`${assets}/${tag}.json`, { credentials: "omit" })).json()) as typeof english;
    current = tag;
  } catch {
    current = "en";
  }
  texts = loaded;
  document.documentElement.lang = current;
  document.title = t("title");
}

/** The text of *key*, with {names} filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return (texts[key] ?? english[key]).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export const date = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString(current, { dateStyle: "long", timeStyle: "short" });
