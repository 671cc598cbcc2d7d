import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { buildInitramfs, dependenciesOf, modulesDep, modulesFrom } from "./initramfs.mjs";

const folders = [];
function kernelWith(modules) {
  const root = mkdtempSync(join(tmpdir(), "posada-kernel-"));
  folders.push(root);
  for (const [path, depends] of Object.entries(modules)) {
    const file = join(root, "lib/modules/6.1", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `ELF\0license=GPL\0depends=${depends}\0name=x\0`);
  }
  return root;
}
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

describe("modules", () => {
  it("reads depends= out of .modinfo", () => {
    expect(dependenciesOf(Buffer.from("x\0depends=libata,scsi_mod\0"))).toEqual(["libata", "scsi_mod"]);
    expect(dependenciesOf(Buffer.from("x\0depends=\0"))).toEqual([]);
    expect(dependenciesOf(Buffer.from("no such record"))).toEqual([]);
  });

  it("brings dependencies first, takes - and _ for the same, and leaves out what the kernel lacks", () => {
    const root = kernelWith({ "k/ata/top.ko": "mid_dle", "k/mid-dle.ko": "low", "k/low.ko": "", "k/other.ko": "" });
    const modules = modulesFrom(root, "6.1", ["top", "absent"]);
    expect(modules.map(({ path }) => path)).toEqual(["k/low.ko", "k/mid-dle.ko", "k/ata/top.ko"]);
    expect(modulesDep(modules)).toBe("k/low.ko:\nk/mid-dle.ko: k/low.ko\nk/ata/top.ko: k/mid-dle.ko k/low.ko\n");
  });
});

describe("buildInitramfs", () => {
  it("makes every folder before what lies in it", () => {
    const root = kernelWith({ "k/deep/er/a.ko": "" });
    const busybox = join(root, "busybox");
    writeFileSync(busybox, "binary");
    const packed = buildInitramfs({
      scripts: new URL(".", import.meta.url).pathname,
      busybox,
      applets: ["sh", "["],
      release: "6.1",
      modules: modulesFrom(root, "6.1", ["a"]),
    });
    const names = [
      ...gunzipSync(packed)
        .toString("latin1")
        .matchAll(/070701[0-9A-F]{104}([^\0]+)\0/g),
    ].map(([, name]) => name);
    expect(names).toContain("bin/[");
    expect(names).toContain("lib/modules/6.1/k/deep/er/a.ko");
    for (const name of names) {
      const parent = name.slice(0, Math.max(name.lastIndexOf("/"), 0));
      if (parent !== "") expect(names.indexOf(parent)).toBeLessThan(names.indexOf(name));
      if (parent !== "") expect(names).toContain(parent);
    }
  });
});
