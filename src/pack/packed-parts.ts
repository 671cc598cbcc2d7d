/**
 * What a page that is one file carries in itself: scripts and modules, packed and in base64, as elements of their own, so that
 * nothing of them is read before it is wanted.
 */
import { unpackFile } from "../storage/published/pack-codec.ts";
import { fromBase64 } from "../services/published/program-link.ts";

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`This file is not whole: its part "${id}" is missing.`);
  return found;
}

export function packedPart(id: string): Uint8Array<ArrayBuffer> {
  const { textContent, dataset } = element(id);
  return unpackFile(fromBase64(textContent), Number(dataset.bytes)) as Uint8Array<ArrayBuffer>;
}

export const definition = (): unknown => JSON.parse(element("machine").textContent);

/** The machine's own files, which stay packed, by their names. */
export function machineFiles(): Record<string, Uint8Array> {
  const files = document.querySelectorAll<HTMLElement>("script[data-file]");
  return Object.fromEntries(Array.from(files, (file) => [file.dataset.file!, fromBase64(file.textContent)]));
}
