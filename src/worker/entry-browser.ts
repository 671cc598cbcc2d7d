/**
 * The Worker script of a machine in a page. It is small: the processor core is on its way, and being compiled, while the rest of
 * the machine's code comes. What the page says until then waits.
 */
import { coreModules } from "./core-modules.ts";

const modules = coreModules();
const waiting: MessageEvent[] = [];
const wait = (event: MessageEvent): void => void waiting.push(event);
addEventListener("message", wait);

async function begin(): Promise<void> {
  const { serve } = await import("./serve-machine.ts");
  removeEventListener("message", wait);
  serve(modules);
  for (const { data, origin, ports } of waiting)
    dispatchEvent(new MessageEvent("message", { data, origin, ports: [...ports] }));
}

// The page hears of it as of a script that cannot be loaded.
begin().catch((error: unknown) => reportError(error));
