import { expect, test, vi } from "vitest";
import { Jobs } from "./jobs.ts";

test("a job is listed with its progress until it is done", async () => {
  const jobs = new Jobs();
  const finished = vi.fn();
  jobs.addEventListener("finished", finished);
  let finish = (_: string) => {};
  const result = jobs.run("import", "disk.vdi", ({ onProgress }) => {
    onProgress({ phase: "reading", doneBytes: 1, totalBytes: 4, bytesPerSecond: 1 });
    return new Promise<string>((resolve) => (finish = resolve));
  });
  expect(jobs.running).toMatchObject([{ kind: "import", name: "disk.vdi", progress: { doneBytes: 1 } }]);
  finish("medium");
  expect(await result).toBe("medium");
  expect(jobs.running).toEqual([]);
  expect(finished).toHaveBeenCalledTimes(1);
});

test("what is given up rejects, and is not told as finished", async () => {
  const jobs = new Jobs();
  const finished = vi.fn();
  jobs.addEventListener("finished", finished);
  const work = jobs.run("export", "x", ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("given up"))))); // prettier-ignore
  jobs.cancel(jobs.running[0]!.id);
  await expect(work).rejects.toThrow("given up");
  expect(jobs.running).toEqual([]);
  expect(finished).not.toHaveBeenCalled();
});
