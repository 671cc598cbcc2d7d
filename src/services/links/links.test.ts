import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import { configOf } from "../machine-plan.ts";
import type { MachinePlan } from "../machine-plan.ts";
import { planOfDefinition } from "./definition-plan.ts";
import { decodeLink } from "./link-code.ts";
import type { LinkError } from "./link-error.ts";
import { LinkOffer, isWrong, sizeOf } from "./link-offer.ts";
import { readDefinition } from "./machine-definition.ts";
import { askSize } from "./server-size.ts";
import { ShareDraft } from "./share-draft.ts";

const BASE = "https://posada.example/app/index.html";
const SUM = "a".repeat(64);
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("a definition becomes a plan whose files are held to what it says, and whose disks are not written back", () => {
  const plan = planOfDefinition(
    { title: "", kernel: { url: "k/vmlinuz", sha256: SUM, sizeBytes: 5 }, disks: [{ url: "https://x.example/d%20d.img" }] },
    BASE,
  ); // prettier-ignore
  expect(plan).toEqual({
    title: "d d.img",
    kernel: { source: { checked: { url: "https://posada.example/app/k/vmlinuz", sha256: SUM, sizeBytes: 5 } }, name: "vmlinuz" },
    disks: [{ source: "https://x.example/d%20d.img", name: "d d.img", writable: "discard" }],
  }); // prettier-ignore
  expect(configOf(plan, BASE).disks[0]!.writable).toBe("discard");
});

/** A server: answers by address, and remembers who was asked. */
function server(answers: Record<string, (method: string, range: string | null) => Response>) {
  const asked: string[] = [];
  const doFetch = vi.fn<typeof fetch>(async (input, init) => {
    const url = String(input);
    const method = init?.method ?? "GET";
    asked.push(`${method} ${url}`);
    const answer = answers[url];
    if (!answer) throw new TypeError("no such server");
    return answer(method, new Headers(init?.headers).get("Range"));
  });
  return { asked, doFetch: doFetch as unknown as typeof fetch };
}
const plain = (bytes: Uint8Array<ArrayBuffer>) => () =>
  new Response(bytes, { headers: { "Content-Length": String(bytes.length) } });

test("only the page's own server hears of a link before the person agrees", async () => {
  const { asked, doFetch } = server({
    "https://posada.example/app/a.img": plain(new Uint8Array(7)),
    "https://other.example/b.img": plain(new Uint8Array(9)),
  });
  const offer = new LinkOffer(
    { title: "x", floppy: { url: "a.img" }, disks: [{ url: "https://other.example/b.img", sizeBytes: 2 ** 30 }] },
    BASE,
    doFetch,
  );
  expect(offer.totalBytes).toBeNull();
  await offer.askHere();
  expect(asked).toEqual(["HEAD https://posada.example/app/a.img"]);
  expect(offer.totalBytes).toBe(7 + 2 ** 30);
  expect(offer.canAsk).toBe(true);
  await offer.askAll();
  expect(asked).toHaveLength(2);
  // What the server says is believed, and what the link claimed is seen to be wrong.
  expect(offer.files.map(sizeOf)).toEqual([7, 9]);
  expect(offer.files.map(isWrong)).toEqual([false, true]);
  expect(offer.files.map(({ host, ownSite }) => [host, ownSite])).toEqual([
    ["posada.example", true],
    ["other.example", false],
  ]);
});

test("sizes by HEAD, by the first byte, or not at all", async () => {
  const { doFetch } = server({
    "https://a/head": plain(new Uint8Array(3)),
    "https://a/range": (method) =>
      method === "HEAD"
        ? new Response(null, { status: 405 })
        : new Response("x", { status: 206, headers: { "Content-Range": "bytes 0-0/12345678901" } }),
    "https://a/hidden": (method) => new Response(method === "HEAD" ? null : "x", { status: method === "HEAD" ? 200 : 206 }),
    "https://a/encoded": () => new Response("x", { headers: { "Content-Encoding": "br", "Content-Length": "5" } }),
    "https://a/gone": () => new Response(null, { status: 404 }),
  }); // prettier-ignore
  expect(await askSize("https://a/head", doFetch)).toEqual({ kind: "size", sizeBytes: 3 });
  expect(await askSize("https://a/range", doFetch)).toEqual({ kind: "size", sizeBytes: 12345678901 });
  expect(await askSize("https://a/hidden", doFetch)).toEqual({ kind: "unknown" });
  expect(await askSize("https://a/encoded", doFetch)).toEqual({ kind: "unknown" });
  expect(await askSize("https://a/gone", doFetch)).toEqual({ kind: "missing", status: 404 });
  expect(await askSize("https://nobody/", doFetch)).toEqual({ kind: "unreachable" });
});

