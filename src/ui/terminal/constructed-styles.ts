/**
 * xterm.js writes style sheets of its own into `<style>` elements, which a content security policy without inline styles
 * does not let through. What it makes in their place while it is opened hands its text to constructed sheets instead.
 */

/** @returns what ends the sheets again */
export function withConstructedStyles(open: () => void): () => void {
  const sheets: CSSStyleSheet[] = [];
  const { createElement } = document;
  const replaced = (name: string, options?: ElementCreationOptions): HTMLElement => {
    // Even an empty <style> is refused when it comes into the page; xterm.js only puts text into it and removes it.
    if (name !== "style") return createElement.call(document, name, options);
    const place = createElement.call(document, "template");
    sheets.push(sheetFor(place));
    return place;
  };
  document.createElement = replaced as typeof document.createElement;
  try {
    open();
  } finally {
    // The prototype's own again.
    Reflect.deleteProperty(document, "createElement");
  }
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...sheets];
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
  };
}

function sheetFor(element: HTMLElement): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  let text = "";
  Object.defineProperty(element, "textContent", {
    get: () => text,
    set(next: string) {
      text = next;
      sheet.replaceSync(next);
    },
  });
  return sheet;
}
