/** A machine definition from where an author put it: a JSON file, or a whole link. */
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { decodeLink } from "./link-code.ts";
import { LinkError } from "./link-error.ts";
import { isLink } from "./link-fragment.ts";
import { readDefinition } from "./machine-definition.ts";
import type { MachineDefinition } from "./machine-definition.ts";

const MOST_BYTES = 128 * 1024;

export interface FoundDefinition {
  definition: MachineDefinition;
  /** What relative addresses in it count from. */
  baseUrl: string;
}

const unreachable = (reason: Said) => new LinkError({ fault: "unreachable", reason });

/**
 * @param address of a JSON file with a definition; one that carries a link (`…#machine=1.CODE`) is not asked for
 * @throws LinkError
 */
export async function fetchDefinition(address: string, doFetch: typeof fetch = fetch): Promise<FoundDefinition> {
  if (!URL.canParse(address)) throw unreachable(said`"${address}" is no address`);
  const url = new URL(address);
  if (isLink(url.hash)) return { definition: decodeLink(url.hash, address), baseUrl: url.href };
  let response: Response;
  try {
    response = await doFetch(url.href);
  } catch {
    throw unreachable(said`${url.href} does not answer, or does not allow this page to read it`);
  }
  if (!response.ok) throw unreachable(said`the server answered ${response.status} for ${url.href}`);
  const bytes = await atMost(response, MOST_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw unreachable(said`${url.href} is not JSON`);
  }
  return { definition: readDefinition(value, response.url || url.href), baseUrl: response.url || url.href };
}

async function atMost(response: Response, mostBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = response.body!.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    pieces.push(next.value);
    sizeBytes += next.value.length;
    if (sizeBytes <= mostBytes) continue;
    await reader.cancel();
    throw new LinkError({ fault: "tooLarge" });
  }
  return new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}
