/**
 * Traces of a small image that goes through real, protected and long mode, with an interrupt or exception in each. It is
 * run on the core, and on QEMU where that is installed; the two traces must be equal.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstDifference, placeOf, readTrace } from "../../scripts/lib/trace-log.mjs";
import { allocateMemory } from "../core/load.ts";
import { WasmCore } from "../core/wasm-core.ts";
import type { BusWatcher } from "../machine/bus/bus-trace.ts";
import { Tracer } from "./tracer.ts";

const coreFile = process.env.POSADA_CORE ?? fileURLToPath(new URL("../../build/core.wasm", import.meta.url));
const source = fileURLToPath(new URL("testing/mode-tour.asm", import.meta.url));
const has = (command: string) => spawnSync(command, ["--version"]).status === 0;
const RAM_BYTES = 16 << 20;
const QEMU_LIMIT_MS = 20_000;

describe.skipIf(!existsSync(coreFile) || spawnSync("nasm", ["-v"]).status !== 0)("tracer", () => {
  let folder: string;
  let image: Uint8Array;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "posada-trace-"));
    execFileSync("nasm", ["-f", "bin", "-o", join(folder, "tour.bin"), source]);
    image = readFileSync(join(folder, "tour.bin"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function machine(): WasmCore {
    const core = new WasmCore(new WebAssembly.Module(readFileSync(coreFile)), allocateMemory(RAM_BYTES, 1 << 16), {
      ramBytes: RAM_BYTES,
      vramBytes: 1 << 16,
      processors: 1,
      cpuModel: "default",
      host: {
        portRead: () => 0xff,
        portWrite: () => {},
        portReadBlock: () => 0,
        portWriteBlock: () => 0,
        mmioRead: () => 0xffffffff,
        mmioWrite: () => {},
        nowNs: () => 0,
        picAcknowledge: () => 8,
        ioapicEoi: () => {},
      },
      epochMs: () => 0,
      randomKey: new BigUint64Array(4),
    });
    core.loadRom(2 ** 32 - image.length, image);
    return core;
  }

  function traced(categories: string[], from = 0, to = Infinity) {
    const core = machine();
    let text = "";
    let watcher: BusWatcher | null = null;
    const tracer = new Tracer(
      core,
      { watch: (each) => (watcher = each) },
      { categories, fromInstruction: from, toInstruction: to, file: null },
      { write: (piece) => (text += piece), close: () => {} },
      () => 0,
    );
    const exit = tracer.run(1000);
    tracer.close();
    return { core, exit, text, watcher: watcher! as BusWatcher };
  }

  it.skipIf(!has("qemu-system-x86_64"))(
    "agrees with QEMU in every register before every instruction, and in interrupts",
    { timeout: QEMU_LIMIT_MS * 2 },
    async () => {
      const ours = readTrace(traced(["cpu", "int"]).text);
      const log = join(folder, "qemu.log");
      const qemu = spawn("qemu-system-x86_64", [
        ...["-display", "none", "-M", "pc,smm=off", "-m", "16", "-net", "none", "-bios", join(folder, "tour.bin")],
        ...["-singlestep", "-d", "cpu,int,nochain", "-D", log],
      ]);
      const ended = new Promise((resolve) => qemu.once("exit", resolve));
      // Its log stands still once the image has come to its end; the rest of it comes when QEMU ends.
      const began = Date.now();
      for (let before = -1, size = 0; size !== before || size === 0;) {
        if (Date.now() - began > QEMU_LIMIT_MS) break;
        await new Promise((resolve) => setTimeout(resolve, 1000));
        before = size;
        size = existsSync(log) ? statSync(log).size : 0;
      }
      qemu.kill();
      await ended;
      // The processors are of other models; the image sets EDX, which tells, in its first instructions.
      const settled = ours.findIndex((state) => state.lines[0]!.includes("EDX=00001234"));
      expect(settled).toBeGreaterThan(0);
      const theirs = readTrace(readFileSync(log, "utf8")).slice(settled, ours.length);
      expect(theirs.length).toBe(ours.length - settled);
      expect(firstDifference(ours.slice(settled), theirs)).toBeNull();
    },
  );

  it("shows states as QEMU does", () => {
    const { text } = traced(["cpu", "int"]);
    expect(text).toMatch(/^# 0: v=21 e=0000 i=1 cpl=0 IP=f000:/m);
    const states = readTrace(text);
    expect(states[0]!.lines).toEqual([
      expect.stringMatching(/^EAX=00000000 EBX=00000000 ECX=00000000 EDX=[0-9a-f]{8}$/),
      "ESI=00000000 EDI=00000000 EBP=00000000 ESP=00000000",
      "EIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0",
      "ES =0000 00000000 0000ffff 00009300",
      "CS =f000 ffff0000 0000ffff 00009b00",
      "SS =0000 00000000 0000ffff 00009300",
      "DS =0000 00000000 0000ffff 00009300",
      "FS =0000 00000000 0000ffff 00009300",
      "GS =0000 00000000 0000ffff 00009300",
      "LDT=0000 00000000 0000ffff 00008200",
      "TR =0000 00000000 0000ffff 00008b00",
      "GDT=     00000000 0000ffff",
      "IDT=     00000000 0000ffff",
      "CR0=60000010 CR2=00000000 CR3=00000000 CR4=00000000",
      "DR0=0000000000000000 DR1=0000000000000000 DR2=0000000000000000 DR3=0000000000000000",
      "DR6=00000000ffff0ff0 DR7=0000000000000400",
      "EFER=0000000000000000",
    ]);
    const events = states.flatMap(({ event }) => event ?? []);
    expect(events).toEqual([
      expect.stringMatching(/^v=06 e=0000 i=0 cpl=0 IP=0008:/),
      expect.stringMatching(/^v=30 e=0000 i=1 cpl=0 IP=0008:/),
      expect.stringMatching(/^v=0e e=0000 i=0 cpl=0 IP=0018:.* SP=0010:0000000000007000 CR2=00007fff12345678$/),
    ]);
    expect(placeOf(states.at(-1)!)).toContain("CS64 [-RA] RIP=");
  });

  it("does the same to the machine as an untraced run", () => {
    const plain = machine();
    expect(plain.run(1000)).toBe("halted");
    const { core, exit } = traced(["cpu", "asm", "int", "mmu"]);
    expect(exit).toBe("halted");
    expect(core.instructions()).toBe(plain.instructions());
    expect(core.registerHash()).toBe(plain.registerHash());
  });

  it("keeps to the instructions that were asked for, and shows them", () => {
    const { text } = traced(["asm"], 1, 4);
    expect(text.split("\n").map((line) => line.replace(/^# [0-9a-f]+ +/, "").replace(/ {2,}/, "|"))).toEqual([
      "66 ba 34 12 00 00|mov edx,0x1234",
      "66 b8 01 00 00 80|mov eax,0x80000001",
      "66 01 c0|add eax,eax",
      "",
    ]);
  });

  it("tells of the TLB, and of devices only while it is open", () => {
    const { text, watcher } = traced(["mmu", "pit"]);
    expect(text).toMatch(/^# \d+ mmu: page fault at 00007fff12345678, error code 0000$/m);
    expect(text).toMatch(/^# \d+ mmu: fill read \(supervisor\) 00000000000f0000 -> host [0-9a-f]{8}, bits [0-9a-f]+$/m);
    expect(text).toMatch(/^# \d+ mmu: flush everything$/m);
    expect(watcher.wants("pit")).toBe(false);
  });
});
