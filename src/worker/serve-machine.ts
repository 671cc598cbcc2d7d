/** A machine that is called from the page's thread. */
import * as Comlink from "comlink";
import type { CoreModules } from "./core-modules.ts";
import { exposable } from "./expose.ts";
import { platformWith } from "./platform-web.ts";
import { Vm } from "./vm.ts";

export function serve(modules: CoreModules): void {
  Comlink.expose(exposable(new Vm(platformWith(modules))));
}
