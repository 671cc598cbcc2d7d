import { deflateSync } from "fflate";
import { expect, test } from "vitest";
import { crc32 } from "../../storage/formats/crc32.ts";
import { fuzzRandom } from "./testing/fuzz-random.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import { decodeLink, encodeLink } from "./link-code.ts";
import { LinkError } from "./link-error.ts";
import type { LinkProblem } from "./link-error.ts";
import type { MachineDefinition } from "./machine-definition.ts";

const BASE = "https://posada.example/app/";

/** Links as they were made, never made anew: whoever changes the format keeps them working. */
const LINKS_OF_VERSION_1: [string, MachineDefinition][] = [
  [
    "machine=1.oYc3xmWPTW7DIBSEr1K9tdOCA8RY6ibqsj0E8F5SVH5UA5XsKHcvbTaRshppNDP65gLV10AwwxtZbxIMECnmZf3wR5hHqQb4oiVRgPkCbekC50allpefGHxq286F3HBnIirRy-XT9FJP7VFxZcwk9yfi3HLHyGhtuEMrTlYhOs04s-bghFQj0oExg1qMSuhJK_m_5Tc6rpUKzFxwoaWargP45OuCDzg3-57m-bxBz7sco0n47tPfS5dTyYFea13Z03fzVOH6Cw",
    {
      title: "Debian",
      memoryMiB: 256,
      kernel: {
        url: "guests/vmlinuz-cloud-amd64",
        sha256: "3d616aa853fe11b1c0ea99a1cdb4fb6ddc9010ba7c4562de700ad94264989654",
        sizeBytes: 14149568,
      },
      initrd: { url: "guests/initrd-cloud-amd64.gz" },
      commandLine: "console=tty0 quiet",
    },
  ],
  [
    "machine=1.yjasCH2OTU7DMBCFrxKNxK6ySWpB5B0_SxAHKF2k9hQsHI-xHaBUWXEJLsGCM_QmnIRJK3XZ1fx9b97bQnHFI2i42v1SFQZ8o-rv-wtmYDGb5GJxFPh8t_sJ2FX1Y_CHrmEkJjKYM6UMup6BicM9WfSMRwzFDT0zK6LykCwm0AswNtG0tC6_cFl7inEDS5buD3oLQ5rkz6XErKVcO49Z4EfXR4-yO2vOV8JlYmno-n3q6uaWp-w-8XpTkHM0tbpU7fxCtePR4PhXCHlYCdc_AQNTEBYtThrrVqm5nFDxaui9gXE5_gM",
    {
      title: "Año nuevo ☃",
      description: "Línea 1\nlínea 2",
      processors: 1,
      cpuModel: "pentium",
      bootOrder: ["cdrom", "disk", "floppy"],
      cdrom: { url: "https://files.example/a%20b.iso", name: "A CD", sizeBytes: 2147483648 },
      floppy: { url: "../floppy.img" },
      disks: [{ url: "https://files.example:8443/disk.qcow2" }],
    },
  ],
  [
    "machine=1.BNk9TqtWKsksyUlVslJS0lFKy8kvKKhUsqpWKi3KAQplpObk5Otl5qYr1dYCAA",
    { title: "", floppy: { url: "hello.img" } },
  ],
];

function problemOf(fragment: string): LinkProblem | null {
  try {
    decodeLink(fragment, BASE);
    return null;
  } catch (error) {
    if (error instanceof LinkError) return error.problem;
    throw error;
  }
}

/** A link of anything, whole as far as its check goes: what somebody who means harm would send. */
function forged(json: string | Uint8Array, version = 1): string {
  const packed = deflateSync(typeof json === "string" ? new TextEncoder().encode(json) : json, { level: 9 });
  const bytes = new Uint8Array(4 + packed.length);
  new DataView(bytes.buffer).setUint32(0, crc32(packed));
  bytes.set(packed, 4);
  return `#machine=${version}.${toBase64Url(bytes)}`;
}

const forgedProblem = (definition: object) => problemOf(forged(JSON.stringify(definition)));

