import { expect, test } from "vitest";
import { configOf } from "./machine-plan.ts";
import { isFatal, nameOf, readPageRequest } from "./page-request.ts";

const BASE = "https://posada.example/app/";
const read = (search: string) => readPageRequest(search, BASE);

test("an address without parameters asks for nothing", () => {
  expect(read("")).toEqual({ plan: null, autostart: false, problems: [] });
});

test("a machine is made of everything given; relative addresses count from the page", () => {
  const { plan, autostart, problems } = read(
    "?kernel=k/vmlinuz&initrd=/initrd.gz&append=console%3DttyS0+quiet&cdrom=https://x.example/a%20b.iso&disk=1.img&disk=2.img&memory=256&cpus=1&autostart=1",
  );
  expect(problems).toEqual([]);
  expect(autostart).toBe(true);
  expect(plan).toEqual({
    title: "a b.iso",
    kernel: { source: `${BASE}k/vmlinuz`, name: "vmlinuz" },
    initrd: { source: "https://posada.example/initrd.gz", name: "initrd.gz" },
    commandLine: "console=ttyS0 quiet",
    cdrom: { source: "https://x.example/a%20b.iso", name: "a b.iso" },
    disks: [
      { source: `${BASE}1.img`, name: "1.img" },
      { source: `${BASE}2.img`, name: "2.img" },
    ],
    memoryMiB: 256,
    processors: 1,
  });
});

test("switches of the compiler are for whatever is started", () => {
  const compiler = { jit: false, jitMaxBlock: 1, jitThreshold: 0 };
  const { plan } = read("?cdrom=a.iso&nojit&maxblock=1&threshold=0");
  expect(plan?.compiler).toEqual(compiler);
  expect(configOf(plan!, "https://page.example/")).toMatchObject(compiler);
  expect(read("?autostart=1&maxblock=1")).toEqual({ plan: null, compiler: { jitMaxBlock: 1 }, autostart: true, problems: [] }); // prettier-ignore
});

test("memory alone is for the default guest", () => {
  expect(read("?memory=64&autostart=1")).toEqual({ plan: null, memoryMiB: 64, autostart: true, problems: [] });
});

test.each([
  ["?memory=lots", { parameter: "memory", value: "lots", fault: "notInRange", least: 2, most: 3072 }],
  ["?memory=1e3", { parameter: "memory", value: "1e3", fault: "notInRange", least: 2, most: 3072 }],
  ["?memory=-5", { parameter: "memory", value: "-5", fault: "notInRange", least: 2, most: 3072 }],
  ["?memory=99999", { parameter: "memory", value: "99999", fault: "notInRange", least: 2, most: 3072 }],
  ["?cpus=2", { parameter: "cpus", value: "2", fault: "notInRange", least: 1, most: 1 }],
  ["?cdrom=http://", { parameter: "cdrom", value: "http://", fault: "notAUrl" }],
  ["?cdrom=", { parameter: "cdrom", value: "", fault: "empty" }],
  ["?floppy=file:///etc/passwd", { parameter: "floppy", value: "file:///etc/passwd", fault: "notFetchable" }],
  ["?disk=javascript:alert(1)", { parameter: "disk", value: "javascript:alert(1)", fault: "notFetchable" }],
  ["?disk=a&disk=b&disk=c&disk=d", { parameter: "disk", value: "d", fault: "tooMany", most: 3 }],
  ["?cdrom=a&cdrom=b", { parameter: "cdrom", value: "b", fault: "repeated" }],
  ["?initrd=i", { parameter: "initrd", value: "i", fault: "needsKernel" }],
  ["?append=quiet", { parameter: "append", value: "quiet", fault: "needsKernel" }],
  ["?nojit=perhaps", { parameter: "nojit", value: "perhaps", fault: "notASwitch" }],
  ["?maxblock=0", { parameter: "maxblock", value: "0", fault: "notInRange", least: 1, most: 200 }],
  ["?autostart=perhaps", { parameter: "autostart", value: "perhaps", fault: "notASwitch" }],
])("%s is named as wrong", (search, problem) => {
  const { problems } = read(search);
  expect(problems).toEqual([problem]);
  expect(problems.every(isFatal)).toBe(true);
});

test("a parameter that nobody knows is named, but keeps nothing from starting", () => {
  const { plan, problems } = read("?cdrom=a.iso&colour=red");
  expect(problems).toEqual([{ parameter: "colour", value: "red", fault: "unknown" }]);
  expect(problems.some(isFatal)).toBe(false);
  expect(plan?.cdrom?.name).toBe("a.iso");
});

test("names come from the end of the address", () => {
  expect(nameOf("https://x.example/dir/disk%20one.img?x=1")).toBe("disk one.img");
  expect(nameOf("https://x.example/100%.img")).toBe("100%.img");
  expect(nameOf("https://x.example/")).toBe("x.example");
  expect(nameOf("data:text/plain,hello")).toBe("data");
});
