import { describe, expect, it } from "vitest";
import { inEnglish } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import { judgeMedia, recogniseBytes, sizeInWords, type MediaFacts, type MediaRole } from "./media-check.ts";

function file(sizeBytes: number, ...parts: [at: number, bytes: string | number[]][]): MediaFacts {
  const bytes = new Uint8Array(Math.min(sizeBytes, 49152));
  for (const [at, content] of parts)
    bytes.set(typeof content === "string" ? [...content].map((char) => char.charCodeAt(0)) : content, at);
  return recogniseBytes(bytes, sizeBytes);
}

const le32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const SIGNATURE: [number, number[]] = [510, [0x55, 0xaa]];
const iso = (sizeBytes: number, blocks: number, bootable = true): MediaFacts =>
  file(
    sizeBytes,
    [32768, [1]],
    [32769, "CD001"],
    [32768 + 40, "DEBIAN".padEnd(32)],
    [32768 + 80, le32(blocks)],
    [32768 + 128, [0, 8]],
    ...(bootable ? ([[34816, [0]], [34817, "CD001"], [34823, "EL TORITO SPECIFICATION"]] as [number, string | number[]][]) : []), // prettier-ignore
    [36864, [255]],
    [36865, "CD001"],
  );
const english = (message: Said | string | undefined) => message && inEnglish(message);
const problem = (facts: MediaFacts, role: MediaRole): string | undefined => english(judgeMedia(facts, role).problem);

describe("CD images", () => {
  it("are recognised with their boot record [El Torito] 2", () => {
    expect(iso(2048 * 300, 300)).toMatchObject({ kind: "iso9660", elTorito: true, volumeName: "DEBIAN" });
    expect(judgeMedia(iso(2048 * 300, 300), "cdrom")).toEqual({});
    expect(english(judgeMedia(iso(2048 * 300, 300, false), "cdrom").warning)).toMatch(/no boot record/);
  });

  it("that are truncated or something else are refused in one sentence", () => {
    expect(problem(iso(2048 * 299, 300), "cdrom")).toBe(
      "This CD image is cut short: it should be 600 KB long, but the file has 598 KB.",
    );
    expect(problem(file(12 * 1024), "cdrom")).toBe(
      "This file is 12 KB: too small for a CD image; it may be truncated.",
    );
    expect(problem(file(1 << 20), "cdrom")).toMatch(/not a CD image/);
    expect(problem(file(1 << 20, [0, [0, ...new Array<number>(10).fill(255), 0]]), "cdrom")).toMatch(/2352/);
    expect(problem(file(1 << 20, [0, [0x1f, 0x8b]]), "cdrom")).toMatch(/compressed \(gzip\)/);
    expect(problem(file(5000, [0, "<!DOCTYPE html><html>"]), "cdrom")).toMatch(/web page/);
    expect(problem(file(0), "cdrom")).toBe("This file is empty.");
  });
});

describe("floppy images", () => {
  it("have the size of a floppy disk", () => {
    expect(judgeMedia(file(1474560, SIGNATURE), "floppy")).toEqual({});
    expect(english(judgeMedia(file(1474560), "floppy").warning)).toMatch(/no boot sector/);
    const fat: [number, number[]][] = [[0, [0xeb, 0x3c]], [11, [0, 2]], [19, [0x40, 0x0b]], SIGNATURE]; // prettier-ignore
    expect(judgeMedia(file(1474560, ...fat), "floppy")).toEqual({});
    expect(problem(file(1000 * 1024, ...fat), "floppy")).toMatch(/cut short: it should be 1.4 MB/);
    expect(judgeMedia(file(1296384, SIGNATURE), "floppy")).toEqual({});
    expect(problem(file(1474000), "floppy")).toMatch(/may be truncated/);
    expect(problem(file(50 << 20), "floppy")).toBe("This file is 50 MB: too large for a floppy disk.");
  });
});

describe("disk images", () => {
  const partition = (sectors: number): [number, number[]] => [446, [0x80, 0, 0, 0, 0x83, 0, 0, 0, ...le32(2048), ...le32(sectors)]]; // prettier-ignore

  it("are judged by their partition tables", () => {
    expect(file(100 << 20, SIGNATURE, partition(1000)).kind).toBe("mbrDisk");
    expect(judgeMedia(file(100 << 20, SIGNATURE, partition(1000)), "disk")).toEqual({});
    expect(problem(file(100 << 20, SIGNATURE, partition(1 << 20)), "disk")).toMatch(/cut short: it should be 513 MB/);
    const gpt = file(1 << 20, SIGNATURE, [512, "EFI PART"], [512 + 32, le32(4095)]);
    expect(gpt.kind).toBe("gptDisk");
    expect(problem(gpt, "disk")).toMatch(/2 MB long, but the file has 1 MB/);
  });

  it("are of a known format, or raw and whole sectors", () => {
    const qcow2 = file(1 << 20, [0, [0x51, 0x46, 0x49, 0xfb]]);
    expect(judgeMedia(qcow2, "disk")).toEqual({});
    expect(problem(qcow2, "cdrom")).toMatch(/hard disk's image in QCOW2 format/);
    expect(problem(file(1000), "disk")).toMatch(/whole number/);
    expect(problem(file(100), "disk")).toMatch(/100 bytes: too small/);
    expect(english(judgeMedia(file(1 << 20), "disk").warning)).toMatch(/no boot sector/);
  });
});

describe("kernels", () => {
  const linux = (sizeBytes: number): MediaFacts =>
    file(sizeBytes, [0x1f1, [3]], [0x1f4, le32(1000)], SIGNATURE, [0x202, "HdrS"]);

  it("are Linux bzImages, whole", () => {
    expect(judgeMedia(linux(4 * 512 + 16000), "kernel")).toEqual({});
    expect(problem(linux(4 * 512 + 15999), "kernel")).toMatch(/Linux kernel is cut short/);
  });

  it("or have a Multiboot header with a good checksum", () => {
    const header = (checksum: number): [number, number[]] => [
      4096,
      [...le32(0x1badb002), ...le32(3), ...le32(checksum)],
    ];
    const elf: [number, string] = [0, "\x7fELF"];
    expect(file(10000, elf, header(-(0x1badb002 + 3) | 0)).kind).toBe("multiboot");
    expect(problem(file(10000, elf, header(1)), "kernel")).toMatch(/no Multiboot header/);
    expect(problem(file(10000), "kernel")).toMatch(/neither a Linux bzImage nor a Multiboot kernel/);
    expect(problem(file(10000, [0, [0x1f, 0x8b]]), "kernel")).toMatch(/gzip/);
  });
});

describe("firmware", () => {
  it("comes in whole 64 KB", () => {
    expect(judgeMedia(file(0x40000), "firmware")).toEqual({});
    expect(problem(file(0x3fe00), "firmware")).toMatch(/no firmware, or it is cut short: its 256 KB are not/);
    expect(problem(file(1000), "firmware")).toMatch(/1000 bytes/);
    expect(problem(file(32 << 20), "firmware")).toMatch(/too large/);
    expect(problem(file(0x10000, [0, [0x1f, 0x8b]]), "firmware")).toMatch(/gzip/);
  });
});

describe("sizes in words", () => {
  it.each([
    [1, "1 byte"],
    [700, "700 bytes"],
    [12288, "12 KB"],
    [1474560, "1.4 MB"],
    [1024 * 1024 - 1, "1 MB"],
    [5 * 2 ** 30, "5 GB"],
  ])("%i bytes", (bytes, words) => expect(sizeInWords(bytes)).toBe(words));
});
