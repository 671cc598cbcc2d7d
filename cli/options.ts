/** The command line of `posada run`: what the machine is made of, and what is waited for, typed and sent, in order. */
import { parseArgs } from "node:util";
import type { TraceOptions } from "../src/protocol/trace-options.ts";
import { UsageError } from "../src/services/commands/usage-error.ts";

export { UsageError } from "../src/services/commands/usage-error.ts";

export const USAGE = `usage: posada run [options]
       posada completion bash|zsh    for the shell: source <(posada completion bash)
       posada disassemble FILE --bits 16|32|64 [--address N] [--skip N] [--length N]

  --memory MIB                 memory of the guest (512)
  --cpus N                     processors (1)
  --cpu MODEL                  default, 486, pentium, pentium3 or x86-64-v2
  --clock host|instructions    real time, or time by instruction count (repeats exactly)
  --no-jit                     interpret everything
  --jit-threshold N  --jit-max-block N
                               compile after N entries; pieces of at most N instructions
  --kernel F --initrd F --append WORDS
                               start a Linux or Multiboot kernel directly
  --module "F WORDS"           a file for a Multiboot kernel, with its words (may be given again)
  --floppy F  --cdrom F        media
  --disk F                     disk image; writes go back to it (may be given again)
  --boot cdrom,disk,floppy     order of boot devices
  --serial stdio|none|file:F   COM1 (stdio; Ctrl-A x ends the machine)
  --until TEXT                 wait for TEXT on the serial line or the text screen
  --type TEXT                  type on the keyboard (\\n is Enter)
  --send TEXT                  send to the serial line
  --screenshot F.png  --screen-text F.txt  --stats F.json
                               written at the end
  --coverage F.json            how often each opcode row was run, on a core that counts
  --timeout SECONDS            end with status 3 after this time
  --published F                go on with a published machine: its machine.json, a file or an address
  --restore F  --save F        go on from a saved machine; save it at the end
  --instructions N             end after N instructions
  --trace cpu,int,ide          write down what these do: cpu (registers), asm, int, mmu, irq, devices
  --trace-from N  --trace-to N between these instructions
  --trace-file F               there (stderr)
  --test-device                the ports and memory that kvm-unit-tests expect
  --bios F  --vga-bios F|none  firmware other than the SeaBIOS that comes along
  --pflash F[,ro|,discard]     firmware in flash, which keeps what the guest writes in F; ro: read-only;
                               discard: changes are forgotten. The first ends at 4 GiB, a second is below it

convert and media read raw, VDI, VMDK, VHD, VHDX and QCOW2 images, OVA and OVF packages:
  --format F                   what is written, where the new name does not say it
  --partitions 1,2             bring only these partitions; the new disk starts as the old one did
  --disk N                     of a package (1)
  --partition N                whose files (the first that has some)
  --from-format F              take the image as this, whatever it looks like
  --parent F                   the parent of a differencing image
  --look-in FOLDER             where else the files that an image names may be (may be given again)
  --json  --quiet              for programs; without progress

--until, --type and --send are done in the order in which they stand.
Exit status: 0 done; 2 bad usage or an unusable file; 3 timeout; 4 the machine failed;
(value<<1)|1 where the guest wrote value to port 0xF4.`;

/** One thing to do, in the order of the command line. */
export type Step = { kind: "until"; text: string } | { kind: "type"; text: string } | { kind: "send"; text: string };

export type SerialTarget = { kind: "stdio" } | { kind: "none" } | { kind: "file"; path: string };

export interface RunOptions {
  memoryMiB: number | undefined;
  processors: number | undefined;
  cpuModel: string | undefined;
  clock: string | undefined;
  jit: boolean;
  jitThreshold: number | undefined;
  jitMaxBlock: number | undefined;
  kernel: string | undefined;
  modules: { path: string; words: string }[];
  initrd: string | undefined;
  append: string | undefined;
  floppy: string | undefined;
  cdrom: string | undefined;
  disks: string[];
  boot: string[] | undefined;
  bios: string | undefined;
  vgaBios: string | undefined;
  flash: { path: string; writable: "no" | "discard" | "keep" }[];
  serial: SerialTarget;
  steps: Step[];
  screenshot: string | undefined;
  screenText: string | undefined;
  stats: string | undefined;
  coverage: string | undefined;
  timeoutSeconds: number | undefined;
  save: string | undefined;
  restore: string | undefined;
  published: string | undefined;
  instructions: number | undefined;
  trace: TraceOptions | undefined;
  testDevice: boolean;
}

