import { expect, test } from "vitest";
import { parseRunOptions, unescapeText, UsageError } from "./options.ts";

test("steps keep the order of the command line", () => {
  const { steps } = parseRunOptions(["--type", "a", "--until", "x", "--send", "b\\n", "--until=y", "--type", "c"]);
  expect(steps).toEqual([
    { kind: "type", text: "a" },
    { kind: "until", text: "x" },
    { kind: "send", text: "b\n" },
    { kind: "until", text: "y" },
    { kind: "type", text: "c" },
  ]);
});

test("a value may begin with a dash", () => {
  expect(parseRunOptions(["--append", "-- single"]).append).toBe("-- single");
  expect(parseRunOptions(["--until", "--More--"]).steps).toEqual([{ kind: "until", text: "--More--" }]);
});

test("every option arrives", () => {
  const options = parseRunOptions(
    "--memory 64 --cpus 1 --cpu 486 --clock instructions --no-jit --kernel k --initrd i --floppy f --cdrom c --disk d --disk e --boot cdrom,disk --serial file:out --screenshot s --screen-text t --stats j --timeout 1.5 --test-device".split(
      " ",
    ),
  );
  expect(options).toMatchObject({
    memoryMiB: 64,
    processors: 1,
    cpuModel: "486",
    clock: "instructions",
    jit: false,
    kernel: "k",
    initrd: "i",
    floppy: "f",
    cdrom: "c",
    disks: ["d", "e"],
    boot: ["cdrom", "disk"],
    serial: { kind: "file", path: "out" },
    screenshot: "s",
    screenText: "t",
    testDevice: true,
    stats: "j",
    timeoutSeconds: 1.5,
  });
});

test("flash images keep what is written, unless told otherwise; modules have words", () => {
  const { flash, modules } = parseRunOptions([
    "--pflash",
    "a,b.fd",
    "--pflash",
    "code.fd,ro",
    "--pflash",
    "vars.fd,discard",
    "--module",
    "linux root=/dev/sda",
  ]);
  expect(flash).toEqual([
    { path: "a,b.fd", writable: "keep" },
    { path: "code.fd", writable: "no" },
    { path: "vars.fd", writable: "discard" },
  ]);
  expect(modules).toEqual([{ path: "linux", words: "root=/dev/sda" }]);
});

test("a trace has its categories, its bounds and its file", () => {
  const { trace } = parseRunOptions("--trace cpu,ide --trace-from 1000 --trace-to 2000 --trace-file t.log".split(" "));
  expect(trace).toEqual({ categories: ["cpu", "ide"], fromInstruction: 1000, toInstruction: 2000, file: "t.log" });
  expect(parseRunOptions(["--trace", "int"]).trace).toMatchObject({ fromInstruction: 0, toInstruction: Infinity });
  expect(() => parseRunOptions(["--trace-from", "5"])).toThrow("--trace-from needs --trace");
});

test.each([
  [["--memory", "lots"], /--memory needs a number/],
  [["--memory"], /memory/],
  [["--frobnicate"], /frobnicate/],
  [["image.iso"], /image\.iso/],
  [["--serial", "tcp:1"], /--serial can be/],
  [["--until", ""], /--until needs a text/],
])("%j is refused in one line", (args, message) => {
  expect(() => parseRunOptions(args)).toThrow(UsageError);
  expect(() => parseRunOptions(args)).toThrow(message);
  try {
    parseRunOptions(args);
  } catch (error) {
    expect((error as Error).message).not.toContain("\n");
  }
});

test("escapes in typed text", () => {
  expect(unescapeText("a\\n\\t\\x1b\\\\n\\q")).toBe("a\n\t\x1b\\n\\q");
});
