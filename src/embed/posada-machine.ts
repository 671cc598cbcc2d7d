/**
 * Defines `<posada-machine>`: `<script type="module" src="posada-machine.js"></script>` and the element can be used anywhere
 * in the page. docs/embedding.md
 */
import { PosadaMachineElement } from "./machine-element.ts";

export { PosadaMachineElement };

if (!customElements.get("posada-machine")) customElements.define("posada-machine", PosadaMachineElement);

declare global {
  interface HTMLElementTagNameMap {
    "posada-machine": PosadaMachineElement;
  }
}
