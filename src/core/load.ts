/**
 * Gives the core its memory. A machine's linear memory has a fixed size from the start: growth would leave stale views
 * behind. What a host cannot give is a CoreMemoryError in words.
 */
import { said, SaidError } from "../shared/said.ts";
import { PAGE_DESC_SIZE, PAGE_SIZE, RAM_BASE, ROM_BASE } from "./generated/layout.ts";

const WASM_PAGE_BYTES = 0x10000;
const MAX_WASM_PAGES = 0x10000;

/** The host cannot give a machine the memory that it asks for. */
export class CoreMemoryError extends SaidError {
  override name = "CoreMemoryError";
}

/** Bytes of linear memory for a machine; see the map in wasm/layout.ts. */
export function linearMemoryBytes(ramBytes: number, vramBytes: number): number {
  const end = RAM_BASE + ramBytes + vramBytes;
  const pages = (end - ROM_BASE) / PAGE_SIZE;
  // A descriptor and a dirty byte for each page, each array aligned to a page.
  return end + roundUp(pages * PAGE_DESC_SIZE, PAGE_SIZE) + roundUp(pages, PAGE_SIZE);
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** @throws CoreMemoryError */
export function allocateMemory(ramBytes: number, vramBytes: number): WebAssembly.Memory {
  const pages = Math.ceil(linearMemoryBytes(ramBytes, vramBytes) / WASM_PAGE_BYTES);
  const asked = said`${Math.round(ramBytes / 2 ** 20)} MiB of memory`;
  if (pages > MAX_WASM_PAGES)
    throw new CoreMemoryError(said`A machine with ${asked} is larger than a page can hold (4 GiB).`);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch {
    throw new CoreMemoryError(
      said`The browser gives no room for a machine with ${asked}; close other tabs or choose less.`,
    );
  }
}
