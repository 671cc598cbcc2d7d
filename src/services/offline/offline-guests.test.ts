import { createHash } from "node:crypto";
import { expect, test } from "vitest";
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
