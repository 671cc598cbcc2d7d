import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodeDiskIndex, wrapIndex } from "../../storage/published/published-store.ts";
import { readCatalogue } from "../guest-library.ts";
import { OfflineGuests } from "./offline-guests.ts";

const FOLDER = "https://posada.example/guests/";
const sumOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** A browser's caches, as far as they are used. */
function memoryCaches() {
  const files = new Map<string, Response>();
  const cache = {
    match: async (url: string) => files.get(url)?.clone(),
    put: async (url: string, response: Response) => void files.set(url, response),
    delete: async (url: string) => files.delete(url),
    keys: async () => [...files.keys()].map((url) => ({ url })),
  };
  return { files, open: async () => cache as unknown as Cache };
}

function catalogue(contents: Record<string, string>) {
  const files = Object.entries(contents).map(([file, text]) => ({ file, sizeBytes: text.length, sha256: sumOf(text) }));
  const machines = [
    { id: "a", title: "A", kernel: "kernel", initrd: "a.gz" },
    { id: "b", title: "B", kernel: "kernel", initrd: "b.gz" },
  ];
  return readCatalogue({ files, machines }, FOLDER);
}

const FIRST = { kernel: "a kernel", "a.gz": "files of a", "b.gz": "files of b" };
const serve =
  (contents: Record<string, string>, asked: string[] = []): typeof fetch =>
  async (input) => {
    const name = String(input).slice(FOLDER.length);
    asked.push(name);
    return name in contents ? new Response(contents[name]) : new Response(null, { status: 404 });
  };

test("a machine is kept with all of its files, with progress, and is known again later", async () => {
  const caches = memoryCaches();
  const list = catalogue(FIRST);
  const [a, b] = list.machines as [(typeof list.machines)[0], (typeof list.machines)[0]];
  const offline = new OfflineGuests(list, caches, serve(FIRST));
  await offline.look();
  expect(offline.of(a).state).toBe("none");
  const seen: number[] = [];
  offline.addEventListener("change", () => seen.push(offline.of(a).doneBytes));
  await offline.keep(a);
  expect(offline.of(a).state).toBe("kept");
  expect(seen).toEqual([0, 8, 18, 18]);
  expect(await caches.files.get(`${FOLDER}kernel`)!.clone().text()).toBe("a kernel");
  const again = new OfflineGuests(list, caches, serve({}));
  await again.look();
  expect([again.of(a).state, again.of(b).state]).toEqual(["kept", "none"]);
});

test("files that two machines share are brought once, and stay as long as one needs them", async () => {
  const caches = memoryCaches();
  const list = catalogue(FIRST);
  const [a, b] = list.machines as [(typeof list.machines)[0], (typeof list.machines)[0]];
  const asked: string[] = [];
  const offline = new OfflineGuests(list, caches, serve(FIRST, asked));
  await offline.keep(a);
  await offline.keep(b);
  expect(asked).toEqual(["kernel", "a.gz", "b.gz"]);
  await offline.drop(a);
  expect([...caches.files.keys()]).toEqual([`${FOLDER}kernel`, `${FOLDER}b.gz`]);
  await offline.drop(b);
  expect(caches.files.size).toBe(0);
});

test("a file that the list names anew is kept no longer, and another file is not taken in its place", async () => {
  const caches = memoryCaches();
  const before = catalogue(FIRST);
  await new OfflineGuests(before, caches, serve(FIRST)).keep(before.machines[0]!);
  const next = catalogue({ ...FIRST, kernel: "a new kernel" });
  const offline = new OfflineGuests(next, caches, serve(FIRST));
  await offline.look();
  expect(offline.of(next.machines[0]!).state).toBe("none");
  expect(caches.files.has(`${FOLDER}kernel`)).toBe(false);
  await expect(offline.keep(next.machines[0]!)).rejects.toThrow(/not the one that the list names/);
  expect(offline.of(next.machines[0]!).state).toBe("none");
});

