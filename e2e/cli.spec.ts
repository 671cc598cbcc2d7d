/** Story: somebody runs guests from the command line, without a browser. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { guest } from "./support/guests.ts";
import { formatted } from "./support/page.ts";
import { posada } from "./support/posada.ts";

let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "posada-test-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linux = (id: string, ...more: string[]) => [
  "run",
  "--memory",
  "256",
  "--kernel",
  guest(`vmlinuz-${id}`),
  "--initrd",
  guest(`initrd-${id}.gz`),
  "--append",
  "console=tty0 console=ttyS0 mitigations=off cryptomgr.notests",
  ...more,
];

test("Debian on the serial line alone: prompt, uname, and poweroff ends the machine", async () => {
  const steps = ["--until", "posada:", "--send", "uname -m\\n", "--until", "x86_64", "--send", "poweroff\\n"];
  const args = linux("cloud-amd64", ...steps, "--until", "Power down", "--timeout", "170");
  const { status, stdout, stderr } = await posada(...args);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toContain("x86_64");
});

test("Debian on the screen alone, with the keyboard; the machine ends by itself", async () => {
  const text = join(folder, "screen.txt");
  const png = join(folder, "screen.png");
  const stats = join(folder, "stats.json");
  const { status } = await posada(
    ...["run", "--memory", "256", "--kernel", guest("vmlinuz-cloud-amd64"), "--initrd", guest("initrd-cloud-amd64.gz")],
    ...["--append", "console=tty0", "--until", "posada:", "--type", "echo $((6*7))_ok\\n", "--until", "42_ok"],
    ...["--screen-text", text, "--screenshot", png, "--stats", stats, "--timeout", "170"],
  );
  expect(status).toBe(0);
  expect(readFileSync(text, "utf8")).toContain("42_ok");
  expect(readFileSync(png).subarray(1, 4).toString()).toBe("PNG");
  const { instructions, wasmMemoryBytes } = JSON.parse(readFileSync(stats, "utf8")) as Record<string, number>;
  expect(instructions).toBeGreaterThan(1e8);
  expect(wasmMemoryBytes! - 256 * 2 ** 20).toBeLessThanOrEqual(64 * 2 ** 20);
});

test("a machine that is saved in one process goes on exactly in another", async () => {
  const before = 150_000_000;
  const after = 100_000_000;
  const file = (name: string) => join(folder, name);
  const clock = ["--clock", "instructions"];
  const out = (name: string) => ["--serial", `file:${file(`${name}.txt`)}`, "--stats", file(`${name}.json`)];
  const first = [...clock, "--instructions", String(before), ...out("first"), "--save", file("state")];
  expect((await posada(...linux("cloud-amd64", ...first))).status).toBe(0);
  const second = [...clock, "--restore", file("state"), "--instructions", String(after), ...out("second")];
  expect((await posada(...linux("cloud-amd64", ...second))).status).toBe(0);
  const whole = [...clock, "--instructions", String(before + after), ...out("whole")];
  expect((await posada(...linux("cloud-amd64", ...whole))).status).toBe(0);

  const text = (name: string) => readFileSync(file(`${name}.txt`), "utf8");
  const hash = (name: string) =>
    (JSON.parse(readFileSync(file(`${name}.json`), "utf8")) as { registerHash: string }).registerHash;
  expect(text("first") + text("second")).toBe(text("whole"));
  expect(text("second").length).toBeGreaterThan(0);
  expect(hash("second")).toBe(hash("whole"));

  const cut = file("cut");
  writeFileSync(cut, readFileSync(file("state")).subarray(0, 100_000));
  const broken = await posada(...linux("cloud-amd64", ...clock, "--restore", cut, "--instructions", "1"));
  expect(broken.status).toBe(2);
  expect(broken.stderr).toMatch(/damaged or cut short/);
});

test("the same run with and without compiled code comes to the same state", async () => {
  const result = async (name: string, ...options: string[]) => {
    const [text, stats] = [join(folder, `${name}.txt`), join(folder, `${name}.json`)];
    const run = [
      "--clock",
      "instructions",
      "--instructions",
      "400000000",
      "--serial",
      `file:${text}`,
      "--stats",
      stats,
    ];
    expect((await posada(...linux("cloud-amd64", ...run, ...options))).status).toBe(0);
    const { registerHash, jit, interpreter } = JSON.parse(readFileSync(stats, "utf8")) as {
      registerHash: string;
      jit: { instructions: number };
      interpreter: { tlbMisses: number };
    };
    expect(interpreter.tlbMisses).toBeGreaterThan(10_000);
    return { registerHash, compiled: jit.instructions, serial: readFileSync(text, "utf8") };
  };
  const compiled = await result("compiled");
  const interpreted = await result("interpreted", "--no-jit");
  expect(compiled.compiled).toBeGreaterThan(1e8);
  expect(interpreted.compiled).toBe(0);
  expect({ ...compiled, compiled: 0 }).toEqual(interpreted);
});

test("FreeDOS from a floppy: prompt and directory", async () => {
  const { status, stderr } = await posada(
    ...["run", "--memory", "32", "--floppy", guest("freedos-720k.img"), "--boot", "floppy", "--serial", "none"],
    ...["--until", "A:\\>", "--type", "dir\\n", "--until", "bytes free", "--timeout", "120"],
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

test("a timeout has status 3 and says what was last seen", async () => {
  const { status, stderr } = await posada(
    ...["run", "--memory", "32", "--serial", "none", "--until", "no such text", "--timeout", "8"],
  );
  expect(status).toBe(3);
  expect(stderr).toMatch(/timed out after 8 s waiting for "no such text"/);
  expect(stderr).toMatch(/SeaBIOS/);
});

/** A boot sector that does one thing. */
function bootSector(...code: number[]): string {
  const image = new Uint8Array(1440 * 1024);
  image.set(code);
  image.set([0x55, 0xaa], 510);
  const path = join(folder, `boot-${code.length}-${code[0]}.img`);
  writeFileSync(path, image);
  return path;
}