test.each(LINKS_OF_VERSION_1)("a link of version 1 keeps its meaning: %s", (link, definition) => {
  expect(decodeLink(link, BASE)).toEqual(definition);
  expect(decodeLink(`#${link}`, BASE)).toEqual(definition);
});

test("what is written can be read, and is short", () => {
  for (const [, definition] of LINKS_OF_VERSION_1) expect(decodeLink(encodeLink(definition), BASE)).toEqual(definition);
  expect(encodeLink(LINKS_OF_VERSION_1[0]![1]).length).toBeLessThan(400);
});

test("what a sentence leaves at the end of a link is no part of it", () => {
  const [link, definition] = LINKS_OF_VERSION_1[0]!;
  for (const end of [".", ")", ">,", "”."]) expect(decodeLink(link + end, BASE)).toEqual(definition);
});

test("a link cut short anywhere is damaged", () => {
  const [link] = LINKS_OF_VERSION_1[1]!;
  for (let length = "machine=".length; length < link.length; length++)
    expect(problemOf(link.slice(0, length)), String(length)).toEqual({ fault: "damaged" });
});

test("a link with a character changed anywhere is damaged, or of another version", () => {
  const [link] = LINKS_OF_VERSION_1[0]!;
  const bytes = (text: string) => toBase64Url(fromBase64Url(text.slice("machine=1.".length)));
  for (let at = "machine=".length; at < link.length; at++) {
    const changed = link.slice(0, at) + (link[at] === "x" ? "y" : "x") + link.slice(at + 1);
    // The last character carries bits that belong to no byte.
    if (changed.startsWith("machine=1.") && bytes(changed) === bytes(link)) continue;
    expect(problemOf(changed), changed)?.toEqual({ fault: "damaged" });
  }
  expect(problemOf(link.replace("1.", "7."))).toEqual({ fault: "newer", value: "7" });
  expect(problemOf(link.replace("1.", "0."))).toEqual({ fault: "damaged" });
});

// A busy machine takes seconds to make it.
test("what unpacks to very much is stopped long before", () => {
  const bomb = forged(new Uint8Array(40 * 2 ** 20).fill(0x20));
  expect(bomb.length).toBeLessThan(64 * 1024);
  expect(problemOf(bomb)).toEqual({ fault: "tooLarge" });
  expect(problemOf(`#machine=1.${"A".repeat(2 ** 20)}`)).toEqual({ fault: "tooLarge" });
}, 60_000);

test("JSON that is none, nested without end, or no object, is refused", () => {
  expect(problemOf(forged("{"))).toEqual({ fault: "damaged" });
  expect(problemOf(forged(new Uint8Array([0xff, 0xfe])))).toEqual({ fault: "damaged" });
  expect(problemOf(forged("[".repeat(100_000)))).toMatchObject({ fault: "damaged" });
  expect(problemOf(forged("[".repeat(50_000) + "]".repeat(50_000)))).toMatchObject({ fault: "wrongField" });
  for (const json of ["null", "1", '"x"', "[]", "true"]) expect(problemOf(forged(json))?.fault).toBe("wrongField");
});

const floppy = { url: "a.img" };

test.each([
  ["file:///etc/passwd", "notFetchable"],
  ["blob:https://posada.example/1234", "notFetchable"],
  ["data:text/plain,x", "notFetchable"],
  ["javascript:alert(1)", "notFetchable"],
  ["filesystem:https://posada.example/temporary/x", "notFetchable"],
  ["ftp://files.example/x.img", "notFetchable"],
  ["https://me:secret@files.example/x.img", "notFetchable"],
  [" FILE:///etc/passwd", "notFetchable"],
  ["fi\tle:///etc/passwd", "notFetchable"],
  ["http://", "wrongField"],
  ["", "wrongField"],
  [`https://x.example/${"a".repeat(3000)}`, "wrongField"],
])("a file at %s is refused", (url, fault) => {
  expect(forgedProblem({ floppy: { url } })).toMatchObject({ fault, field: "floppy.url" });
  expect(forgedProblem({ disks: [floppy, { url }] })).toMatchObject({ fault, field: "disks.1.url" });
});

