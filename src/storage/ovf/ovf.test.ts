/** OVF packages, both ways; what they may not do. (tar, and qemu-utils for disks, of Debian.) */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { MemorySink } from "../convert/byte-sink.ts";
import { bytesOf } from "../formats/fields.ts";
import { NodeFileFinder } from "../formats/node-file-finder.ts";
import { MemoryStore, SparseMemoryStore } from "../memory-store.ts";
import { NodeFileStore } from "../node-file-store.ts";
import { scratchFolder } from "../test-support/scratch-folder.ts";
import { fillDisk, firstDifference, hasProgram, runProgram, SeededRandom } from "../test-support/tools.ts";
import { ovfText, parseOvf } from "./descriptor.ts";
import { parseManifest, RunningSum } from "./manifest.ts";
import { isTar, openOva, openOvf, writeOva } from "./package.ts";
import { checkedName, writeTarHeader } from "./tar.ts";
import { parseXml } from "./xml.ts";

const MIB = 2 ** 20;
const disk = new SparseMemoryStore(9 * MIB + 512);
const second = new SparseMemoryStore(3 * MIB);
let ova: Uint8Array;
beforeAll(async () => {
  await fillDisk(disk, 41, [0, 5 * MIB]);
  await fillDisk(second, 42, [MIB]);
  const sink = new MemorySink();
  await writeOva({ name: "Máquina <1>", processors: 2, memoryMiB: 768, disks: [disk, second], cdrom: true, networkCard: true }, sink); // prettier-ignore
  ova = sink.bytes();
});

async function archive(files: Record<string, string | Uint8Array>): Promise<MemoryStore> {
  const sink = new MemorySink();
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await writeTarHeader(sink, name, bytes.length);
    await sink.write(bytes);
    await sink.skip((512 - (bytes.length % 512)) % 512);
  }
  await sink.skip(1024);
  return new MemoryStore(sink.bytes());
}

const description = (fileName: string): string =>
  ovfText({ name: "m", processors: 1, memoryMiB: 64, disks: [{ fileName, fileBytes: 1, capacityBytes: MIB }], cdrom: false, networkCard: false }); // prettier-ignore

describe("OVA", () => {
  const scratch = scratchFolder();

  it("comes back as it was written", async () => {
    expect(await isTar(new MemoryStore(ova))).toBe(true);
    const read = await openOva(new MemoryStore(ova));
    expect(read.machine).toMatchObject({ name: "Máquina <1>", processors: 2, memoryMiB: 768, firmware: "bios", cdroms: 1, networkCards: 1, notes: [] }); // prettier-ignore
    expect(read.machine.disks.map(({ capacityBytes, controller }) => [capacityBytes, controller])).toEqual([
      [9 * MIB + 512, "ide"],
      [3 * MIB, "ide"],
    ]);
    expect(await read.verify()).toBe(3);
    expect(await firstDifference((await read.openDisk(0))!, disk)).toBeNull();
    expect(await firstDifference((await read.openDisk(1))!, second)).toBeNull();
  });

  it.skipIf(!hasProgram("qemu-img"))("is what tar and qemu-img read, and its sums are sha256sum's", async () => {
    await writeFile(scratch.path("m.ova"), ova);
    const names = runProgram("tar", ["-tf", scratch.path("m.ova")])
      .trim()
      .split("\n");
    expect(names).toEqual(["Ma-quina-1.ovf", "Ma-quina-1.mf", "Ma-quina-1-disk1.vmdk", "Ma-quina-1-disk2.vmdk"]);
    runProgram("tar", ["-xf", "m.ova"], { cwd: scratch.folder });
    const sums = runProgram("sha256sum", ["--tag", names[0]!, names[2]!, names[3]!], { cwd: scratch.folder });
    const manifest = runProgram("cat", [scratch.path(names[1]!)]);
    expect(sums.replaceAll("SHA256 (", "SHA256(").replaceAll(") =", ")=")).toBe(manifest);
    await writeFile(scratch.path("disk.raw"), await disk.read(0, disk.sizeBytes));
    expect(runProgram("qemu-img", ["compare", scratch.path("disk.raw"), scratch.path(names[2]!)])).toMatch(/identical/);
    // The same package, unpacked.
    const path = scratch.path(names[0]!);
    const id = await NodeFileFinder.idOf(path);
    const described = await NodeFileStore.open(path, { readOnly: true });
    const unpacked = await openOvf(described, await NodeFileFinder.beside(path), id, names[0]!); // prettier-ignore
    expect(await unpacked.verify()).toBe(3);
    const opened = (await unpacked.openDisk(1))!;
    expect(await firstDifference(opened, second)).toBeNull();
    await opened.close?.();
    await described.close();
  });

  it("with a wrong sum is refused, by the file's name", async () => {
    const bytes = ova.slice();
    bytes[bytes.length - 200_000]! ^= 1;
    const read = await openOva(new MemoryStore(bytes));
    await expect(read.verify()).rejects.toThrow(/^The file "Ma-quina-1-disk2.vmdk" of this package is damaged/);
  });

  it.each(["../evil.vmdk", "/etc/passwd", "a/../../b", "C:\\x", "..\\x", "\\\\server\\x", ""])(
    "refuses the name %j",
    async (name) => {
      expect(() => checkedName(name)).toThrow(/leads out of its package/);
      if (name === "") return;
      await expect(openOva(await archive({ "m.ovf": description(name) }))).rejects.toThrow(/leads out of its package/);
      await expect(openOva(await archive({ "m.ovf": description("d.vmdk"), [name]: "x" }))).rejects.toThrow(
        /leads out/,
      );
    },
  );

  it("says what is missing or cut short", async () => {
    await expect(openOva(await archive({ "a.txt": "x" }))).rejects.toThrow(/has no OVF description/);
    const read = await openOva(await archive({ "m.ovf": description("gone.vmdk") }));
    await expect(read.openDisk(0)).rejects.toThrow('The file "gone.vmdk" of this package is not here.');
    await expect(openOva(new MemoryStore(ova.slice(0, ova.length - 300_000)))).rejects.toMatchObject({
      code: "truncated",
    });
    await expect(openOva(await archive({ "m.ovf": description("d"), "m.mf": "MD5(d)= 00" }))).rejects.toThrow(
      /cannot be read/,
    );
  });

  it("is given up when asked", async () => {
    const cancel = new AbortController();
    const machine = { name: "m", processors: 1, memoryMiB: 64, disks: [disk] };
    const writing = writeOva(machine, new MemorySink(), { signal: cancel.signal, onProgress: ({ doneBytes }) => doneBytes > MIB && cancel.abort(new Error("enough")) }); // prettier-ignore
    await expect(writing).rejects.toThrow("enough");
  });
});

