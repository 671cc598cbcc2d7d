import { expect, test } from "vitest";
import type { LibraryApi, NewMachine } from "../protocol/library.ts";
import { Jobs } from "./jobs.ts";
import { MachineDraft } from "./machine-draft.ts";

/** A CD whose volume has a name, as far as it is looked at. [ECMA-119] 8.4 */
function cdNamed(volume: string, name: string): File {
  const bytes = new Uint8Array(20 * 2048);
  const text = (at: number, words: string) => bytes.set(new TextEncoder().encode(words), at);
  for (const [block, type] of [[16, 1], [17, 255]] as const) {
    bytes[block * 2048] = type;
    text(block * 2048 + 1, "CD001\u0001");
  } // prettier-ignore
  text(16 * 2048 + 40, volume.padEnd(32));
  const view = new DataView(bytes.buffer);
  view.setUint32(16 * 2048 + 80, 20, true);
  view.setUint16(16 * 2048 + 128, 2048, true);
  // The root folder: one block, only itself and its parent.
  const root = (at: number) => {
    bytes[at] = 34;
    view.setUint32(at + 2, 19, true);
    view.setUint32(at + 10, 2048, true);
    bytes[at + 25] = 2;
    bytes[at + 32] = 1;
  };
  root(16 * 2048 + 156);
  root(19 * 2048);
  root(19 * 2048 + 34);
  bytes[19 * 2048 + 34 + 33] = 1;
  return new File([bytes], name);
}

const draft = (...taken: string[]) => new MachineDraft(() => taken.map((name) => ({ name })));

test("a medium brings a system, and that a name and settings, until a person has set them", async () => {
  const machine = draft("OpenBSD");
  await machine.useFiles([cdNamed("OpenBSD/amd64 7.4 Install CD", "install74.iso")]);
  expect(machine).toMatchObject({ osId: "openbsd", name: "OpenBSD 2", memoryMiB: 512, diskMiB: 8192, faults: [] });
  machine.set("memoryMiB", 128);
  machine.set("osId", "windows95");
  expect(machine).toMatchObject({ osId: "windows95", memoryMiB: 128, cpuModel: "pentium", diskMiB: 1024 });
  await machine.useFiles([cdNamed("HOLIDAYS", "beach.iso")]);
  expect(machine).toMatchObject({ osId: "windows95", name: "beach", memoryMiB: 128, finding: null });
});

test("a machine that starts from a disk gets no other one", async () => {
  const machine = draft();
  const bytes = new Uint8Array(4 * 2 ** 20);
  bytes.set([0x55, 0xaa], 510);
  await machine.useFiles([new File([bytes], "old pc.img")]);
  expect(machine).toMatchObject({ name: "old pc", diskMiB: 0 });
  expect(machine.plan.disks).toHaveLength(1);
});

test("what keeps it from being made is told", () => {
  const machine = draft("Taken");
  machine.set("name", " taken ");
  machine.set("memoryMiB", 1.5);
  machine.set("diskMiB", NaN);
  expect(machine.faults).toEqual(["nameTaken", "memory", "disk"]);
  machine.set("name", "");
  expect(machine.faults[0]).toBe("name");
});

/** Notes what is asked of it. */
function fakeLibrary(fails = false) {
  const asked: string[] = [];
  let made: NewMachine | null = null;
  const record = (what: string) => {
    asked.push(what);
    return Promise.resolve({ id: what });
  };
  const library = {
    media: [],
    importMedium: (_: Blob, { kind, name }: { kind: string; name: string }) => record(`${kind} ${name}`),
    addUrlMedium: (kind: string, url: string) => record(`${kind} ${url}`),
    createDisk: (name: string, sizeBytes: number) => record(`new ${name} ${sizeBytes}`),
    removeMedium: (id: string) => record(`remove ${id}`),
    create: (machine: NewMachine) => {
      if (fails) return Promise.reject(new Error("no"));
      made = machine;
      return Promise.resolve({ id: "1", ...machine });
    },
  } as unknown as LibraryApi;
  return { library, asked, made: () => made };
}

test("media are brought, a disk is made, then the machine", async () => {
  const machine = draft();
  await machine.useFiles([cdNamed("OpenBSD/amd64 7.4 Install CD", "install.iso")]);
  const { library, asked, made } = fakeLibrary();
  await machine.make(library, new Jobs());
  expect(asked).toEqual(["cdrom install.iso", `new OpenBSD ${8192 * 2 ** 20}`]);
  expect(made()).toMatchObject({
    name: "OpenBSD",
    osId: "openbsd",
    media: { cdrom: "cdrom install.iso", disk0: `new OpenBSD ${8192 * 2 ** 20}` },
    hardware: { memoryMiB: 512, bootOrder: ["disk", "cdrom", "floppy"] },
  });
});

test("a ready machine's files stay on the web", async () => {
  const machine = draft();
  const kernel = { source: "https://posada.example/guests/vmlinuz", name: "vmlinuz" };
  machine.useReady({ title: "Ready", disks: [], kernel, commandLine: "quiet", memoryMiB: 96 }, "Ready");
  const { library, asked, made } = fakeLibrary();
  await machine.make(library, new Jobs());
  expect(asked).toEqual(["file https://posada.example/guests/vmlinuz"]);
  expect(made()).toMatchObject({ hardware: { memoryMiB: 96, commandLine: "quiet" } });
});

test("where the machine is not made, nothing of it is left", async () => {
  const machine = draft();
  await machine.useFiles([cdNamed("OpenBSD/amd64 7.4 Install CD", "install.iso")]);
  const { library, asked } = fakeLibrary(true);
  await expect(machine.make(library, new Jobs())).rejects.toThrow("no");
  expect(asked.filter((what) => what.startsWith("remove"))).toHaveLength(2);
});
