/** What a Linux kernel says of itself: its version with who built it, and whether it is for 64 bits. boot.rst, "kernel_version" */
import type { BlockStore } from "../../storage/block-store.ts";
import type { SystemId } from "./system-catalogue.ts";
import type { SystemFinding } from "./system-finding.ts";

const VERSION_POINTER = 0x20e;
const PROTOCOL = 0x206;
const XLOADFLAGS = 0x236;
const XLF_KERNEL_64 = 1;
/** From which protocol there are xloadflags. */
const PROTOCOL_XLOADFLAGS = 0x20c;
const HEAD_BYTES = 0x8000;

const builders: [RegExp, SystemId][] = [
  [/ubuntu/i, "ubuntu"],
  [/debian/i, "debian"],
  [/\.fc\d+\./, "fedora"],
  [/\.el\d/, "redhat"],
  [/suse/i, "suse"],
  [/-arch\d/, "arch"],
  [/alpine/i, "alpine"],
  [/gentoo/i, "gentoo"],
  [/tinycore/i, "tinyCore"],
];

export async function kernelSystem(kernel: BlockStore): Promise<SystemFinding> {
  const head = await kernel.read(0, Math.min(HEAD_BYTES, kernel.sizeBytes));
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const field = (at: number) => (at + 2 <= head.length ? view.getUint16(at, true) : 0);
  const at = field(VERSION_POINTER) + 0x200;
  const end = head.indexOf(0, at);
  const words = at > 0x200 && end > at ? new TextDecoder().decode(head.subarray(at, end)) : "";
  const version = words.split(" ")[0] ?? "";
  const flags = field(PROTOCOL) >= PROTOCOL_XLOADFLAGS ? field(XLOADFLAGS) : 0;
  return {
    system: builders.find(([pattern]) => pattern.test(words))?.[1] ?? "linux",
    label: version ? `Linux ${version}` : "Linux",
    version,
    bits: (flags & XLF_KERNEL_64) !== 0 ? 64 : 32,
    installer: true,
    certainty: 2,
  };
}
