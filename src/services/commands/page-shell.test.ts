import { expect, test } from "vitest";
import type { VmApi, VmEvent, VmState } from "../../protocol/vm-api.ts";
import { FolderStorage } from "../../storage/library/folder-storage.ts";
import { scratchFolder } from "../../storage/test-support/scratch-folder.ts";
import { Desk } from "../desk.ts";
import { PageLibrary } from "../library/page-library.ts";
import type { MachineClient } from "../machine-session.ts";
import { EVENT_NAMES } from "../vm-client.ts";
import { englishCommands } from "./command-words.ts";
import { PageShell } from "./page-shell.ts";

const scratch = scratchFolder();
const BASE = "https://posada.example/";

/** Stands for a machine's worker: it only changes its state. */
class FakeClient extends EventTarget implements MachineClient {
  state: VmState = "poweredOff";
  readonly api = new Proxy({} as VmApi, {
    get: (_, name: string) => async () => {
      if (name === "stats") return { instructions: 7, wallMs: 0 };
      const states: Record<string, VmState> = { start: "running", pause: "paused", resume: "running", powerOff: "poweredOff" }; // prettier-ignore
      const state = states[name];
      if (state) this.send({ type: "state", state });
    },
  });
  async create(): Promise<void> {}
  async attachCanvas(): Promise<void> {}
  async dispose(): Promise<void> {}
  private send(event: VmEvent & { type: "state" }): void {
    this.state = event.state;
    this.dispatchEvent(new CustomEvent(EVENT_NAMES.state, { detail: event }));
  }
}

async function makeShell(files: File[] = []) {
  const storage = new FolderStorage(scratch.path(`library-${Math.random()}`));
  const library = new PageLibrary({ baseUrl: BASE, storage, makeClient: () => new FakeClient() });
  await library.open();
  const desk = new Desk(BASE, undefined, undefined, () => {}, library);
  const saved: { name: string; blob: Blob }[] = [];
  const shell = new PageShell({
    library,
    desk,
    say: () => englishCommands,
    pickFiles: async () => files,
    saveFile: (blob, name) => saved.push({ blob, name }),
  });
  const run = async (line: string): Promise<string> => {
    const before = shell.transcript.length;
    await shell.run(line);
    return shell.transcript.slice(before).replace(/\r\n/g, "\n").trimEnd();
  };
  return { shell, run, library, desk, saved };
}

test("machines are made, started, asked and ended by commands", async () => {
  const { run, desk, library } = await makeShell();
  expect(await run("list")).toMatch(/no machine in this browser/);
  await run(`create "Old Debian" --memory 64 --new-disk 1G`);
  expect(await run("info 'Old Debian'")).toMatch(/Memory: +64 MiB\n/);
  expect(await run("pause 'Old Debian'")).toMatch(/does not run; it is powered off/);
  await run("start 'Old Debian'");
  expect(desk.current).toBeNull();
  expect(desk.machines).toHaveLength(1);
  expect(await run("start 'Old Debian'")).toMatch(/is running already/);
  expect(await run("stats 'Old Debian'")).toMatch(/"instructions": 7/);
  await run("pause 'Old Debian'");
  await expect.poll(() => library.machines[0]!.state).toBe("paused");
  await run("show 'Old Debian'");
  expect(desk.current).toBe(desk.machines[0]);
  desk.show(null);
  await run("poweroff 'Old Debian'");
  await expect.poll(() => desk.machines).toEqual([]);
  await run("snapshot take 'Old Debian' One");
  expect(await run("snapshot list 'Old Debian'")).toMatch(/^One \(off, /);
  await run("delete 'Old Debian'");
  expect(await run("media list")).toMatch(/no medium/);
});

test("files are those that a person chooses, or media of the library; results are downloads", async () => {
  const bytes = new Uint8Array(2 << 20).fill(7, 4096, 8192);
  const { run, saved, library } = await makeShell([new File([bytes], "disk.img")]);
  expect(await run("import disk.img --kind disk --name First")).not.toMatch(/needs|no /);
  expect(library.media).toMatchObject([{ name: "First", kind: "disk", sizeBytes: 2 << 20 }]);
  expect(await run("media info First")).toMatch(/^image: {2}raw/);
  await run("convert First new.qcow2");
  await run("export First back.img");
  expect(saved.map(({ name }) => name)).toEqual(["new.qcow2", "back.img"]);
  expect(Buffer.from(await saved[1]!.blob.arrayBuffer()).equals(bytes)).toBe(true);
  expect(new TextDecoder().decode(await saved[0]!.blob.slice(0, 3).arrayBuffer())).toBe("QFI");
});

test("what goes wrong is one line; what steers a terminal is not let through", async () => {
  const { run, shell } = await makeShell();
  expect(await run("dance")).toBe('\x1b[91munknown command "dance"; help lists them\x1b[0m');
  expect(await run("snapshot")).toMatch(/snapshot take MACHINE .*snapshot list MACHINE/);
  expect(await run('start "x')).toMatch(/not closed/);
  expect(await run("import x.img")).toMatch(/no file was chosen/);
  await run(`create evil --notes "a\x1b[2Jb"`);
  expect(await run("info evil")).toMatch(/Notes: +a\?\[2Jb/);
  expect(await run("help snapshot take")).toMatch(/^usage: snapshot take/);
  expect(await run("snapshot take --help")).toMatch(/^usage: snapshot take/);
  expect(await run("help")).toMatch(/\n {2}list +the machines of the library\n/);
  await run("clear");
  expect(shell.transcript).toBe("");
  expect(shell.history.at(-1)).toBe("clear");
});

test("words are completed from the library", async () => {
  const { run, shell } = await makeShell();
  await run("create Debian");
  await run("media disk Data 1G");
  expect(shell.complete(["st"]).words).toEqual(["start", "stats"]);
  expect(shell.complete(["start", "d"]).words).toEqual(["Debian"]);
  expect(shell.complete(["help", "snapshot", "t"]).words).toEqual(["take"]);
  expect(shell.complete(["convert", "d"])).toEqual({ words: ["Data"], files: true });
});
