/**
 * Files that a person opens or drops: what each of them is, which drive it belongs in, and what is wrong with it,
 * before a machine is made. What is not clear is left to be asked.
 */
import { said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import { recogniseBytes, judgeMedia, roleOfKind } from "../storage/media-check.ts";
import type { MediaFacts, MediaRole } from "../storage/media-check.ts";
import type { MachineParts, MachinePlan, Medium } from "./machine-plan.ts";

/** What a file can be in a machine. */
export type FileRole = Exclude<MediaRole, "firmware">;

export interface FileProblem {
  name: string;
  /** One sentence. */
  message: Said | string;
}

/** A file of which more than one thing can be meant. */
export interface UnclearFile {
  file: File;
  choices: FileRole[];
}

export interface Intake {
  clear: { file: File; role: FileRole }[];
  unclear: UnclearFile[];
  /** Files that cannot be used. */
  problems: FileProblem[];
  /** Files that can, but probably do not do what is expected. */
  warnings: FileProblem[];
}

/** As much as recognition looks at: the volume descriptors of a CD. */
const HEAD_BYTES = 64 * 1024;

/** A name says what was meant where the contents do not. */
const roleOfName: [RegExp, FileRole][] = [
  [/\.(iso|cdr|udf)$/i, "cdrom"],
  [/\.(ima|flp|vfd|flop|144|720)$/i, "floppy"],
  [/^(vmlinuz|bzimage|vmlinux|kernel)([-._].*)?$/i, "kernel"],
  [/\.(hdd|hd|raw|dsk|vhd|vmdk|vdi|qcow2)$/i, "disk"],
];

const ASKED: readonly FileRole[] = ["disk", "floppy", "cdrom"];

async function factsOf(file: File): Promise<MediaFacts> {
  const head = await file.slice(0, HEAD_BYTES).arrayBuffer();
  return recogniseBytes(new Uint8Array(head), file.size);
}

/** Never rejects: a file that cannot be read is one of the problems. */
export async function takeIn(files: readonly File[]): Promise<Intake> {
  const intake: Intake = { clear: [], unclear: [], problems: [], warnings: [] };
  const looked: { file: File; facts: MediaFacts }[] = [];
  for (const file of files)
    try {
      looked.push({ file, facts: await factsOf(file) });
    } catch {
      intake.problems.push({
        name: file.name,
        message: said`This cannot be read: it is a folder, or the file was moved, changed or is not yours to read.`,
      });
    }
  const kernels = looked.filter(({ facts }) => facts.kind === "linuxKernel" || facts.kind === "multiboot");
  for (const { file, facts } of looked) {
    // Initial RAM disks are mostly compressed archives: beside a kernel that is what one is.
    const packed = facts.kind === "compressed" && kernels.length > 0 ? "initrd" : undefined;
    const role =
      packed ?? roleOfKind[facts.kind] ?? roleOfName.find(([pattern]) => pattern.test(file.name))?.[1] ?? null;
    if (role) settle(intake, file, facts, role);
    else ask(intake, file, facts);
  }
  return needKernel(intake, kernels.length > 0);
}

function settle(intake: Intake, file: File, facts: MediaFacts, role: FileRole): void {
  const { problem, warning } = judgeMedia(facts, role);
  if (problem) return void intake.problems.push({ name: file.name, message: problem });
  if (warning) intake.warnings.push({ name: file.name, message: warning });
  intake.clear.push({ file, role });
}

function ask(intake: Intake, file: File, facts: MediaFacts): void {
  const choices = ASKED.filter((role) => judgeMedia(facts, role).problem === undefined);
  if (choices.length > 0) return void intake.unclear.push({ file, choices });
  const packed = facts.kind === "compressed";
  const message = packed
    ? judgeMedia(facts, "disk").problem!
    : said`This file is not recognized: it is no CD, floppy or disk image, and no kernel that can be started.`;
  intake.problems.push({ name: file.name, message });
}

function needKernel(intake: Intake, hasKernel: boolean): Intake {
  if (hasKernel) return intake;
  const alone = intake.clear.filter(({ role }) => role === "initrd");
  const message = said`This is an initial RAM disk; it needs a kernel: open both together.`;
  return {
    ...intake,
    clear: intake.clear.filter(({ role }) => role !== "initrd"),
    problems: [...intake.problems, ...alone.map(({ file }) => ({ name: file.name, message }))],
  };
}

/** A machine of the files; of two for one drive the later one counts, and disks come in their order. */
export function planOf(files: readonly { file: File; role: FileRole }[]): MachinePlan {
  const parts: MachineParts = { disks: [] };
  for (const { file, role } of files) {
    const medium: Medium = { source: file, name: file.name };
    if (role === "disk") parts.disks.push(medium);
    else parts[role] = medium;
  }
  const first = parts.cdrom ?? parts.floppy ?? parts.disks[0] ?? parts.kernel;
  return { ...parts, title: first?.name ?? "" };
}