test("a guest that writes to port F4 ends with (value << 1) | 1", async () => {
  const image = bootSector(0xb0, 0x15, 0xe6, 0xf4); // mov al,15h; out F4h,al
  const { status } = await posada("run", "--floppy", image, "--boot", "floppy", "--serial", "none", "--timeout", "60");
  expect(status).toBe((0x15 << 1) | 1);
});

test("a guest that triple-faults has status 4 and one line that says so", async () => {
  // lidt [cs:7C08h]; int3 — with a limit of 0 nothing can be delivered; protected mode is not even needed.
  const image = bootSector(0x2e, 0x0f, 0x01, 0x1e, 0x08, 0x7c, 0xcc, 0x90, 0, 0, 0, 0, 0, 0);
  const { status, stderr } = await posada(
    "run",
    "--floppy",
    image,
    "--boot",
    "floppy",
    "--serial",
    "none",
    "--timeout",
    "60",
  );
  expect(status).toBe(4);
  expect(stderr).toMatch(/^posada: The guest's processor stopped at [0-9A-F]{4}:[0-9A-F]{8}: .*triple fault.*\n$/);
});

for (const [what, args, words] of [
  ["an unknown option", ["--colour", "red"], /colour/],
  ["a kernel that is not there", ["--kernel", "/nowhere/vmlinuz"], /kernel .*there is no such file/i],
  ["too much memory", ["--memory", "99999999"], /memoryMiB is 99999999/],
  ["an unknown CPU", ["--cpu", "z80"], /cpuModel is "z80"/],
  ["a folder as a CD", ["--cdrom", "/"], /folder/],
] as const)
  test(`${what} has status 2 and one line that says so`, async () => {
    const { status, stdout, stderr } = await posada("run", ...args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(words);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

test("images that are cut short or of another kind are named with the reason", async () => {
  const file = (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const kernel = readFileSync(guest("vmlinuz-686"));
  for (const [option, path, words] of [
    ["--kernel", file("short-kernel", kernel.subarray(0, 1_000_000)), /cut short/],
    ["--kernel", file("text-kernel", new TextEncoder().encode("hello ".repeat(2000))), /neither/],
    ["--cdrom", file("noise.iso", new Uint8Array(1 << 20).fill(1)), /not a CD image/],
    ["--cdrom", file("cut.iso", readFileSync(guest("grub-rescue.iso")).subarray(0, 3_000_000)), /CD .*cut short/],
    ["--floppy", file("cut.img", formatted("cut.img").buffer.subarray(0, 1_000_000)), /cut short/],
    ["--floppy", file("odd.img", new Uint8Array(1000)), /no floppy disk has that size/],
    ["--disk", file("odd.raw", new Uint8Array(100_001)), /whole number/],
    ["--disk", file("vm.qcow2", Buffer.from("QFI\xfb".padEnd(600), "latin1")), /QCOW2/],
    ["--bios", file("cut.bin", readFileSync(guest("bios-256k.bin")).subarray(0, 200_000)), /cut short/],
    [
      "--cdrom",
      "http://127.0.0.1:9/x.iso",
      /http:\/\/127\.0\.0\.1:9\/x\.iso cannot be read: the server cannot be reached\.$/m,
    ],
  ] as const) {
    const { status, stderr } = await posada("run", option, path);
    expect(status, stderr).toBe(2);
    expect(stderr).toMatch(words);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  }
});
