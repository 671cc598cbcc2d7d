/** What the words in a boot sector say: whose it is, and which file it loads. */
import type { SystemId } from "./system-catalogue.ts";
import type { SystemFinding } from "./system-finding.ts";

const words: [RegExp, SystemId, 16 | 32][] = [
  [/MIKEBOOT|MIKEOS/i, "mikeos", 16],
  [/KOLIBRI/i, "kolibrios", 32],
  [/MENUET|MSETOS/i, "menuetos", 32],
  [/FREEDOS|FRDOS|KERNEL {2}SYS/i, "freedos", 16],
  [/NTLDR {6}|NTLDR is missing/i, "windowsXp", 32],
  [/BOOTMGR/, "windowsModern", 32],
  [/IO {6}SYS|IBMBIO {2}COM|^.{3}MSDOS/i, "dos", 16],
  [/GRUB /, "grub", 32],
];

/** @param sector the first 512 bytes */
export function bootSectorSystem(sector: Uint8Array): SystemFinding | null {
  if (sector.length < 512 || sector[510] !== 0x55 || sector[511] !== 0xaa) return null;
  const text = String.fromCharCode(...sector);
  const [, system, bits] = words.find(([pattern]) => pattern.test(text)) ?? [];
  if (!system || !bits) return null;
  return { system, label: "", version: "", bits, installer: false, certainty: 1 };
}
