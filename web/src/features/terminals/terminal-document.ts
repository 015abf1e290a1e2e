/**
 * A document for xterm under a policy that allows no style elements and no style attributes. xterm makes both while it runs: its style
 * elements become constructed style sheets, and its attributes are set as properties, which the policy allows. Everything else is the
 * page's own document.
 */
export interface TerminalDocument {
  readonly document: Document;
  /** Takes the style sheets away. */
  dispose(): void;
}

export function terminalDocument(): TerminalDocument {
  const sheets = new Set<CSSStyleSheet>();
  const adopt = (style: HTMLStyleElement) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style.textContent);
    Object.defineProperty(style, 'textContent', { set: (text: string) => sheet.replaceSync(text) });
    sheets.add(sheet);
    document.adoptedStyleSheets.push(sheet);
  };
  const handler: ProxyHandler<Document> = {
    get(target, name) {
      if (name === 'createElement') return (tag: string) => tamed(target.createElement(tag), adopt);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  };
  return {
    document: new Proxy(document, handler),
    dispose() {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.has(sheet));
    },
  };
}

/** Style elements below this one become style sheets. */
function tamed(element: HTMLElement, adopt: (style: HTMLStyleElement) => void): HTMLElement {
  const { appendChild } = element;
  element.appendChild = <Child extends Node>(child: Child): Child => {
    if (!(child instanceof HTMLStyleElement)) return appendChild.call(element, child) as Child; // it gives back what it was given
    adopt(child);
    return child;
  };
  return element;
}

/** The parts of a line are made by the page's own document, whatever xterm is given: so all of their kind set styles as properties. */
function setStylesAsProperties(): void {
  const { setAttribute } = Element.prototype;
  HTMLSpanElement.prototype.setAttribute = function (name, value) {
    if (name === 'style') this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };
}

setStylesAsProperties();
