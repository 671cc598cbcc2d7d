/** `posada disassemble`: machine code in a file as Intel's assembly language, to stdout. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { disassemble } from "../src/shared/disassembler/disassemble.ts";
import type { Bits } from "../src/shared/disassembler/disassemble.ts";
import { UsageError } from "./options.ts";

/** Bytes are shown in a column of this width, two digits each. */
const BYTES_COLUMN = 24;

interface DisassembleOptions {
  file: string;
  bits: Bits;
  address: bigint;
  skip: number;
  length: number | undefined;
}

/** @throws UsageError */
export function parseDisassembleOptions(args: string[]): DisassembleOptions {
  const { values, positionals } = parse(args);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError("disassemble needs one file");
  const bits = Number(values.bits);
  if (bits !== 16 && bits !== 32 && bits !== 64) throw new UsageError("--bits must be 16, 32 or 64");
  const number = (name: "address" | "skip" | "length") => {
    const text = values[name] ?? "0";
    if (!/^(0x[0-9a-f]+|[0-9]+)$/i.test(text)) throw new UsageError(`--${name} needs a number, not "${text}"`);
    return BigInt(text);
  };
  return {
    file,
    bits,
    address: number("address"),
    skip: Number(number("skip")),
    length: values.length === undefined ? undefined : Number(number("length")),
  };
}

function parse(args: string[]) {
  const options = { bits: { type: "string" }, address: { type: "string" } } as const;
  const more = { skip: { type: "string" }, length: { type: "string" } } as const;
  try {
    return parseArgs({ args, options: { ...options, ...more }, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\n|\. To /)[0]!);
  }
}

/** @returns the exit status */
export async function disassembleFile(args: string[]): Promise<number> {
  const { file, bits, address, skip, length } = parseDisassembleOptions(args);
  const content = await readFile(file).catch((error: Error) => {
    throw new UsageError(error.message);
  });
  const bytes = new Uint8Array(content).subarray(skip, length === undefined ? undefined : skip + length);
  let text = "";
  for (const line of disassemble(bytes, address, bits)) {
    text += `${line.address.toString(16).padStart(bits === 64 ? 16 : 8, "0")}  `;
    text += `${Buffer.from(line.bytes).toString("hex").padEnd(BYTES_COLUMN)}  ${line.text}\n`;
    if (text.length > 1 << 16) {
      await write(text);
      text = "";
    }
  }
  await write(text);
  return 0;
}

function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