describe("OVF descriptions", () => {
  it("as VirtualBox and VMware write them", async () => {
    const text = `<?xml version="1.0"?>
      <!-- a comment --><Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="x" xmlns:rasd="y" xmlns:vmw="z">
      <References><File ovf:href="d.vmdk" ovf:id="f1"/></References>
      <DiskSection><Info/><Disk ovf:capacity="8" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="d1" ovf:fileRef="f1"/>
      <Disk ovf:capacity="100" ovf:capacityAllocationUnits="MegaBytes" ovf:diskId="d2"/></DiskSection>
      <VirtualSystem ovf:id="vm"><Info/><Name>A &amp; B &#233;</Name>
      <OperatingSystemSection ovf:id="94"><Info/><Description>Ubuntu (64-bit)</Description></OperatingSystemSection>
      <VirtualHardwareSection><Info/>
      <Item><rasd:ElementName>cpu</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>4</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>GigaBytes</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
      <Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceType>20</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>1</rasd:AddressOnParent><rasd:HostResource>ovf:/disk/d1</rasd:HostResource><rasd:InstanceID>5</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <StorageItem><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>/disk/d2</rasd:HostResource><rasd:InstanceID>6</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></StorageItem>
      <Item><rasd:ElementName>tape</rasd:ElementName><rasd:InstanceID>7</rasd:InstanceID><rasd:ResourceType>18</rasd:ResourceType></Item>
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>
      </VirtualHardwareSection></VirtualSystem></Envelope>`;
    expect(parseOvf(new TextEncoder().encode(text))).toEqual({
      name: "A & B é",
      operatingSystem: "Ubuntu (64-bit)",
      processors: 4,
      memoryMiB: 2048,
      firmware: "efi",
      disks: [
        { fileName: "", capacityBytes: 100 * MIB, controller: "sata" },
        { fileName: "d.vmdk", capacityBytes: 8 * 2 ** 30, controller: "sata" },
      ],
      cdroms: 0,
      floppies: 0,
      networkCards: 0,
      notes: ['The package has "tape", which machines here do not have.'],
    });
  });

  it.each([
    ['<!DOCTYPE x [<!ENTITY a "b">]><Envelope/>', /document type/],
    ["<Envelope>", /cut short/],
    ["<a></b>", /not closed rightly/],
    ["<a <b>", /no XML/],
    ["<other/>", /another kind of XML/],
    [`${"<a>".repeat(100)}`, /no end/],
  ])("what is no description is refused: case %#", (text, message) =>
    expect(() => parseOvf(bytesOf(text))).toThrow(message),
  );

  it.each([1, 2, 3, 4])("%i disks come back in their order", (count) => {
    const disks = Array.from({ length: count }, (_, i) => ({
      fileName: `d${i}.vmdk`,
      fileBytes: 1,
      capacityBytes: 512,
    }));
    const machine = parseOvf(new TextEncoder().encode(ovfText({ name: "m", processors: 1, memoryMiB: 64, disks, cdrom: true, networkCard: false }))); // prettier-ignore
    expect(machine.disks.map(({ fileName }) => fileName)).toEqual(disks.map(({ fileName }) => fileName));
    expect(machine.cdroms).toBe(count < 4 ? 1 : 0);
  });

  it("attributes in either quotes, CDATA and numbered characters", () => {
    const element = parseXml(`<a x='1' b:y="&lt;"><![CDATA[<&]]>&#x41;</a>`);
    expect([...element.attributes, element.text]).toEqual([["x", "1"], ["y", "<"], "<&A"]); // prettier-ignore
  });
});

describe("sums in pieces", () => {
  it.each(["SHA1", "SHA256"] as const)("%s is that of node:crypto", (algorithm) => {
    const random = new SeededRandom(7);
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 70_000]) {
      const bytes = random.bytes(length);
      const sum = new RunningSum(algorithm);
      for (let at = 0; at < length;) {
        const count = 1 + random.below(200);
        sum.add(bytes.subarray(at, at + count));
        at += count;
      }
      expect(sum.hex(), `${length}`).toBe(createHash(algorithm.toLowerCase()).update(bytes).digest("hex"));
    }
  });

  it("manifests with both", () => {
    const text = `SHA1(a.ovf)= ${"ab".repeat(20)}\r\nSHA256(d.vmdk)= ${"cd".repeat(32)}\n`;
    expect(parseManifest(bytesOf(text)).map(({ name, algorithm }) => [name, algorithm])).toEqual([["a.ovf", "SHA1"], ["d.vmdk", "SHA256"]]); // prettier-ignore
  });
});
