/** Makes elements. Texts are always text nodes, so nothing that comes from outside becomes markup. */

type Child = Node | string | false | null | undefined;
type Properties = Record<string, string | boolean | EventListener>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** Show *view* and move the focus to its heading, so that a screen reader reads on from there. */
export function show(view: HTMLElement, focus = true): void {
  document.getElementById("app")!.replaceChildren(view);
  const heading = view.querySelector("h1");
  if (focus) heading?.focus();
}

export const heading = (text: string): HTMLElement => h("h1", { tabindex: "-1" }, text);
