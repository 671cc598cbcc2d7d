import { expect, test, vi } from "vitest";
import { LibraryError } from "../protocol/library.ts";
import { Clerk, fileName } from "./clerk.ts";
import type { PageLibraryApi } from "./clerk.ts";
import { Desk } from "./desk.ts";
import { Jobs } from "./jobs.ts";

function makeClerk(methods: Partial<PageLibraryApi>) {
  const library = {
    machines: [],
    media: [],
    machine: () => ({ name: "PC: one" }),
    medium: () => ({ name: "disk" }),
    runOf: () => undefined,
    ...methods,
  } as unknown as PageLibraryApi;
  const desk = new Desk("https://posada.example/", undefined, undefined, () => {}, library);
  const saved: [size: number, name: string][] = [];
  const clerk = new Clerk(library, desk, new Jobs(), (blob, name) => saved.push([blob.size, name]));
  const notices: unknown[] = [];
  clerk.addEventListener("notice", (event) => notices.push((event as CustomEvent).detail));
  return { clerk, desk, saved, notices };
}

test("an export is a job that ends as a download, and is said", async () => {
  const { clerk, saved, notices } = makeClerk({
    exportMachine: async (_, sink) => {
      await sink.write(new Uint8Array(100));
      await sink.skip(28);
    },
  });
  await clerk.exportMachine("1");
  expect(saved).toEqual([[128, "PC_ one.ova"]]);
  expect(notices).toEqual([{ kind: "exported", name: "PC: one" }]);
});

test("packages become machines, other files media; one that fails keeps no other back", async () => {
  const importMachine = vi.fn(async () => ({}) as never);
  const importMedium = vi.fn(async () => ({}) as never);
  const { clerk, desk, notices } = makeClerk({
    inspect: async (file) => {
      const { name } = file as File;
      if (name === "bad.vdi") throw new LibraryError("badMedia", "This VDI is cut short.");
      return { format: name.endsWith("ova") ? "ova" : "raw" } as never;
    },
    importMachine,
    importMedium,
  });
  await clerk.importFiles([new File([], "bad.vdi"), new File([], "pc.ova"), new File([], "disk.img")]);
  expect(importMachine).toHaveBeenCalledTimes(1);
  expect(importMedium).toHaveBeenCalledTimes(1);
  expect(desk.problems).toMatchObject([{ kind: "library", message: "This VDI is cut short." }]);
  expect(notices).toMatchObject([{ name: "pc.ova" }, { name: "disk.img" }]);
});

test("what was given up is no problem to tell", async () => {
  const { clerk, desk, notices } = makeClerk({
    clone: () => Promise.reject(new LibraryError("cancelled", "Given up.")),
  });
  await clerk.clone("1", { name: "x", how: "full" });
  expect(desk.problems).toEqual([]);
  expect(notices).toEqual([]);
});

test("refusals are told, and say so to whoever asked", async () => {
  const { clerk, desk } = makeClerk({
    rename: () => Promise.reject(new LibraryError("badName", "There is a machine of this name.")),
  });
  expect(await clerk.rename("1", "x")).toBe(false);
  expect(desk.problems).toMatchObject([{ kind: "library", message: "There is a machine of this name." }]);
});

test("file names that every system takes", () => {
  expect(fileName('a/b\\c:d*?"<>|')).toBe("a_b_c_d______");
  expect(fileName(" ")).toBe("machine");
});