const linkOf = (draft: ShareDraft) => {
  const made = draft.link();
  if (!("url" in made)) throw new Error(made.problem.fault);
  return made.url;
};

test("a machine's link holds all of it, with lengths and checksums, and addresses beside the page made short", async () => {
  const image = new Uint8Array(5000).map((_, i) => i * 7);
  const { doFetch } = server({ "https://other.example/x/disk.img": plain(image) });
  const plan: MachinePlan = {
    title: "Mine",
    memoryMiB: 64,
    cpuModel: "pentium",
    commandLine: "quiet",
    kernel: { source: "https://posada.example/app/guests/vmlinuz", name: "Linux" },
    disks: [{ source: "https://other.example/x/disk.img", name: "disk.img" }],
  };
  const known = (url: string) => (url.endsWith("/app/guests/vmlinuz") ? { sizeBytes: 14, sha256: SUM } : undefined);
  const draft = new ShareDraft(plan, `${BASE}?memory=3#x`, known, doFetch);
  draft.set({ description: "What it is" });
  expect(draft.summing).toBe(true);
  await draft.sumUp();
  expect(draft.summing).toBe(false);
  const url = linkOf(draft);
  expect(url.startsWith("https://posada.example/app/index.html#machine=1.")).toBe(true);
  expect(decodeLink(new URL(url).hash, BASE)).toEqual({
    title: "Mine",
    description: "What it is",
    memoryMiB: 64,
    cpuModel: "pentium",
    commandLine: "quiet",
    kernel: { url: "guests/vmlinuz", name: "Linux", sha256: SUM, sizeBytes: 14 },
    disks: [{ url: "https://other.example/x/disk.img", sha256: hash(image), sizeBytes: 5000 }],
  });
});

test("a file of the person's own goes into a link only under an address that the person gives, with its checksum", async () => {
  const bytes = new TextEncoder().encode("a floppy of mine");
  const kept = { kept: { place: { kind: "memory" as const }, layers: [], sizeBytes: 1, name: "k" } };
  const plan: MachinePlan = {
    title: "Mine",
    floppy: { source: new File([bytes], "mine.img"), name: "mine.img" },
    cdrom: { source: "blob:https://posada.example/1", name: "blob" },
    disks: [{ source: kept, name: "kept" }],
  };
  const { asked, doFetch } = server({});
  const draft = new ShareDraft(plan, BASE, undefined, doFetch);
  await draft.sumUp();
  expect(asked).toEqual(["HEAD blob:https://posada.example/1"]);
  expect(draft.files.map(({ role, hasAddress, state }) => [role, hasAddress, state])).toEqual([
    ["floppy", false, "ready"],
    ["cdrom", false, "failed"],
    ["disk", false, "ready"],
  ]);
  expect(draft.link()).toEqual({ problem: { fault: "nothing", field: "" } });
  draft.setUrl(draft.files[0]!, "file:///home/me/mine.img");
  expect(draft.link()).toMatchObject({ problem: { fault: "notFetchable", field: "floppy.url" } });
  draft.setUrl(draft.files[0]!, " https://files.example/mine.img ");
  draft.setUrl(draft.files[2]!, "https://files.example/kept.img");
  expect(decodeLink(new URL(linkOf(draft)).hash, BASE)).toEqual({
    title: "Mine",
    floppy: { url: "https://files.example/mine.img", sha256: hash(bytes), sizeBytes: bytes.length },
    disks: [{ url: "https://files.example/kept.img", name: "kept" }],
  });
});

test("a file that is too long to be summed goes by its length, one whose server is silent without anything", async () => {
  const { doFetch } = server({
    "https://a/large.iso": (method) => new Response(method === "HEAD" ? null : "x", { headers: { "Content-Length": "9000000000" } }),
  }); // prettier-ignore
  const plan: MachinePlan = {
    title: "x",
    cdrom: { source: "https://a/large.iso", name: "large.iso" },
    disks: [{ source: "https://silent/d.img", name: "d.img" }],
  };
  const draft = new ShareDraft(plan, BASE, undefined, doFetch);
  await draft.sumUp();
  expect(draft.definition()).toEqual({
    title: "x",
    cdrom: { url: "https://a/large.iso", sizeBytes: 9e9 },
    disks: [{ url: "https://silent/d.img" }],
  });
});

