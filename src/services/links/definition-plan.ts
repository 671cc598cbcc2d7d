/** A machine definition as a plan: what is opened when a person has agreed to a link, or an element starts. */
import { defaultConfig } from "../../protocol/machine-config.ts";
import type { MediaSource } from "../../protocol/machine-config.ts";
import type { MachinePlan, Medium } from "../machine-plan.ts";
import { nameOf } from "../page-request.ts";
import { fromBase64Url } from "./base64url.ts";
import { addressOf, FILE_ROLES } from "./machine-definition.ts";
import type { DefinedFile, MachineDefinition } from "./machine-definition.ts";

/** Files are held to what the definition says of them. Nothing that the guest writes is kept. */
export function planOfDefinition(definition: MachineDefinition, baseUrl: string): MachinePlan {
  const medium = (file: DefinedFile, field: string): Medium => {
    const url = addressOf(file.url, baseUrl, `${field}.url`);
    const { sha256, sizeBytes } = file;
    const known = { ...(sha256 ? { sha256 } : {}), ...(sizeBytes ? { sizeBytes } : {}) };
    const source: MediaSource = Object.keys(known).length > 0 ? { checked: { url, ...known } } : url;
    return { source, name: file.name || nameOf(url) };
  };
  const plan: MachinePlan = { title: definition.title, disks: [] };
  for (const role of FILE_ROLES) {
    const file = definition[role];
    if (file) plan[role] = medium(file, role);
  }
  plan.disks = (definition.disks ?? []).map((file, i) => ({ ...medium(file, `disks.${i}`), writable: "discard" }));
  for (const name of ["memoryMiB", "processors", "cpuModel", "bootOrder", "commandLine"] as const)
    if (definition[name] !== undefined) Object.assign(plan, { [name]: definition[name] });
  const { state } = definition;
  if (state) {
    const { difference } = state;
    plan.memoryMiB ??= defaultConfig.memoryMiB;
    plan.processors ??= defaultConfig.processors;
    plan.cpuModel ??= defaultConfig.cpuModel;
    plan.savedState = {
      source: { published: { url: addressOf(state.list.url, baseUrl, "state.list.url"), name: definition.title } },
      memoryMiB: plan.memoryMiB,
      processors: plan.processors,
      cpuModel: plan.cpuModel,
      difference:
        typeof difference === "string" ? fromBase64Url(difference) : medium(difference, "state.difference").source,
    };
  }
  const first = plan.cdrom ?? plan.floppy ?? plan.disks[0] ?? plan.kernel;
  plan.title ||= first?.name ?? "";
  return plan;
}
