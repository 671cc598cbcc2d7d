import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completions, completionScript } from "./completion.ts";
import { openLibrary } from "./library/folder.ts";
import { hasProgram, runProgram } from "../src/storage/test-support/tools.ts";

test("a shell is given commands, options and names", async () => {
  const folder = mkdtempSync(join(tmpdir(), "posada-completion-"));
  try {
    await (await openLibrary(folder)).create({ name: "Old Debian" });
    const asked = async (...words: string[]): Promise<string[]> =>
      (await completions(["--library", folder, ...words])).split("\n").filter(Boolean);
    expect(await asked("snap")).toEqual(["snapshot"]);
    expect(await asked("start", "Ol")).toEqual(["Old Debian"]);
    expect(await asked("start", "Old Debian", "--save")).toEqual(["--save-state"]);
    expect(await asked("run", "--kern")).toEqual(["--kernel"]);
    expect(await asked("import", "")).toEqual([":files"]);
    expect(await asked("completion", "")).toEqual(["bash", "zsh"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.skipIf(!hasProgram("bash"))("bash takes the script", () => {
  runProgram("bash", ["-n", "-c", completionScript(["bash"])]);
  expect(() => completionScript(["fish"])).toThrow(/bash or zsh/);
});
