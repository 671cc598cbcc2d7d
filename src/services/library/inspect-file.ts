/**
 * What a file turns out to be, for a wizard: which kind of medium, in which format, how large the disk in it is, and which
 * system is on it. Systems are known by names of volumes and by files, as far as file systems are read.
 */
import type { FileFacts, MediumKind } from "../../protocol/library.ts";
import type { BlockStore } from "../../storage/block-store.ts";
import type { DiskImage } from "../../storage/formats/disk-image.ts";
import { ImageError } from "../../storage/formats/image-error.ts";
import { detectFormat, openImage } from "../../storage/formats/open-image.ts";
import { judgeMedia, recognise, roleOfKind } from "../../storage/media-check.ts";
import type { MediaFacts, MediaRole } from "../../storage/media-check.ts";
import { isTar, openOva } from "../../storage/ovf/package.ts";
import { recogniseSystem } from "../../storage/system-recognition.ts";

function kindOf(role: MediaRole): MediumKind {
  return role === "kernel" || role === "initrd" || role === "firmware" ? "file" : role;
}

export async function inspectFile(source: BlockStore): Promise<FileFacts> {
  const facts = await recognise(source);
  const { sizeBytes } = source;
  if (sizeBytes >= 512 && (await isTar(source))) return inspectPackage(source);
  const format = sizeBytes > 0 ? await detectFormat(source) : "raw";
  if (format !== "raw") return inspectImage(source, format);
  const role = roleOfKind[facts.kind];
  if (!role) return { kind: null, format: "raw", sizeBytes, osId: "other", volumeName: "", ...why(facts) };
  const known = facts.kind === "iso9660" ? "iso" : "raw";
  const system = role === "cdrom" || role === "disk" ? await recogniseSystem(source).catch(unreadable) : null;
  return {
    kind: kindOf(role),
    format: known,
    sizeBytes,
    osId: system ?? (role === "kernel" && facts.kind === "linuxKernel" ? "linux" : "other"),
    volumeName: facts.volumeName ?? "",
    ...judgeMedia(facts, role),
  };
}

/** What no drive takes says why; what is just bytes may be anything. */
function why(facts: MediaFacts): Pick<FileFacts, "problem"> {
  const { problem } = judgeMedia(facts, "disk");
  return problem === undefined ? {} : { problem };
}

/** File systems that are damaged or cannot be read tell nothing. */
function unreadable(): null {
  return null;
}

async function inspectImage(source: BlockStore, format: string): Promise<FileFacts> {
  const nothing = { kind: "disk" as const, format, osId: "other", volumeName: "" };
  let image: DiskImage;
  try {
    image = await openImage(source);
  } catch (error) {
    if (error instanceof ImageError) return { ...nothing, sizeBytes: source.sizeBytes, problem: error.said };
    throw error;
  }
  const { warning } = judgeMedia(await recognise(image), "disk");
  return {
    ...nothing,
    sizeBytes: image.sizeBytes,
    osId: (await recogniseSystem(image).catch(unreadable)) ?? "other",
    ...(warning === undefined ? {} : { warning }),
  };
}

async function inspectPackage(source: BlockStore): Promise<FileFacts> {
  const nothing = { kind: null, format: "ova", osId: "other", volumeName: "", sizeBytes: source.sizeBytes };
  try {
    const { machine } = await openOva(source);
    const sizeBytes = machine.disks.reduce((sum, disk) => sum + disk.capacityBytes, 0);
    return { ...nothing, sizeBytes, volumeName: machine.name };
  } catch (error) {
    if (error instanceof ImageError) return { ...nothing, problem: error.said };
    throw error;
  }
}
