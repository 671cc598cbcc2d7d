import { expect, test, vi } from "vitest";
import { VmError } from "../protocol/vm-api.ts";
import type { VmApi, VmEvent, VmState, VmStats } from "../protocol/vm-api.ts";
import { Desk } from "./desk.ts";
import type { MachineClient } from "./machine-session.ts";
import { EVENT_NAMES } from "./vm-client.ts";

const BASE = "https://posada.example/";
const stats = (instructions: number, wallMs: number, haltedMs: number, readBytes = 0) =>
  ({
    instructions,
    wallMs,
    haltedMs,
    disk: { readBytes, writtenBytes: 0 },
    cdrom: { readBytes: 0 },
    floppy: { readBytes: 0, writtenBytes: 0 },
    wasmMemoryBytes: 1 << 20,
    jit: { instructions: instructions / 2 },
  }) as VmStats;

/** Stands for a machine: notes what is asked of it, and sends what the test wants. */
class FakeClient extends EventTarget implements MachineClient {
  state: VmState = "poweredOff";
  asked: string[] = [];
  disposed = false;
  failure: VmError | null = null;
  loading = Promise.resolve();
  readings: VmStats[] = [];
  readonly api = new Proxy({} as VmApi, {
    get: (_, name: string) => async (argument: unknown) => {
      if (name === "stats") return this.readings.shift() ?? stats(0, 0, 0);
      this.asked.push(argument === undefined ? name : `${name} ${String(argument)}`);
      if (this.failure) throw this.failure;
      if (name === "start") this.send({ type: "state", state: "running" });
    },
  });

  async create(): Promise<void> {
    await this.loading;
    if (this.failure) throw this.failure;
  }
  async attachCanvas(): Promise<void> {}
  async dispose(): Promise<void> {
    this.disposed = true;
  }
  send(event: VmEvent): void {
    if (event.type === "state") this.state = event.state;
    this.dispatchEvent(new CustomEvent(EVENT_NAMES[event.type], { detail: event }));
  }
}

function makeDesk() {
  const clients: FakeClient[] = [];
  const next = { failure: null as VmError | null, loading: Promise.resolve() };
  const makeClient = () => {
    const client = new FakeClient();
    Object.assign(client, next);
    clients.push(client);
    return client;
  };
  return {
    desk: new Desk(
      BASE,
      (plan) => plan,
      makeClient,
      () => {},
    ),
    clients,
    next,
  };
}

const plan = { title: "Test", disks: [] };
const iso = () => {
  const bytes = new Uint8Array(20 * 2048);
  bytes[16 * 2048] = 1;
  for (const block of [16, 17]) bytes.set(new TextEncoder().encode("CD001"), block * 2048 + 1);
  bytes.set(new TextEncoder().encode("EL TORITO SPECIFICATION"), 17 * 2048 + 7);
  return new File([bytes], "system.iso");
};
const disk = () => new File([new Uint8Array(4096 * 1024).fill(0x55, 510, 511).fill(0xaa, 511, 512)], "disk.img");

test("a machine is made, shown and started", async () => {
  const { desk, clients } = makeDesk();
  await desk.open(plan, true);
  expect(desk.session).toMatchObject({ phase: "ready", state: "running", takesInput: true });
  expect(clients[0]!.asked).toEqual(["start"]);
});

test("without autostart it stands ready", async () => {
  const { desk, clients } = makeDesk();
  await desk.open(plan, false);
  expect(desk.session).toMatchObject({ phase: "ready", state: "poweredOff", takesInput: false });
  expect(clients[0]!.asked).toEqual([]);
});

test("what keeps a machine from being made is told, and the desk is free again", async () => {
  const { desk, clients, next } = makeDesk();
  next.failure = new VmError("unreachable", "The kernel cannot be read.");
  await desk.open(plan, true);
  expect(desk.session).toBeNull();
  expect(clients[0]!.disposed).toBe(true);
  expect(desk.problems).toMatchObject([
    { kind: "machine", code: "unreachable", message: "The kernel cannot be read." },
  ]);
  next.failure = null;
  await desk.open(plan, true);
  expect(desk.problems).toEqual([]);
  expect(desk.session?.state).toBe("running");
});

test("a plan that cannot be a machine is told before anything is loaded", async () => {
  const { desk, clients } = makeDesk();
  await desk.open({ ...plan, memoryMiB: 1e6 }, true);
  expect(clients).toEqual([]);
  expect(desk.problems).toMatchObject([{ code: "badConfig" }]);
});

test("loading can be cancelled; nothing is told", async () => {
  const { desk, clients, next } = makeDesk();
  next.loading = new Promise(() => {});
  void desk.open(plan, true);
  await vi.waitFor(() => expect(desk.session?.phase).toBe("loading"));
  await desk.leave();
  expect(desk.session).toBeNull();
  expect(clients[0]!.disposed).toBe(true);
  expect(desk.problems).toEqual([]);
});

