/**
 * Styles that are computed, set one by one: a content security policy without inline styles lets no style attribute
 * through, as Lit's own directive writes at first.
 */
import { noChange } from "lit";
import { Directive, directive } from "lit/directive.js";
import type { ElementPart } from "lit/directive.js";

class Styled extends Directive {
  override render(_properties: Record<string, string>): unknown {
    return noChange;
  }

  override update(part: ElementPart, [properties]: [Record<string, string>]): unknown {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(properties))
      if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
    return noChange;
  }
}

/** In the place of an attribute: `<canvas ${styled({ width: "9px" })}>`. Names as in style sheets. */
export const styled = directive(Styled);
