/** What was recognised on a medium. */
import type { SystemId } from "./system-catalogue.ts";

export interface SystemFinding {
  system: SystemId;
  /** In the medium's own words ("Debian GNU/Linux 12.5.0 “Bookworm”"); "" where it has none. */
  label: string;
  /** "12.5.0"; "" where it is not told. */
  version: string;
  /** Of the processor that it is for; null where that is not told. */
  bits: 16 | 32 | 64 | null;
  /** A medium to install from, or to start from without a disk: not an installed system. */
  installer: boolean;
  /** 0: by a mark only; 1: by its kind; 2: by what it says itself. */
  certainty: 0 | 1 | 2;
}

/** "amd64", "x86_64", "i386", … in any text. */
export function bitsIn(text: string): 32 | 64 | null {
  if (/amd64|x86[-_]64|x64/i.test(text)) return 64;
  return /i[3-6]86|x86|ia-?32|32-?bit/i.test(text) ? 32 : null;
}

export function versionIn(text: string): string {
  return /\d+(?:\.\d+)*/.exec(text)?.[0] ?? "";
}