test("several machines are open at once; the last one opened is in view, and closing is one's own", async () => {
  const { desk, clients } = makeDesk();
  await Promise.all([desk.open({ ...plan, title: "A" }, true), desk.open({ ...plan, title: "B" }, true)]);
  expect(desk.machines.map(({ title }) => title)).toEqual(["A", "B"]);
  expect(desk.session?.plan.title).toBe("B");
  const [a, b] = desk.machines;
  desk.show(a!);
  await desk.close(b!);
  expect(desk.session?.plan.title).toBe("A");
  expect(clients.map(({ disposed }) => disposed)).toEqual([false, true]);
  desk.show(null);
  expect(desk.session).toBeNull();
  expect(a!.isOn).toBe(true);
});

test("a failure names its machine where several are open", async () => {
  const { desk, clients } = makeDesk();
  await desk.open({ ...plan, title: "A" }, true);
  await desk.open({ ...plan, title: "B" }, true);
  clients[0]!.send({ type: "error", code: "storage", message: "No more room." });
  expect(desk.problems).toMatchObject([{ machine: "A", message: "No more room." }]);
  expect(desk.machines[1]!.session.state).toBe("running");
});

test("a guest that is asked to end is closed when it has ended", async () => {
  const { desk, clients } = makeDesk();
  await desk.open(plan, true);
  await desk.shutDown(desk.current!);
  expect(clients[0]!.asked).toEqual(["start", "pressPowerButton"]);
  expect(desk.machines).toHaveLength(1);
  clients[0]!.send({ type: "state", state: "poweredOff" });
  await vi.waitFor(() => expect(desk.machines).toEqual([]));
  expect(clients[0]!.disposed).toBe(true);
});

test("failures of a running machine are told once each; its state follows", async () => {
  const { desk, clients } = makeDesk();
  await desk.open(plan, true);
  for (let i = 0; i < 2; i++) clients[0]!.send({ type: "error", code: "tripleFault", message: "It stopped." });
  clients[0]!.send({ type: "state", state: "aborted", reason: "It stopped." });
  expect(desk.problems).toMatchObject([{ code: "tripleFault" }]);
  expect(desk.session).toMatchObject({ state: "aborted", takesInput: false });
  desk.dismiss(desk.problems[0]!.id);
  expect(desk.problems).toEqual([]);
});

test("progress counts all files together, and a total only when all are known", async () => {
  const { desk, clients } = makeDesk();
  await desk.open(plan, false);
  const session = desk.session!;
  clients[0]!.send({ type: "progress", what: "kernel", doneBytes: 5, totalBytes: 10 });
  clients[0]!.send({ type: "progress", what: "initrd", doneBytes: 1, totalBytes: 2 });
  expect(session.progress).toEqual({ doneBytes: 6, totalBytes: 12 });
  clients[0]!.send({ type: "progress", what: "initrd", doneBytes: 2, totalBytes: null });
  expect(session.progress).toEqual({ doneBytes: 7, totalBytes: null });
});

test("rates come from two readings, one second apart", async () => {
  vi.useFakeTimers();
  const { desk, clients, next } = makeDesk();
  Object.assign(next, { readings: [stats(0, 0, 0), stats(5_000_000, 1000, 250, 512)] });
  await desk.open(plan, true);
  await vi.advanceTimersByTimeAsync(1000);
  expect(desk.session!.rates).toEqual({
    instructionsPerSecond: 5e6,
    haltedShare: 0.25,
    jitShare: 0.5,
    memoryBytes: 1 << 20,
    readBytesPerSecond: 512,
    writtenBytesPerSecond: 0,
    diskActive: true,
    cdromActive: false,
    floppyActive: false,
  });
  clients[0]!.send({ type: "state", state: "paused" });
  expect(desk.session!.rates).toBeNull();
  vi.useRealTimers();
});

test("serial output is kept for a console opened later", async () => {
  const { desk, clients } = makeDesk();
  await desk.open(plan, true);
  clients[0]!.send({ type: "serial", port: 0, bytes: new TextEncoder().encode("log") });
  clients[0]!.send({ type: "serial", port: 1, bytes: new TextEncoder().encode("other") });
  clients[0]!.send({ type: "serial", port: 0, bytes: new TextEncoder().encode("in: ") });
  expect(desk.session!.serialHistory.text()).toBe("login: ");
});

test("a dropped image boots; a CD beside a machine goes into its drive; a disk is another machine", async () => {
  const { desk, clients } = makeDesk();
  await desk.openFiles([disk()]);
  expect(desk.session?.plan.title).toBe("disk.img");
  expect(desk.session?.state).toBe("running");
  await desk.openFiles([iso()]);
  expect(clients).toHaveLength(1);
  expect(desk.session?.cdrom?.name).toBe("system.iso");
  await desk.openFiles([disk()]);
  expect(clients).toHaveLength(2);
  expect(clients[0]!.disposed).toBe(false);
  expect(desk.machines).toHaveLength(2);
});

test("a file that can be more than one thing is asked about", async () => {
  const { desk } = makeDesk();
  await desk.openFiles([new File([new Uint8Array(1536)], "mystery")]);
  expect(desk.question).toMatchObject({ kind: "role", unclear: { choices: ["disk"] } });
  await desk.answer("disk");
  expect(desk.session?.plan.disks).toHaveLength(1);
});

test("a bad file is named and changes nothing", async () => {
  const { desk } = makeDesk();
  await desk.openFiles([new File([], "empty.iso")]);
  expect(desk.session).toBeNull();
  expect(desk.problems).toMatchObject([{ kind: "file", name: "empty.iso", usable: false }]);
});
