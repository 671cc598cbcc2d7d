import { deflateRawSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import type { RunExit } from "../core/core.ts";
import { CoreMemoryError } from "../core/load.ts";
import type { WasmCore } from "../core/wasm-core.ts";
import { StateError } from "../machine/device.ts";
import type { KernelFiles, MachineEvents, MachineParts } from "../machine/machine-parts.ts";
import { defaultConfig } from "../protocol/machine-config.ts";
import type { MachineConfig } from "../protocol/machine-config.ts";
import type { VmEvent } from "../protocol/vm-api.ts";
import { wrapIndex } from "../storage/published/published-store.ts";
import { NS_PER_INSTRUCTION } from "./instruction-clock.ts";
import type { MachinePort } from "./machine-port.ts";
import { webOpener } from "./media.ts";
import { encodeStateIndex } from "./published-memory.ts";
import { Vm } from "./vm.ts";

/** A processor that counts; it can be told to halt or to fault. */
class FakeCore {
  ram = new Uint8Array(1 << 16);
  vram = new Uint8Array(1 << 12);
  rom = new Uint8Array(1 << 12);
  memory = { buffer: new ArrayBuffer(1 << 17) };
  count = 0;
  exit: RunExit = "budget";
  isHalted = false;
  stop = false;
  onRun: () => void = () => {};
  run(max: number): RunExit {
    this.stop = false;
    this.onRun();
    if (this.stop) return "stopRequested";
    this.count += max;
    return this.exit;
  }
  requestStop = () => (this.stop = true);
  instructions = () => this.count;
  nextTimerNs = () => Infinity;
  timerDue = () => {};
  halted = () => this.isHalted;
  counters = () => ({ traces: 1, flushes: 0, tlbMisses: 0, jitEnabled: false, jitRegions: 0, jitInstructions: 0 });
  location = () => "F000:FFF0";
  registerDump = () => "";
  registerHash = () => `hash ${this.count}`;
}

function fakeMachine(core: FakeCore) {
  const calls: string[] = [];
  const machine = {
    core,
    stateNumber: 1,
    screen: {
      frame: { widthPx: 2, heightPx: 1, aspect: 2, text: true, rgba: new Uint8ClampedArray(8) },
      render: () => ({ modeChanged: false, changed: [] }),
      screenText: () => ["A:\\>"],
    },
    reset: () => void calls.push("reset"),
    supplyKernel: ({ kernel }: KernelFiles) => void calls.push(`kernel of ${kernel.length}`),
    save: () => ({ version: 1, number: machine.stateNumber, count: core.count }),
    restore: (state: { version: number; number: number; count: number }) => {
      if (state.version !== 1) throw new StateError("unknown version");
      machine.stateNumber = state.number;
      core.count = state.count;
    },
    key: (code: string, down: boolean) => void calls.push(`${code} ${down}`),
    typeText: async (text: string) => void calls.push(`type ${text}`),
    pressKeys: async (codes: string[]) => void calls.push(`press ${codes.join("+")}`),
    cancelTyping: () => {},
    serialReceive: (port: number, bytes: Uint8Array) => void calls.push(`serial ${port} ${bytes.length}`),
    moveMouse: () => {},
    pointTo: () => {},
    mouseButton: () => {},
    pressPowerButton: () => void calls.push("power button"),
    flushOutput: () => {},
    insertCdrom: (store: unknown) => void calls.push(`cd ${store === null ? "out" : "in"}`),
    insertFloppy: () => {},
    activity: () => ({
      disk: { readBytes: 0, writtenBytes: 0 },
      cdrom: { readBytes: 0 },
      floppy: { readBytes: 0, writtenBytes: 0 },
    }),
  };
  return { machine, calls };
}

/** What `storage/media-check.ts` takes for firmware. */
const firmware = new Uint8Array(64 * 1024).fill(0x90);
firmware.set([0xea, 0x5b, 0xe0, 0x00, 0xf0], 0xfff0);

let core: FakeCore;
let vm: Vm;
let events: VmEvent[];
let tell: MachineEvents;
let calls: string[];
let fake: ReturnType<typeof fakeMachine>["machine"];

function makeVm(makeCore: () => WasmCore = () => core as unknown as WasmCore): Vm {
  const made = new Vm({
    opener: webOpener,
    processors: 1,
    compileCore: async () => ({}) as WebAssembly.Module,
    compileUnpacker: async () => ({}) as WebAssembly.Module,
    makeCore,
    buildMachine: (parts: MachineParts) => {
      expect(parts.clock.nowNs()).toBeLessThan(1e9);
      parts.makeCore({} as never, 1 << 12);
      tell = parts.events;
      const built = fakeMachine(core);
      calls = built.calls;
      fake = built.machine;
      return built.machine as unknown as MachinePort;
    },
    nextFrame: () => {},
  });
  void made.subscribe((event) => void events.push(event));
  return made;
}

const config = (extra: Partial<MachineConfig> = {}): MachineConfig => ({ ...defaultConfig, firmware, ...extra });
const states = () => events.filter((event) => event.type === "state").map((event) => event.state);
const turns = (count = 3) => new Promise<void>((resolve) => setTimeout(resolve, count * 5));

beforeEach(() => {
  core = new FakeCore();
  events = [];
  vm = makeVm();
});

describe("states", () => {
  test("start, pause, resume, power off", async () => {
    await vm.create(config());
    expect(await vm.state()).toBe("poweredOff");
    await vm.start();
    await turns();
    await vm.pause();
    const count = core.count;
    expect(count).toBeGreaterThan(0);
    await turns();
    expect(core.count).toBe(count);
    await vm.resume();
    await vm.powerOff();
    expect(states()).toEqual(["starting", "running", "paused", "running", "stopping", "poweredOff"]);
  });

  test("calls that do not fit the state are refused with the state in words", async () => {
    await expect(vm.start()).rejects.toMatchObject({ code: "wrongState" });
    await vm.create(config());
    await expect(vm.create(config())).rejects.toMatchObject({ code: "wrongState" });
    await expect(vm.pause()).rejects.toThrow(/is switched off; this needs it to be running/);
    await expect(vm.typeText("x")).rejects.toMatchObject({ code: "wrongState" });
    await vm.start();
    await expect(vm.start()).rejects.toThrow(/is running/);
    await expect(vm.resume()).rejects.toMatchObject({ code: "wrongState" });
    await vm.dispose();
  });

  test("keys pressed while the machine is off go nowhere", async () => {
    await vm.create(config());
    await vm.key("KeyA", true);
    expect(calls).toEqual([]);
  });

  test("switching on again finds memory cleared, and statistics start anew", async () => {
    await vm.create(config());
    await vm.start();
    await turns();
    core.ram[5] = 1;
    await vm.powerOff();
    await vm.start();
    expect(core.ram[5]).toBe(0);
    expect((await vm.stats()).instructions).toBe(0);
    await vm.dispose();
  });
});

describe("a published state that is of no use", () => {
  const nowhere = "https://posada.example/saved/";
  const deflate = (raw: Uint8Array) => new Uint8Array(deflateRawSync(raw));
  const list = (version: number) =>
    wrapIndex(
      encodeStateIndex({
        summary: { memoryMiB: defaultConfig.memoryMiB, processors: 1, cpuModel: "default" },
        devices: { version: 1, instructionsAtPowerOn: 0, clock: {}, machine: { version }, media: {} },
        ...{ packs: [], first: 0, regions: [], serial: new Uint8Array(0) },
      }),
      deflate,
    );
  const state = (files: Record<string, Uint8Array>) => ({ published: { url: `${nowhere}list`, name: "it", files } });

  test.each([
    ["cannot be had", {}],
    ["is damaged", { list: new Uint8Array(9) }],
    ["is of another version of the machine", { list: list(7) }],
  ])("one that %s: the machine starts where it may, and says why where it may not", async (_, files) => {
    const savedState = state(files as Record<string, Uint8Array>);
    await vm.create(config({ savedState, savedStateIsOptional: true }));
    await vm.start();
    expect(calls).toContain("reset");
    expect(await vm.state()).toBe("running");
    await vm.dispose();

    vm = makeVm();
    const refused = vm.create(config({ savedState })).then(() => vm.start());
    await expect(refused).rejects.toThrow(/missing|damaged|of the clock has version/);
  });
});

describe("what the guest does", () => {
  test("a guest that switches itself off in the middle of a run stops the machine", async () => {
    await vm.create(config());
    core.onRun = () => tell.poweredOff();
    await vm.start();
    await turns();
    expect(states().at(-1)).toBe("poweredOff");
    expect(core.count).toBe(0);
  });

  test("a reset that it asks for comes after the run", async () => {
    await vm.create(config());
    const resets = () => calls.filter((call) => call === "reset").length;
    let inRun = -1;
    core.onRun = () => {
      if (inRun >= 0) return;
      tell.resetRequested();
      inRun = resets();
    };
    await vm.start();
    await turns();
    expect(inRun).toBe(1);
    expect(resets()).toBe(2);
    expect(await vm.state()).toBe("running");
    await vm.dispose();
  });

  test("debug exit carries (value << 1) | 1", async () => {
    await vm.create(config());
    core.onRun = () => tell.debugExit(0x31);
    await vm.start();
    await turns();
    expect(events).toContainEqual({ type: "exit", status: 0x63 });
    expect(await vm.state()).toBe("poweredOff");
  });

  test("a triple fault is shown, and the machine can be reset", async () => {
    await vm.create(config());
    core.exit = "tripleFault";
    await vm.start();
    await turns();
    expect(await vm.state()).toBe("aborted");
    expect(events).toContainEqual(expect.objectContaining({ type: "error", code: "tripleFault" }));
    core.exit = "budget";
    await vm.reset();
    expect(await vm.state()).toBe("running");
    await vm.dispose();
  });

  test("a triple fault resets where the machine is made so", async () => {
    await vm.create(config({ onTripleFault: "reset" }));
    core.onRun = () => {
      if (calls.length > 1) core.exit = "budget";
    };
    core.exit = "tripleFault";
    await vm.start();
    await turns();
    expect(await vm.state()).toBe("running");
    expect(calls.length).toBeGreaterThan(1);
    await vm.dispose();
  });

  test("a fault of ours stops the machine and is told", async () => {
    await vm.create(config());
    core.onRun = () => {
      throw new Error("bug in a device");
    };
    await vm.start();
    await turns();
    expect(await vm.state()).toBe("aborted");
    expect(events).toContainEqual(
      expect.objectContaining({ type: "error", code: "internal", message: "bug in a device" }),
    );
  });
});

describe("save and restore", () => {
  test("a machine goes on where it was saved, and keeps running", async () => {
    await vm.create(config({ clock: "instructions" }));
    await vm.runInstructions(1000);
    core.ram.set([1, 2, 3], 100);
    const saved = await vm.save();
    expect(await vm.state()).toBe("paused");
    core.ram.fill(9);
    fake.stateNumber = 7;
    await vm.runInstructions(500);
    await vm.restore(saved);
    expect(await vm.state()).toBe("paused");
    expect([...core.ram.subarray(99, 104)]).toEqual([0, 1, 2, 3, 0]);
    expect(fake.stateNumber).toBe(1);
    expect((await vm.stats()).instructions).toBe(1000);
    expect(states()).toContain("saving");
    expect(states()).toContain("restoring");
  });

  test("runs exactly as many instructions as asked for", async () => {
    await vm.create(config({ clock: "instructions" }));
    await vm.runInstructions(12_345);
    expect(core.count).toBe(12_345);
    await vm.runInstructions(1);
    expect(core.count).toBe(12_346);
  });

  test("runs for so much of its own time, halted or not", async () => {
    await vm.create(config({ clock: "instructions" }));
    await vm.runFor(1);
    expect(core.count).toBe(1e6 / NS_PER_INSTRUCTION);
    expect(await vm.state()).toBe("paused");
    core.isHalted = true;
    await vm.runFor(2000);
    expect(core.count).toBe(1e6 / NS_PER_INSTRUCTION);
    expect((await vm.stats()).guestMs).toBe(2001);
  });

  test("a run with a bound ends where the machine does", async () => {
    await vm.create(config({ clock: "instructions" }));
    core.onRun = () => tell.poweredOff();
    await vm.runInstructions(1e9);
    expect(await vm.state()).toBe("poweredOff");
    core.onRun = () => {
      core.exit = "tripleFault";
    };
    await vm.runFor(1e9);
    expect(await vm.state()).toBe("aborted");
  });

  test("a bound that was not reached does not stay", async () => {
    await vm.create(config({ clock: "instructions" }));
    const bound = 2e6;
    core.onRun = () => core.count > 1e5 && tell.poweredOff();
    await vm.runInstructions(bound);
    expect(core.count).toBeLessThan(bound);
    core.onRun = () => {};
    await vm.runFor((2 * bound * NS_PER_INSTRUCTION) / 1e6);
    expect(core.count).toBeGreaterThan(2 * bound);
  });

  test("bad states leave everything as it is, and the machine goes on", async () => {
    await vm.create(config());
    await vm.start();
    await turns();
    const saved = await vm.save();
    core.ram[3] = 42;
    await expect(vm.restore(saved.subarray(0, saved.length - 5))).rejects.toMatchObject({ code: "badState" });
    await expect(vm.restore(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: "badState" });
    expect(core.ram[3]).toBe(42);
    expect(await vm.state()).toBe("running");
    await vm.dispose();
  });

  test("a state whose devices are of another version is refused after trying, and undone", async () => {
    await vm.create(config());
    await vm.start();
    await vm.pause();
    const good = fake.save;
    fake.save = () => ({ ...good(), version: 2, number: 99 });
    const saved = await vm.save();
    fake.save = good;
    core.ram[3] = 42;
    await expect(vm.restore(saved)).rejects.toMatchObject({ code: "badState" });
    expect(fake.stateNumber).toBe(1);
    expect(core.ram[3]).toBe(42);
    await vm.dispose();
  });

  test("a state of another machine is refused in words", async () => {
    await vm.create(config());
    await vm.start();
    const saved = await vm.save();
    await vm.dispose();
    const other = makeVm();
    await other.create(config({ memoryMiB: 64 }));
    await expect(other.restore(saved)).rejects.toThrow(/512 MiB of memory.*this one has 64 MiB/);
  });

  test("what was written to a disk that is discarded is in the state", async () => {
    const disk = { source: new Uint8Array(64 * 1024), writable: "discard" as const };
    await vm.create(config({ disks: [disk] }));
    await vm.start();
    const saved = await vm.save();
    await vm.restore(saved);
    expect(await vm.state()).toBe("running");
    await vm.dispose();
  });
});

describe("a machine that takes a state", () => {
  /** A Multiboot header, which is all that is looked at here. [Multiboot] 3.1 */
  const kernel = new Uint8Array(new Uint32Array([0x1badb002, 0, -0x1badb002]).buffer);

  test.each(["its user", "its guest"])("is given its kernel when %s resets it, once", async (who) => {
    await vm.create(config({ kernel, takesState: true, clock: "instructions" }));
    await vm.restore(await savedState(), "running");
    expect(calls).toEqual([]);
    for (let n = 0; n < 2; n++) {
      if (who === "its user") await vm.reset();
      else tell.resetRequested();
      await turns();
    }
    expect(calls).toEqual(["kernel of 12", "reset", "reset"]);
    expect(await vm.state()).toBe("running");
  });

  test("is given its kernel when it is switched on again", async () => {
    await vm.create(config({ kernel, takesState: true, clock: "instructions" }));
    await vm.restore(await savedState(), "running");
    await vm.powerOff();
    await vm.start();
    expect(calls).toEqual(["kernel of 12", "reset"]);
  });

  test("says what is wrong with its kernel when it needs it", async () => {
    await vm.create(config({ kernel: new Uint8Array(100), takesState: true, clock: "instructions" }));
    await vm.restore(await savedState(), "running");
    await expect(vm.reset()).rejects.toMatchObject({ code: "badMedia" });
    expect(await vm.state()).toBe("running");
    tell.resetRequested();
    await turns();
    expect(await vm.state()).toBe("aborted");
    expect(calls).toEqual([]);
  });

  /** Of a machine like it. */
  async function savedState(): Promise<Uint8Array> {
    const before = { core, calls, fake, tell };
    core = new FakeCore();
    const other = makeVm();
    await other.create(config({ clock: "instructions" }));
    await other.runInstructions(1000);
    const saved = await other.save();
    ({ core, calls, fake, tell } = before);
    events = [];
    return saved;
  }
});

describe("what cannot be made", () => {
  test("no firmware", async () => {
    await expect(vm.create({ ...defaultConfig })).rejects.toMatchObject({ code: "badConfig" });
  });

  test("too little memory in the browser", async () => {
    vm = makeVm(() => {
      throw new CoreMemoryError("no room");
    });
    await expect(vm.create(config())).rejects.toMatchObject({ code: "outOfMemory", message: "no room" });
  });

  test("a kernel that is none", async () => {
    await expect(vm.create(config({ kernel: new Uint8Array(100) }))).rejects.toMatchObject({ code: "badMedia" });
  });
});

test("a screenshot is a PNG of the guest's picture", async () => {
  await vm.create(config());
  const png = await vm.screenshot();
  expect([...png.subarray(1, 4)]).toEqual([...new TextEncoder().encode("PNG")]);
});
