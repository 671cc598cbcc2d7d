/** What a file is for in a machine, in sentences about it. Roles are "kernel", "disk 2", … */
import { asSaid, said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";

interface Words {
  within: Said;
  first: Said;
}

const words: Record<string, Words> = {
  kernel: { within: said`kernel`, first: said`Kernel` },
  initrd: { within: said`initrd`, first: said`Initrd` },
  CD: { within: said`CD`, first: said`CD` },
  floppy: { within: said`floppy`, first: said`Floppy` },
  firmware: { within: said`firmware`, first: said`Firmware` },
  "VGA firmware": { within: said`VGA firmware`, first: said`VGA firmware` },
  "saved state": { within: said`saved state`, first: said`Saved state` },
};

const numbered: Record<string, (number: string) => Words> = {
  disk: (number) => ({ within: said`disk ${number}`, first: said`Disk ${number}` }),
  module: (number) => ({ within: said`module ${number}`, first: said`Module ${number}` }),
  flash: (number) => ({ within: said`flash ${number}`, first: said`Flash ${number}` }),
};

function wordsOf(role: string): Words | undefined {
  const [name, number] = role.split(" ");
  return words[role] ?? (number === undefined ? undefined : numbered[name!]?.(number));
}

/** "the kernel" */
export function roleWords(role: string): Said {
  return wordsOf(role)?.within ?? asSaid(role);
}

/** At the beginning: "Kernel (vmlinuz)". */
export function roleTitle(role: string): Said {
  return wordsOf(role)?.first ?? asSaid(role.charAt(0).toUpperCase() + role.slice(1));
}