test("what could not be brought, or was given up, leaves nothing behind", async () => {
  const caches = memoryCaches();
  const list = catalogue(FIRST);
  const [a] = list.machines as [(typeof list.machines)[0]];
  const offline = new OfflineGuests(list, caches, serve({ kernel: FIRST.kernel }));
  await expect(offline.keep(a)).rejects.toThrow(/404/);
  expect(caches.files.size).toBe(0);
  const stopping = new OfflineGuests(list, caches, async (_, init) => {
    void stopping.drop(a);
    init!.signal!.throwIfAborted();
    return new Response("");
  });
  await stopping.keep(a);
  expect(stopping.of(a).state).toBe("none");
  expect(caches.files.size).toBe(0);
});

/** A list that names two parts; what else it holds is the business of those who read it. */
function stateOf(one: string, two: string) {
  const name = (digit: string) => digit.repeat(32);
  const packs = [one, two].map((digit) => ({ name: name(digit), blocks: 1, fileBytes: 4 }));
  const index = encodeDiskIndex({ sizeBytes: 4096, blockBytes: 4096, packs, first: 1, places: new Uint32Array(1) });
  const list = wrapIndex(index, (raw) => new Uint8Array(deflateRawSync(raw)));
  return { list, parts: { [`saved/${name(one)}`]: "one ", [`saved/${name(two)}`]: "two " } };
}

function withState(list: string, { list: bytes }: ReturnType<typeof stateOf>) {
  const files = [{ file: "kernel", sizeBytes: 8, sha256: sumOf("a kernel") }];
  const savedState = { file: list, memoryMiB: 64, processors: 1, cpuModel: "default" };
  const sizes = { firstBytes: bytes.length + 4, totalBytes: bytes.length + 8 };
  const machine = { id: "a", title: "A", kernel: "kernel", savedState: { ...savedState, ...sizes } };
  return readCatalogue({ files, machines: [machine] }, FOLDER);
}

test("the parts of a saved state are kept with its machine, and go when another state takes its place", async () => {
  const caches = memoryCaches();
  const state = stateOf("1", "2");
  const first = withState(`saved/${"a".repeat(32)}`, state);
  const [a] = first.machines as [(typeof first.machines)[0]];
  const contents: Record<string, BodyInit> = {
    kernel: "a kernel",
    [`saved/${"a".repeat(32)}`]: state.list as Uint8Array<ArrayBuffer>,
    ...state.parts,
  };
  const asked: string[] = [];
  const host: typeof fetch = async (input) => {
    const name = String(input).slice(FOLDER.length);
    asked.push(name);
    return name in contents ? new Response(contents[name]) : new Response(null, { status: 404 });
  };
  const offline = new OfflineGuests(first, caches, host);
  await offline.remember(a);
  expect(asked).toEqual(["a", "1", "2"].map((digit) => `saved/${digit.repeat(32)}`));
  await offline.look();
  expect(offline.of(a).state).toBe("none"); // the kernel is not there
  await offline.keep(a);
  expect([offline.of(a).state, a.wholeBytes]).toEqual(["kept", 8 + state.list.length + 8]);
  expect(asked.slice(3)).toEqual(["kernel"]);
  await caches.files.delete(`${FOLDER}saved/${"2".repeat(32)}`);
  const again = new OfflineGuests(first, caches, host);
  await again.look();
  expect(again.of(a).state).toBe("none");

  const next = new OfflineGuests(withState(`saved/${"b".repeat(32)}`, stateOf("3", "4")), caches, host);
  await next.look();
  expect([...caches.files.keys()]).toEqual([`${FOLDER}kernel`]);
  expect(next.of(a).state).toBe("none");
});

test("a list that is damaged is no list", async () => {
  const caches = memoryCaches();
  const url = `${FOLDER}saved/${"a".repeat(32)}`;
  caches.files.set(url, new Response("not a list"));
  caches.files.set(`${FOLDER}kernel`, new Response("a kernel", { headers: { "X-Posada-SHA256": sumOf("a kernel") } }));
  const list = withState(`saved/${"a".repeat(32)}`, stateOf("1", "2"));
  const offline = new OfflineGuests(list, caches, serve({}));
  await offline.look();
  expect(offline.of(list.machines[0]!).state).toBe("none");
  expect(caches.files.has(url)).toBe(false);
});
