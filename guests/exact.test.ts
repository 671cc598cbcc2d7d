/**
 * The instruction clock is exact: part of a boot of Linux comes to the same registers, memory and devices at the same
 * instruction with compiled code, without, and where it was saved half-way and went on in another machine.
 */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { decode } from "@msgpack/msgpack";
import { expect, test } from "vitest";
import type { TestContext } from "vitest";
import { Guest } from "./support/guest.ts";

const HALF = 80_000_000;

const linux = (context: TestContext, jit: boolean): Promise<Guest> =>
  Guest.make(context, {
    memoryMiB: 128,
    kernel: "vmlinuz-cloud-amd64",
    initrd: "initrd-cloud-amd64.gz",
    commandLine: "console=ttyS0 earlyprintk=ttyS0 mitigations=off cryptomgr.notests",
    jit,
  });

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What a machine is: its memory and devices out of a saved state (src/worker/saved-state.ts). */
async function stateOf({ vm, serial }: Guest) {
  const { instructions, guestMs, registerHash, jit } = await vm.stats();
  const saved = Buffer.from(await vm.save());
  const body = gunzipSync(saved.subarray(16 + saved.readUInt32LE(12)));
  const memoryAt = 4 + body.readUInt32LE(0);
  const devices = decode(body.subarray(4, memoryAt), { useBigInt64: true }) as { machine: { core: unknown } };
  // The processor's part also holds where compiled code stood. Its registers are in their own hash.
  devices.machine.core = null;
  const exact = { instructions, guestMs, registerHash, memory: sha256(body.subarray(memoryAt)), devices, serial };
  return { compiled: jit.instructions, exact };
}

test("the same with compiled code, without, and saved and restored half-way", async (context) => {
  const compiling = await linux(context, true);
  await compiling.vm.runInstructions(HALF);
  const half = await compiling.vm.save();
  const serialBefore = compiling.serial;
  await compiling.vm.runInstructions(HALF);
  const { compiled, exact } = await stateOf(compiling);
  expect(compiled).toBeGreaterThan(HALF / 2);
  expect(exact.instructions).toBe(2 * HALF);
  expect(exact.serial).toContain("Linux version");

  const interpreting = await linux(context, false);
  await interpreting.vm.runInstructions(2 * HALF);
  expect(await stateOf(interpreting)).toEqual({ compiled: 0, exact });

  // It goes on with compiled code from what was saved, and without.
  for (const jit of [true, false]) {
    const restored = await linux(context, jit);
    await restored.vm.restore(half, "paused");
    restored.serial = serialBefore + restored.serial;
    await restored.vm.runInstructions(HALF);
    expect((await stateOf(restored)).exact).toEqual(exact);
  }
});
