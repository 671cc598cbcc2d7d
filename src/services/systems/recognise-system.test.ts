/** Systems recognised on media that are made on the spot (xorriso, mtools, e2fsprogs, fdisk) and on the guests of the project. */
import { existsSync } from "node:fs";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../storage/memory-store.ts";
import { NodeFileStore } from "../../storage/node-file-store.ts";
import { scratchFolder } from "../../storage/test-support/scratch-folder.ts";
import { hasProgram, runProgram } from "../../storage/test-support/tools.ts";
import { bootSectorSystem } from "./boot-sector.ts";
import { recogniseSystem } from "./recognise-system.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const scratch = scratchFolder();
const MIB = 2 ** 20;

async function treeOf(files: Record<string, string>): Promise<string> {
  const folder = scratch.path(`tree-${Math.random().toString(36).slice(2)}`);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function seenIn(path: string) {
  const store = await NodeFileStore.open(path, { readOnly: true });
  try {
    return await recogniseSystem(store);
  } finally {
    await store.close();
  }
}

describe.skipIf(!hasProgram("xorriso"))("CDs (xorriso)", () => {
  async function cd(volume: string, files: Record<string, string>, ...options: string[]) {
    const path = scratch.path("cd.iso");
    const tree = await treeOf(files);
    runProgram("xorriso", ["-as", "mkisofs", "-quiet", "-V", volume, ...options, "-o", path, tree]);
    return seenIn(path);
  }

  it("Debian and its relatives say what they are in .disk/info", async () => {
    const info = 'Debian GNU/Linux 12.5.0 "Bookworm" - Official amd64 NETINST with firmware 20240210-11:27\n';
    expect(await cd("Debian 12.5.0 amd64 n", { ".disk/info": info }, "-R")).toEqual({
      system: "debian",
      label: "Debian GNU/Linux 12.5.0 “Bookworm”",
      version: "12.5.0",
      bits: 64,
      installer: true,
      certainty: 2,
    });
    const mint = await cd(
      "Linux Mint",
      { ".disk/info": 'Linux Mint 21.3 "Virginia" - Release amd64 20240105\n' },
      "-R",
    );
    expect(mint).toMatchObject({ system: "mint", version: "21.3", bits: 64 });
  });

  it("Fedora's .treeinfo and Alpine's release file", async () => {
    const tree = "[general]\narch = x86_64\nfamily = Fedora\nversion = 39\n";
    expect(await cd("X", { ".treeinfo": tree }, "-R")).toMatchObject({ system: "fedora", label: "Fedora 39", version: "39", bits: 64 }); // prettier-ignore
    const alpine = { ".alpine-release": "alpine-virt 3.19.1 240126\n", "apks/x86/x": "" };
    expect(await cd("X", alpine, "-R")).toMatchObject({ system: "alpine", version: "3.19.1", bits: 32 });
  });

  it("Windows by the marks of its setup, in plain ISO 9660 and with Joliet", async () => {
    const system = async (files: Record<string, string>, ...options: string[]) =>
      (await cd("X", files, ...options))?.system;
    expect(await system({ "CDROM_NT.5": "x", "I386/TXTSETUP.SIF": "x" }, "-iso-level", "1")).toBe("windows2000");
    expect(await system({ WIN51: "x", WIN51IP: "x" }, "-iso-level", "1")).toBe("windowsXp");
    expect(await system({ "CDROM_W.40": "x" }, "-iso-level", "1")).toBe("windowsNt4");
    expect(await system({ "win98/setup.exe": "x" }, "-J")).toBe("windows98");
    expect(await cd("GSP1RMC", { "sources/boot.wim": "x", "efi/boot/bootx64.efi": "x" }, "-J")).toMatchObject({
      system: "windowsModern",
      bits: 64,
    });
  });

  it.each([
    ["OpenBSD/amd64   7.4 Install CD", "openbsd", "7.4", 64],
    ["14_0_RELEASE_AMD64_CD", "freebsd", "14.0", 64],
    ["haiku-r1beta4-x86_64", "haiku", "1", 64],
    ["ARCH_202402", "arch", "202402", null],
    ["Fedora-WS-Live-39-1-5", "fedora", "39", null],
    ["FD13-LIVE", "freedos", "13", null],
  ])("the volume %s", async (volume, system, version, bits) => {
    expect(await cd(volume, { "readme.txt": "x" }, "-R")).toMatchObject({ system, version, bits });
  });

  it("a CD that says nothing is not guessed at", async () => {
    expect(await cd("HOLIDAYS", { "beach.jpg": "x" }, "-R")).toBeNull();
    expect(await cd("LIVE", { "casper/vmlinuz": "x" }, "-R")).toMatchObject({ system: "linux", certainty: 1 });
  });
});

describe.skipIf(!hasProgram("mke2fs") || !hasProgram("sfdisk") || !hasProgram("mformat"))("disks", () => {
  /** A disk with a boot record and partitions of 16 MiB, whose contents are given. */
  async function disk(...partitions: { type: string; path?: string }[]): Promise<string> {
    const path = scratch.path("disk.img");
    await writeFile(path, "");
    await truncate(path, (1 + 16 * partitions.length) * MIB);
    const rows = partitions.map(({ type }, i) => `start=${2048 + i * 32768}, size=32768, type=${type}`);
    runProgram("sfdisk", ["-q", path], { input: `label: dos\n${rows.join("\n")}\n` });
    partitions.forEach(({ path: from }, i) => {
      if (from) runProgram("dd", [`if=${from}`, `of=${path}`, "bs=1M", `seek=${1 + 16 * i}`, "conv=notrunc", "status=none"]); // prettier-ignore
    });
    return path;
  }

  async function ext4(files: Record<string, string>): Promise<string> {
    const path = scratch.path("root.ext4");
    runProgram("mke2fs", ["-q", "-F", "-t", "ext4", "-d", await treeOf(files), path, "16M"]);
    return path;
  }

  async function fat(files: Record<string, string>, name = "fat.img"): Promise<string> {
    const path = scratch.path(name);
    await writeFile(path, "");
    await truncate(path, 16 * MIB);
    runProgram("mformat", ["-i", path, "-T", "32768", "-h", "16", "-s", "63", "::"]);
    const tree = await treeOf(files);
    for (const file of Object.keys(files)) runProgram("mcopy", ["-i", path, join(tree, file), `::${file}`]);
    return path;
  }

  const release = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n';

  it("an installed Linux by its os-release, behind a boot partition and in an image of another format", async () => {
    const path = await disk(
      { type: "82" },
      { type: "83", path: await ext4({ "etc/os-release": release, "lib64/ld-linux-x86-64.so.2": "x" }) },
    );
    const expected = { system: "debian", label: "Debian GNU/Linux 12 (bookworm)", version: "12", bits: 64, installer: false }; // prettier-ignore
    expect(await seenIn(path)).toMatchObject(expected);
    if (!hasProgram("qemu-img")) return;
    const qcow2 = scratch.path("disk.qcow2");
    runProgram("qemu-img", ["convert", "-O", "qcow2", path, qcow2]);
    expect(await seenIn(qcow2)).toMatchObject(expected);
  });

  it("relatives by ID_LIKE, and a file system alone as Linux", async () => {
    const like = 'NAME="Something"\nID=something\nID_LIKE="ubuntu debian"\n';
    expect(await seenIn(await ext4({ "etc/os-release": like }))).toMatchObject({
      system: "ubuntu",
      label: "Something",
    });
    expect(await seenIn(await ext4({ "home/me": "" }))).toMatchObject({ system: "linux", certainty: 0 });
  });

  it("DOS and Windows by what they start from", async () => {
    const win98 = "[Paths]\r\nWinDir=C:\\WINDOWS\r\n[Options]\r\nWinVer=4.10.1998\r\n";
    expect(await seenIn(await disk({ type: "6", path: await fat({ "MSDOS.SYS": win98, "IO.SYS": "x" }) }))).toMatchObject({ system: "windows98" }); // prettier-ignore
    const ini = 'multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS="Microsoft Windows XP Professional" /fastdetect\r\n';
    expect(await seenIn(await fat({ NTLDR: "x", "BOOT.INI": ini }))).toMatchObject({ system: "windowsXp", label: "Microsoft Windows XP Professional" }); // prettier-ignore
    expect(await seenIn(await fat({ "IO.SYS": "x", "MSDOS.SYS": "binary" }))).toMatchObject({ system: "dos" });
    expect(await seenIn(await fat({ "KERNEL.SYS": "x" }))).toMatchObject({ system: "freedos", bits: 16 });
  });

  it("partitions of others by their mark, and files before marks", async () => {
    expect(await seenIn(await disk({ type: "a6" }))).toMatchObject({ system: "openbsd", certainty: 1 });
    const both = await disk({ type: "a5" }, { type: "83", path: await ext4({ "etc/os-release": release }) });
    expect(await seenIn(both)).toMatchObject({ system: "debian" });
    expect(await seenIn(await disk({ type: "83" }))).toBeNull();
  });
});

describe("floppies and kernels", () => {
  it("a boot sector's words; without a signature they mean nothing", () => {
    const sector = new Uint8Array(512);
    sector.set(new TextEncoder().encode("xxxMIKEBOOT"));
    expect(bootSectorSystem(sector)).toBeNull();
    sector.set([0x55, 0xaa], 510);
    expect(bootSectorSystem(sector)).toMatchObject({ system: "mikeos", bits: 16 });
  });

  it("damage and emptiness are not systems", async () => {
    expect(await recogniseSystem(new MemoryStore(new Uint8Array(0)))).toBeNull();
    const iso = new Uint8Array(40 * 1024).fill(0xff, 34_000);
    iso.set(new TextEncoder().encode("\u0001CD001\u0001"), 32_768);
    expect(await recogniseSystem(new MemoryStore(iso))).toBeNull();
  });
});

describe("the project's guests", () => {
  const guests: [file: string, expected: object][] = [
    ["public/guests/vmlinuz-cloud-amd64", { system: "debian", label: expect.stringMatching(/^Linux .*-cloud-amd64$/), bits: 64 }], // prettier-ignore
    ["public/guests/vmlinuz-686", { system: "debian", label: expect.stringMatching(/^Linux .*-686$/), bits: 32 }],
    ["public/guests/memtest86plus-x64.iso", { system: "memtest", bits: 64 }],
    ["public/guests/memtest86plus-ia32.iso", { system: "memtest", bits: 32 }],
    ["public/guests/grub-rescue.iso", { system: "grub" }],
    ["public/guests/ipxe.iso", { system: "ipxe" }],
    ["../shared/guests/freedos-720k.img", { system: "freedos", bits: 16 }],
    ["../shared/guests/kolibrios-1440k.img", { system: "kolibrios", bits: 32 }],
    ["../shared/guests/mikeos-1440k.img", { system: "mikeos", bits: 16 }],
  ];
  for (const [file, expected] of guests)
    it.skipIf(!existsSync(join(root, file)))(file, async () => {
      expect(await seenIn(join(root, file))).toMatchObject(expected);
    });
});
