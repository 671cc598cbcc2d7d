import { expect, test } from "vitest";
import { defaultConfig } from "../protocol/machine-config.ts";
import { checkConfig } from "./config-check.ts";

test("nothing asked for is the default machine", () => {
  expect(checkConfig({})).toEqual(defaultConfig);
  expect(checkConfig({ memoryMiB: undefined, kernel: null })).toEqual(defaultConfig);
});

test("what is asked for is taken", () => {
  const kernel = new Uint8Array([1]);
  const asked = {
    memoryMiB: 64,
    cpuModel: "486",
    kernel,
    commandLine: "quiet",
    bootOrder: ["cdrom"],
    clock: "instructions",
  };
  expect(checkConfig(asked)).toEqual({ ...defaultConfig, ...asked });
});

test("a URL object is taken as its text, and a bare disk source as a disk whose writes are discarded", () => {
  const config = checkConfig({
    cdrom: new URL("https://example.org/a.iso"),
    disks: ["d.img", { source: "e", writable: "keep" }],
  });
  expect(config.cdrom).toBe("https://example.org/a.iso");
  expect(config.disks).toEqual([
    { source: "d.img", writable: "discard" },
    { source: "e", writable: "keep" },
  ]);
});

test("flash and modules may be bare sources, or say more", () => {
  const { flash, modules } = checkConfig({
    kernel: "xen",
    modules: ["linux", { source: "rest", commandLine: "quiet" }],
    flash: [{ source: "code.fd", writable: "no" }, "vars.fd"],
  });
  expect(modules).toEqual([
    { source: "linux", commandLine: "" },
    { source: "rest", commandLine: "quiet" },
  ]);
  expect(flash).toEqual([
    { source: "code.fd", writable: "no" },
    { source: "vars.fd", writable: "discard" },
  ]);
});

test.each([
  [{ flash: ["a", "b", "c"] }, /3 flash images were given; a machine has room for 2/],
  [{ flash: [{ source: "a", writable: "yes" }] }, /writable of flash 1 is "yes"; it can be no, discard, keep/],
  [{ modules: ["a"] }, /Modules were given without a kernel/],
  [{ kernel: "k", modules: [{ source: "a", commandLine: 5 }] }, /command line of module 1 is 5; it must be text/],
  [{ memoryMiB: 1.5 }, /memoryMiB is 1.5/],
  [{ memoryMiB: 1e6 }, /from 2 to 3072/],
  [{ memoryMiB: "512" }, /memoryMiB is "512"/],
  [{ processors: 2 }, /1 processor/],
  [{ cpuModel: "i9" }, /cpuModel is "i9"; it can be default, 486/],
  [{ clock: "sundial" }, /clock is "sundial"/],
  [{ jit: 1 }, /jit is 1/],
  [{ bootOrder: ["usb"] }, /bootOrder is "usb"/],
  [{ bootOrder: ["disk", "disk"] }, /twice/],
  [{ initrd: "x" }, /without a kernel/],
  [{ commandLine: "x" }, /without a kernel/],
  [{ kernel: "" }, /kernel is ""/],
  [{ floppy: new ArrayBuffer(0) }, /floppy is empty/],
  [{ disks: "a" }, /disks is "a"/],
  [{ disks: ["a", "b", "c", "d"] }, /room for 3/],
  [{ disks: [{ source: "a", writable: "always" }] }, /writable of disk 1/],
  [{ memoryMb: 5 }, /"memoryMb" is no option/],
])("%o is refused in one sentence", (asked, sentence) => {
  expect(() => checkConfig(asked)).toThrow(sentence);
  expect(() => checkConfig(asked)).toThrow(expect.objectContaining({ code: "badConfig" }));
});
