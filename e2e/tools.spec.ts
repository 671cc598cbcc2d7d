/** Story: a developer finds out what a guest does, with traces and the disassembler. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { firstDifference, readTrace } from "../scripts/lib/trace-log.mjs";
import { posada } from "./support/posada.ts";

let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "posada-test-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a trace of SeaBIOS repeats exactly, and shows what was asked for", async () => {
  const trace = async (name: string, ...more: string[]) => {
    const file = join(folder, name);
    const { status, stderr } = await posada(
      ...["run", "--memory", "32", "--clock", "instructions", "--serial", "none", "--instructions", "200000"],
      ...["--trace-file", file, ...more],
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return readFileSync(file, "utf8");
  };
  const bounds = ["--trace-from", "199000", "--trace-to", "199500"];
  const first = await trace("a.log", "--trace", "cpu,int", ...bounds);
  const second = await trace("b.log", "--trace", "cpu,int,asm,rtc,pci", ...bounds);
  expect(readTrace(first).length).toBeGreaterThan(100);
  expect(firstDifference(readTrace(first), readTrace(second))).toBeNull();
  expect(second).toMatch(/^# [0-9a-f]{8} {2}([0-9a-f]{2} )+ +[a-z]+/m);

  const devices = await trace("c.log", "--trace", "pci,rtc,system");
  expect(devices).toMatch(/^# \d+ rtc: out 0070 <- [0-9A-F]{2}$/m);
  expect(devices).toMatch(/^# \d+ pci: out 0CF8 <- 800[0-9A-F]{5}$/m);
});

test("a category that is not there is named with those that are", async () => {
  const { status, stderr } = await posada("run", "--trace", "cpu,network", "--serial", "none");
  expect(status).toBe(2);
  expect(stderr).toMatch(/^posada: "network" cannot be traced; there are cpu, asm, int, mmu, .*ide.*\n$/);
});

test("machine code in a file is shown as instructions", async () => {
  const file = join(folder, "code.bin");
  writeFileSync(file, Uint8Array.of(0xff, 0x48, 0x89, 0xe5, 0x0f, 0x04));
  const { status, stdout } = await posada("disassemble", file, "--bits", "64", "--skip", "1", "--address", "0x1000");
  expect(status).toBe(0);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["0000000000001000", "4889e5", "mov rbp,rsp"],
    ["0000000000001003", "0f", "(bad)"],
    ["0000000000001004", "04", "(bad)"],
    [""],
  ]);
});