/** Of `posada run`. */
export const runOptions = {
  memory: { type: "string" },
  cpus: { type: "string" },
  cpu: { type: "string" },
  clock: { type: "string" },
  "no-jit": { type: "boolean" },
  "jit-threshold": { type: "string" },
  "jit-max-block": { type: "string" },
  kernel: { type: "string" },
  module: { type: "string", multiple: true },
  initrd: { type: "string" },
  append: { type: "string" },
  floppy: { type: "string" },
  cdrom: { type: "string" },
  disk: { type: "string", multiple: true },
  boot: { type: "string" },
  bios: { type: "string" },
  "vga-bios": { type: "string" },
  pflash: { type: "string", multiple: true },
  serial: { type: "string" },
  until: { type: "string", multiple: true },
  type: { type: "string", multiple: true },
  send: { type: "string", multiple: true },
  screenshot: { type: "string" },
  "screen-text": { type: "string" },
  stats: { type: "string" },
  coverage: { type: "string" },
  timeout: { type: "string" },
  save: { type: "string" },
  restore: { type: "string" },
  published: { type: "string" },
  instructions: { type: "string" },
  trace: { type: "string" },
  "trace-from": { type: "string" },
  "trace-to": { type: "string" },
  "trace-file": { type: "string" },
  "test-device": { type: "boolean" },
} as const;

/** A value may begin with a dash ("--append -- single"), which parseArgs takes only with an equals sign. */
function joinValues(args: string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!.startsWith("--") ? args[i]!.slice(2) : "";
    const takesValue = name in runOptions && runOptions[name as keyof typeof runOptions].type === "string";
    if (takesValue && i + 1 < args.length) joined.push(`${args[i]}=${args[++i]}`);
    else joined.push(args[i]!);
  }
  return joined;
}

/** @throws UsageError */
export function parseRunOptions(args: string[]): RunOptions {
  const { values, tokens } = parse(joinValues(args));
  const steps: Step[] = [];
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    if (token.name === "until") steps.push({ kind: "until", text: nonEmpty("until", token.value) });
    if (token.name === "type" || token.name === "send")
      steps.push({ kind: token.name, text: unescapeText(nonEmpty(token.name, token.value)) });
  }
  return {
    memoryMiB: number("memory", values.memory),
    processors: number("cpus", values.cpus),
    cpuModel: values.cpu,
    clock: values.clock,
    jit: !values["no-jit"],
    jitThreshold: number("jit-threshold", values["jit-threshold"]),
    jitMaxBlock: number("jit-max-block", values["jit-max-block"]),
    kernel: values.kernel,
    modules: (values.module ?? []).map((value) => {
      const [, path, words] = /^(\S*)\s*(.*)$/s.exec(value)!;
      return { path: nonEmpty("module", path), words: words! };
    }),
    initrd: values.initrd,
    append: values.append,
    floppy: values.floppy,
    cdrom: values.cdrom,
    disks: values.disk ?? [],
    boot: values.boot?.split(","),
    bios: values.bios,
    vgaBios: values["vga-bios"],
    flash: (values.pflash ?? []).map(flashImage),
    serial: serialTarget(values.serial ?? "stdio"),
    steps,
    screenshot: values.screenshot,
    screenText: values["screen-text"],
    stats: values.stats,
    coverage: values.coverage,
    timeoutSeconds: number("timeout", values.timeout),
    save: values.save,
    restore: values.restore,
    published: values.published,
    instructions: number("instructions", values.instructions),
    trace: traceOptions(values),
    testDevice: values["test-device"] ?? false,
  };
}

function flashImage(value: string): RunOptions["flash"][number] {
  const [, path, how] = /^(.*?)(?:,(ro|discard))?$/s.exec(value)!;
  return { path: nonEmpty("pflash", path), writable: how === undefined ? "keep" : how === "ro" ? "no" : "discard" };
}

function traceOptions(values: Partial<Record<string, unknown>>): TraceOptions | undefined {
  const text = (name: string) => values[name] as string | undefined;
  const categories = text("trace");
  if (categories === undefined) {
    const lonely = ["trace-from", "trace-to", "trace-file"].find((name) => values[name] !== undefined);
    if (lonely) throw new UsageError(`--${lonely} needs --trace`);
    return undefined;
  }
  return {
    categories: nonEmpty("trace", categories).split(","),
    fromInstruction: number("trace-from", text("trace-from")) ?? 0,
    toInstruction: number("trace-to", text("trace-to")) ?? Infinity,
    file: text("trace-file") ?? null,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: runOptions, tokens: true, strict: true, allowPositionals: false });
  } catch (error) {
    // Node explains at length how to escape a dash; the first sentence says what is wrong.
    throw new UsageError((error as Error).message.split(/\n|\. To /)[0]!);
  }
}

function number(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[0-9]+(\.[0-9]+)?$/.test(value)) throw new UsageError(`--${name} needs a number, not "${value}"`);
  return Number(value);
}

function nonEmpty(name: string, value: string | undefined): string {
  if (!value) throw new UsageError(`--${name} needs a text`);
  return value;
}

function serialTarget(value: string): SerialTarget {
  if (value === "stdio" || value === "none") return { kind: value };
  if (value.startsWith("file:") && value.length > 5) return { kind: "file", path: value.slice(5) };
  throw new UsageError(`--serial can be stdio, none or file:F, not "${value}"`);
}

const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", e: "\x1b", "0": "\0", "\\": "\\" };

/** `\n`, `\t`, `\e`, `\xHH`, … as in a string literal; any other backslash stands for itself. */
export function unescapeText(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|([nrtbe0\\]))/g,
    (_, hex: string | undefined, letter: string | undefined) =>
      hex === undefined ? escapes[letter!]! : String.fromCharCode(parseInt(hex, 16)),
  );
}
