/** What only a machine that runs can do: `pause, resume, reset, poweroff, acpipowerbutton, savestate, stats`. */
import type { CommandHost } from "./command-host.ts";
import type { CommandLine } from "./command-line.ts";
import type { ControlRequest } from "./control-request.ts";
import { machineNamed } from "./names.ts";
import { json } from "./output.ts";
import { fail } from "./usage-error.ts";

export function asking(action: Exclude<ControlRequest["do"], "takeSnapshot" | "deleteSnapshot" | "clone" | "tidy">) {
  return async (host: CommandHost, line: CommandLine): Promise<void> => {
    const { say } = host;
    const machine = machineNamed(host, line.wordAt(0, say.args.machine));
    line.expectNoMore(1);
    if (!machine.runs) fail(say.notRunning(machine.name, say.states[machine.state]));
    const result = await host.ask(machine, { do: action });
    if (action === "stats") host.print(json(result));
  };
}
