/** The Worker script of a machine in a page. */
import * as Comlink from "comlink";
import { browserPlatform } from "./platform-browser.ts";
import { exposable } from "./expose.ts";
import { Vm } from "./vm.ts";

Comlink.expose(exposable(new Vm(browserPlatform())));