test.each<[object, Partial<LinkProblem>]>([
  [
    { title: "<script>alert(1)</script>", floppy },
    { fault: "notPlainText", field: "title" },
  ],
  [
    { title: "x", description: "<img src=x onerror=alert(1)>", floppy },
    { fault: "notPlainText", field: "description" },
  ],
  [
    { title: "harmless\u202egnp.exe", floppy },
    { fault: "notPlainText", field: "title" },
  ],
  [
    { title: "a\u0000b", floppy },
    { fault: "notPlainText", field: "title" },
  ],
  [{ floppy: { url: "a.img", name: "<svg/onload=alert(1)>" } }, { fault: "notPlainText", field: "floppy.name" }],
  [
    { title: "x".repeat(121), floppy },
    { fault: "wrongField", field: "title" },
  ],
  [
    { title: { toString: "x" }, floppy },
    { fault: "wrongField", field: "title" },
  ],
  [
    { memoryMiB: 1024 ** 3, floppy },
    { fault: "wrongField", field: "memoryMiB" },
  ],
  [
    { memoryMiB: "256", floppy },
    { fault: "wrongField", field: "memoryMiB" },
  ],
  [
    { processors: 1000, floppy },
    { fault: "wrongField", field: "processors" },
  ],
  [
    { cpuModel: "486DX", floppy },
    { fault: "wrongField", field: "cpuModel" },
  ],
  [
    { bootOrder: ["disk", "disk"], floppy },
    { fault: "wrongField", field: "bootOrder" },
  ],
  [
    { bootOrder: ["network"], floppy },
    { fault: "wrongField", field: "bootOrder.0" },
  ],
  [{ floppy: { url: "a.img", sizeBytes: -1 } }, { fault: "wrongField", field: "floppy.sizeBytes" }],
  [{ floppy: { url: "a.img", sizeBytes: 1e300 } }, { fault: "wrongField", field: "floppy.sizeBytes" }],
  [{ floppy: { url: "a.img", sha256: "abc" } }, { fault: "wrongField", field: "floppy.sha256" }],
  [{ floppy: "a.img" }, { fault: "wrongField", field: "floppy" }],
  [{ disks: [floppy, floppy, floppy, floppy] }, { fault: "wrongField", field: "disks" }],
  [{ disks: [{ url: "a.img", writable: "keep" }] }, { fault: "unknownField", field: "disks.0.writable" }],
  [{ disks: [{ kept: { place: { kind: "indexedDb", name: "posada" }, layers: ["1"] } }] }, { fault: "unknownField" }],
  [
    { machine: { floppy }, floppy },
    { fault: "unknownField", field: "machine" },
  ],
  [
    { src: "other.json", floppy },
    { fault: "unknownField", field: "src" },
  ],
  [JSON.parse('{"__proto__": {"title": "x"}, "floppy": {"url": "a.img"}}') as object, { fault: "unknownField" }],
  [
    { network: "nat", floppy },
    { fault: "unknownField", field: "network" },
  ],
  [
    { firmware: floppy, floppy },
    { fault: "unknownField", field: "firmware" },
  ],
  [
    { commandLine: "quiet", floppy },
    { fault: "needsKernel", field: "commandLine" },
  ],
  [{ title: "nothing at all" }, { fault: "nothing" }],
])("%j is refused and named", (definition, problem) => {
  expect(forgedProblem(definition)).toMatchObject(problem);
});

test("random changes to links are refused in words or read; nothing else comes out", () => {
  const random = fuzzRandom(20);
  for (let round = 0; round < 1500; round++) {
    const [link] = LINKS_OF_VERSION_1[round % LINKS_OF_VERSION_1.length]!;
    const bytes = fromBase64Url(link.slice("machine=1.".length));
    for (let change = random(4) + 1; change > 0; change--) bytes[random(bytes.length)] = random(256);
    // Half of them with a check that fits, so that the changes come through to the unpacker.
    if (round % 2) new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(4)));
    problemOf(`machine=1.${toBase64Url(bytes)}`);
  }
}, 60_000);