const LIST = `guests/saved/${"c".repeat(32)}`;
const goingOn = (): MachinePlan => ({
  title: "Linux",
  memoryMiB: 64,
  processors: 1,
  cpuModel: "default",
  disks: [],
  kernel: { name: "vmlinuz", source: "https://posada.example/app/guests/vmlinuz" },
  savedState: {
    source: { published: { url: `https://posada.example/app/${LIST}`, name: "Linux" } },
    ...{ memoryMiB: 64, processors: 1, cpuModel: "default" as const, partsBytes: 5000, isOptional: true },
  },
});

test("a link of a moment has what has changed in itself, is of a later version, and is opened as that moment", async () => {
  const draft = new ShareDraft(goingOn(), BASE);
  expect(draft.canHaveMoment).toBe(true);
  const plain = draft.link() as { url: string };
  expect(plain.url).toContain("#machine=1.");
  await draft.setMoment(Uint8Array.from([1, 2, 250]));
  const { url } = draft.link() as { url: string };
  expect(url).toContain("#machine=2.");
  const definition = decodeLink(new URL(url).hash, BASE);
  expect(definition.state).toEqual({ list: { url: LIST }, partsBytes: 5000, difference: "AQL6" });
  const offer = new LinkOffer(definition, BASE);
  expect(offer.files.map(({ role, ownSite, hasSum }) => [role, ownSite, hasSum])).toEqual([
    ["kernel", true, false],
    ["state", true, true],
  ]);
  expect(sizeOf(offer.files[1]!)).toBe(5000);
  const config = configOf(offer.plan, BASE);
  expect(config.savedState).toEqual({ published: { url: `https://posada.example/app/${LIST}`, name: "Linux" } });
  expect(config.savedStateDifference).toEqual(Uint8Array.from([1, 2, 250]));
  // A moment that cannot be had is not another one.
  expect(config.savedStateIsOptional).toBe(false);
  await draft.setMoment(null);
  expect(draft.link()).toEqual(plain);
});

// The last is more than a definition may say of a difference at all.
test.each([26_000, 40_000, 100_000])(
  "what is too much for a link, %i bytes, goes into a file, whose address the link has",
  async (sizeBytes) => {
    const draft = new ShareDraft(goingOn(), BASE);
    const much = new Uint8Array(sizeBytes).map(() => Math.random() * 256);
    await draft.setMoment(much);
    expect(draft.needsFile).toBe(true);
    expect(draft.link()).toMatchObject({ problem: { fault: "wrongField", field: "state.difference.url" } });
    draft.setMomentUrl("https://files.example/a.posada-state");
    const { url } = draft.link() as { url: string };
    expect(url.length).toBeLessThan(1000);
    const { plan } = new LinkOffer(decodeLink(new URL(url).hash, BASE), BASE);
    expect(plan.savedState!.difference).toEqual({
      checked: { url: "https://files.example/a.posada-state", sha256: hash(much), sizeBytes },
    });
  },
);

test.each([
  ["firmware of its own", { firmware: { name: "bios", source: "https://x.example/bios" } }],
  ["a file that is only here", { cdrom: { name: "cd", source: new Uint8Array(5) } }],
  ["no published state", { savedState: undefined }],
])("a machine with %s has no link of a moment", (_, change) => {
  expect(new ShareDraft({ ...goingOn(), ...change } as MachinePlan, BASE).canHaveMoment).toBe(false);
});

test.each([
  [{ list: { url: "guests/list" }, difference: "AA" }, "state.list.url"],
  [{ list: { url: LIST }, difference: "<b>" }, "state.difference"],
  [{ list: { url: LIST }, difference: "A".repeat(70_000) }, "state.difference"],
  [{ list: { url: LIST }, difference: { url: "" } }, "state.difference.url"],
  [{ list: { url: LIST }, difference: "AA", partsBytes: -1 }, "state.partsBytes"],
  [[], "state"],
])("a definition with the state %j is refused", (state, field) => {
  expect(() => readDefinition({ title: "x", state }, BASE)).toThrow(
    expect.objectContaining({ problem: expect.objectContaining({ field }) as unknown }) as Error,
  );
});

test("a state leads to http alone, and has no parts that nobody looks at", () => {
  const refused = (state: object) => {
    try {
      readDefinition({ title: "x", state }, BASE);
      return null;
    } catch (error) {
      return (error as LinkError).problem.fault;
    }
  };
  expect(refused({ list: { url: `file:///${"c".repeat(32)}` }, difference: "AA" })).toBe("notFetchable");
  expect(refused({ list: { url: LIST }, difference: "AA", script: "x" })).toBe("unknownField");
});
