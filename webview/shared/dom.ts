/** Builds DOM nodes from data. Text goes in as text nodes only, so nothing that came from telemetry is ever parsed as HTML. */

export type Child = Node | string | null;

export interface ElementOptions {
  readonly class?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean | null>>;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** Widths and colours from data; set through CSSOM, which a strict Content-Security-Policy allows. */
  readonly style?: Readonly<Record<string, string>>;
}

/** `true` sets an empty attribute, `false` and `null` leave it out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  children: readonly Child[] = [],
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (options.class !== undefined) {
    node.className = options.class;
  }
  if (options.text !== undefined) {
    node.textContent = options.text;
  }
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    if (value !== false && value !== null) {
      node.setAttribute(name, value === true ? '' : String(value));
    }
  }
  for (const [name, value] of Object.entries(options.style ?? {})) {
    node.style.setProperty(name, value);
  }
  for (const [type, listener] of Object.entries(options.on ?? {})) {
    node.addEventListener(type, listener);
  }
  append(node, children);
  return node;
}

export function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child !== null) {
      parent.append(child);
    }
  }
}

export function replaceChildren(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(...children.filter((child) => child !== null));
}

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

export function svgElement<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
): SVGElementTagNameMap[K] {
  const node = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, String(value));
  }
  return node;
}
