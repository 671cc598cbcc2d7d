/**
 * What the attributes of `<posada-machine>` say, as a machine definition. `src` names a definition or a link; the other
 * attributes go before what it says.
 */
import { fetchDefinition } from "../services/links/fetch-definition.ts";
import type { FoundDefinition } from "../services/links/fetch-definition.ts";
import { addressOf, FILE_ROLES, readDefinition } from "../services/links/machine-definition.ts";

/** Attributes of the definition, and the parts they stand for. */
export const DEFINING = ["src", "label", "memory", "cpu-model", "boot-order", "kernel", "initrd", "command-line", "floppy", "cdrom", "disks"] as const; // prettier-ignore

type Attributes = (name: (typeof DEFINING)[number]) => string | null;

/**
 * @param attribute reads one; null where it is absent
 * @throws LinkError
 */
export async function definitionOf(attribute: Attributes, baseUrl: string): Promise<FoundDefinition> {
  const src = attribute("src");
  const found = src === null ? null : await fetchDefinition(addressAlone(src, baseUrl));
  const own: Record<string, unknown> = {};
  const put = (part: string, name: (typeof DEFINING)[number], read: (text: string) => unknown) => {
    const text = attribute(name);
    if (text !== null) own[part] = read(text);
  };
  const file = (text: string) => ({ url: addressOf(text, baseUrl, "url") });
  const words = (text: string) => text.split(/[\s,]+/).filter((word) => word !== "");
  put("title", "label", (text) => text);
  put("memoryMiB", "memory", Number);
  put("cpuModel", "cpu-model", (text) => text);
  put("bootOrder", "boot-order", words);
  put("commandLine", "command-line", (text) => text);
  for (const role of FILE_ROLES) put(role, role, file);
  put("disks", "disks", (text) => words(text).map(file));
  const definition = readDefinition({ ...found?.definition, ...own }, found?.baseUrl ?? baseUrl);
  return { definition, baseUrl: found?.baseUrl ?? baseUrl };
}

/** With its fragment, in which a link may stand. */
function addressAlone(src: string, baseUrl: string): string {
  const url = addressOf(src, baseUrl, "src");
  return url + new URL(src, baseUrl).hash;
}
