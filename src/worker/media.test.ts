import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { VmError } from "../protocol/vm-api.ts";
import { MemorySink } from "../storage/convert/byte-sink.ts";
import { writeImage } from "../storage/convert/write-image.ts";
import { MemoryStore } from "../storage/memory-store.ts";
import { OverlayStore } from "../storage/overlay-store.ts";
import { MediaLoader, webOpener } from "./media.ts";

const loader = () => new MediaLoader(webOpener, () => {});

describe("loader", () => {
  test("floppies and discarded disks are overlays: their images do not change", async () => {
    const image = new Uint8Array(1440 * 1024);
    const floppy = await loader().floppy(image);
    expect(floppy).toBeInstanceOf(OverlayStore);
    expect(floppy.sizeBytes).toBe(1440 * 1024);
    await floppy.write(0, Uint8Array.of(1, 2, 3));
    expect(image[0]).toBe(0);
  });

  test("a disk whose writes cannot be kept is refused", async () => {
    const disk = { source: new Uint8Array(512), writable: "keep" as const };
    await expect(loader().disk(disk, "disk 1")).rejects.toMatchObject({ code: "badConfig" });
  });

  test.each(["vdi", "vmdk", "vhd", "qcow2"] as const)("a disk comes out of its %s image", async (format) => {
    const disk = new Uint8Array(4 << 20);
    disk.set([0x55, 0xaa], 510);
    disk.set([1, 2, 3], 3 << 20);
    const sink = new MemorySink();
    await writeImage(new MemoryStore(disk, { readOnly: true }), format, sink);
    const source = sink.bytes();
    const store = await loader().disk({ source, writable: "discard" }, "disk 1");
    expect(store.sizeBytes).toBe(disk.length);
    expect(Buffer.compare(await store.read(0, disk.length), disk)).toBe(0);
    await store.write(0, Uint8Array.of(9));
    expect((await store.read(0, 1))[0]).toBe(9);

    const cut = await loader()
      .disk({ source: source.slice(0, 1000), writable: "discard" }, "disk 1")
      .then(
        () => "opened",
        (error: VmError) => `${error.code} ${error.message}`,
      );
    expect(cut).toMatch(/^badMedia Disk 1: \S/);
    // A host that can write keeps changes in raw images only.
    const opener = { ...webOpener, openToWrite: async () => new MemoryStore(source.slice()) };
    const kept = new MediaLoader(opener, () => {}).disk({ source, writable: "keep" }, "disk 1");
    await expect(kept).rejects.toMatchObject({ code: "badConfig", message: expect.stringMatching(/raw images only/) });
  });

  test("a URL that cannot be reached is named", async () => {
    const loading = loader().file("http://127.0.0.1:9/vmlinuz", "kernel", "kernel");
    await expect(loading).rejects.toMatchObject({ code: "unreachable", message: expect.stringContaining("kernel") });
    const opening = loader().cd("http://127.0.0.1:9/x.iso");
    await expect(opening).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("CD (x.iso)"),
    });
  });

  test("Multiboot kernels and modules are unpacked, and a damaged file is named", async () => {
    const kernel = new Uint8Array(4096);
    const magic = 0x1badb002;
    [magic, 0x10000, -(magic + 0x10000)].forEach((word, i) => new DataView(kernel.buffer).setUint32(i * 4, word, true));
    expect(await loader().file(new Uint8Array(gzipSync(kernel)), "kernel", "kernel")).toEqual(kernel);
    const source = new Uint8Array(gzipSync(Uint8Array.of(1, 2, 3)));
    const module = await loader().module({ source, commandLine: "root=/dev/ram0" }, "module 1");
    expect(module).toEqual({ bytes: Uint8Array.of(1, 2, 3), commandLine: "module root=/dev/ram0" });
    const cut = loader().module({ source: source.subarray(0, 15), commandLine: "" }, "module 1");
    await expect(cut).rejects.toMatchObject({
      code: "badMedia",
      message: expect.stringMatching(/damaged or cut short/),
    });
  });

  test("flash is kept only where that can be done", async () => {
    const source = new Uint8Array(4096);
    const flash = (writable: "no" | "discard" | "keep") => loader().flash({ source, writable }, "flash 1");
    expect(await flash("no")).toMatchObject({ readOnly: true, store: null });
    expect(await flash("discard")).toMatchObject({ readOnly: false, store: null });
    await expect(flash("keep")).rejects.toMatchObject({ code: "badConfig", message: expect.stringMatching(/flash 1/) });
  });

  test("a Blob is read as it is", async () => {
    expect(await loader().file(new Blob(["abc"]), "VGA firmware", "vgaFirmware")).toEqual(
      new TextEncoder().encode("abc"),
    );
  });

  test("a floppy that leaves out empty tracks is padded", async () => {
    const image = new Uint8Array(1_296_384);
    image.set([0x55, 0xaa], 510);
    expect((await loader().floppy(image)).sizeBytes).toBe(1440 * 1024);
  });

  test("what cannot play its part is named with what it is", async () => {
    const bad = { code: "badMedia", message: expect.stringMatching(/^Kernel: .*\.$/) };
    await expect(loader().file(new Uint8Array(5000), "kernel", "kernel")).rejects.toMatchObject(bad);
    const named = new File([new Uint8Array(100)], "cut.iso");
    await expect(loader().cd(named)).rejects.toMatchObject({ message: expect.stringMatching(/^CD \(cut\.iso\): /) });
  });
});
