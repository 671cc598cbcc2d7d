import { expect, test } from "vitest";
import { inEnglish } from "../shared/said.ts";
import { planOf, takeIn } from "./media-intake.ts";

const KIB = 1024;

function file(name: string, sizeBytes: number, fill: (bytes: Uint8Array) => void = () => {}): File {
  const bytes = new Uint8Array(sizeBytes);
  fill(bytes);
  return new File([bytes], name);
}

const put = (bytes: Uint8Array, at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
const signed = (bytes: Uint8Array) => bytes.set([0x55, 0xaa], 510);
/** [ECMA-119] 8: a primary volume descriptor at block 16 that counts `blocks`; [El Torito] 2: a boot record at 17. */
const iso = (name: string, blocks: number, sizeBytes = blocks * 2048) =>
  file(name, sizeBytes, (bytes) => {
    bytes[16 * 2048] = 1;
    put(bytes, 16 * 2048 + 1, "CD001");
    new DataView(bytes.buffer).setUint32(16 * 2048 + 80, blocks, true);
    put(bytes, 17 * 2048 + 1, "CD001");
    put(bytes, 17 * 2048 + 7, "EL TORITO SPECIFICATION");
  });
/** Linux boot protocol: "HdrS" at 0x202. */
const kernel = () => file("vmlinuz", 8 * KIB, (bytes) => put(bytes, 0x202, "HdrS"));
const gzip = (name: string) => file(name, KIB, (bytes) => bytes.set([0x1f, 0x8b]));

test("each image goes where it belongs, whatever its name", async () => {
  const { clear, unclear, problems } = await takeIn([
    iso("a.img", 20),
    file("b.bin", 1440 * KIB, signed),
    file("c", 4096 * KIB, signed),
    kernel(),
    gzip("d.dat"),
  ]);
  expect(clear.map(({ role }) => role)).toEqual(["cdrom", "floppy", "disk", "kernel", "initrd"]);
  expect(unclear).toEqual([]);
  expect(problems).toEqual([]);
});

test("a file without marks is asked about, with the roles that it can play", async () => {
  const { unclear } = await takeIn([file("blank", 4096 * KIB)]);
  expect(unclear).toMatchObject([{ choices: ["disk"] }]);
});

test("a name decides where the contents do not", async () => {
  const { clear, warnings } = await takeIn([file("blank.raw", 4096 * KIB)]);
  expect(clear).toMatchObject([{ role: "disk" }]);
  expect(warnings).toMatchObject([{ name: "blank.raw", message: { text: expect.stringContaining("no boot sector") } }]);
});

test("disk images of other formats are disks, whatever their name", async () => {
  const qcow2 = file("vm.img", 4096, (bytes) => bytes.set([0x51, 0x46, 0x49, 0xfb]));
  expect(await takeIn([qcow2])).toMatchObject({ clear: [{ role: "disk" }], problems: [], warnings: [] });
});

test.each([
  [iso("cut.iso", 100, 40 * 2048), /cut short/],
  [file("small.iso", 4000), /too small for a CD image/],
  [file("nothing.img", 0), /empty/],
  [gzip("disk.img.gz"), /compressed \(gzip\)/],
  [file("page.iso", 3000, (bytes) => put(bytes, 0, "<!DOCTYPE html>")), /web page/],
  [file("letter.txt", 777), /not recognized/],
  [file("vmlinuz", 777), /not a kernel/],
])("%o is refused in one sentence", async (bad, sentence) => {
  const { clear, unclear, problems } = await takeIn([bad]);
  expect(clear).toEqual([]);
  expect(unclear).toEqual([]);
  expect(problems).toMatchObject([{ name: bad.name }]);
  expect(inEnglish(problems[0]!.message)).toMatch(sentence);
});

test("an initial RAM disk needs a kernel", async () => {
  const archive = file("initrd", 600, (bytes) => put(bytes, 0, "070701"));
  expect((await takeIn([archive])).problems).toMatchObject([
    { message: { text: expect.stringMatching(/needs a kernel/) } },
  ]);
  expect((await takeIn([archive, kernel()])).problems).toEqual([]);
});

test("what cannot be read is one of the problems", async () => {
  const folder = { name: "folder", size: 4096, slice: () => ({ arrayBuffer: () => Promise.reject(new Error()) }) };
  expect((await takeIn([folder as unknown as File])).problems).toMatchObject([{ name: "folder" }]);
});

test("a plan is named for what it boots", () => {
  const cd = iso("system.iso", 20);
  const disk = file("data.img", 512);
  expect(planOf([{ file: disk, role: "disk" }, { file: cd, role: "cdrom" }])).toEqual({
    title: "system.iso",
    cdrom: { source: cd, name: "system.iso" },
    disks: [{ source: disk, name: "data.img" }],
  }); // prettier-ignore
});
