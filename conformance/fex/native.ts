/** Runs cases on the processor of this machine (native.c), where it is an x86-64 with Linux and a C compiler. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GPRS } from "../../wasm/test/harness.ts";
import type { Registers } from "../user-process.ts";
import type { FexCase } from "./case.ts";

const FXSAVE = 160;
const HLT = 0xf4;
const SIGSEGV = 11;

export class NativeProcessor {
  private readonly program: string;

  constructor(cache: string) {
    mkdirSync(cache, { recursive: true });
    this.program = join(cache, "native");
    const source = fileURLToPath(new URL("./native.c", import.meta.url));
    execFileSync("cc", ["-O1", "-fno-stack-protector", "-static-pie", "-o", this.program, source], { stdio: "pipe" });
  }

  /** The registers at the HLT, or in words what came before it. */
  run(test: FexCase, path: string, image: Uint8Array): Registers | string {
    const words = [
      ...test.regions.map(({ base, bytes }) => `r:${base.toString(16)}:${bytes.toString(16)}`),
      ...test.memory.map(({ at, bytes }) => `d:${at.toString(16)}:${Buffer.from(bytes).toString("hex")}`),
    ];
    let report: Buffer;
    try {
      report = execFileSync(this.program, [path, test.is64 ? "64" : "32", ...words], { stdio: "pipe" });
    } catch (error) {
      return (error as Error).message;
    }
    const view = new DataView(report.buffer, report.byteOffset, report.length);
    const word = (at: number) => view.getBigUint64(at, true);
    const rip = word(8);
    const offset = Number(rip - 0x1_0000n);
    if (word(0) !== BigInt(SIGSEGV) || image[offset] !== HLT) return `signal ${word(0)} at ${rip.toString(16)}`;
    const status = view.getUint16(FXSAVE + 2, true);
    const top = (status >> 11) & 7;
    const mm = Array.from({ length: 8 }, (_, physical): [bigint, bigint] => {
      const at = FXSAVE + 32 + ((physical - top) & 7) * 16;
      return [word(at), word(at + 8)];
    });
    return {
      rip,
      gprs: Object.fromEntries(GPRS.map((name, i) => [name, word(32 + i * 8)])) as Registers["gprs"],
      mm,
      xmm: Array.from({ length: 16 }, (_, i) => [word(FXSAVE + 160 + i * 16), word(FXSAVE + 168 + i * 16)]),
      flags: Number(word(24)),
      fpuControl: view.getUint16(FXSAVE, true),
      fpuStatus: status,
      mxcsr: view.getUint32(FXSAVE + 24, true),
    };
  }
}
