/**
 * COM1 of a headless machine: the terminal, a file, or nothing. On a terminal keys go to the guest as they are typed;
 * Ctrl-A x ends the machine, Ctrl-A Ctrl-A sends one Ctrl-A.
 */
import { createWriteStream } from "node:fs";
import type { SerialTarget } from "./options.ts";

const CTRL_A = 0x01;

export interface SerialPort {
  /** Bytes from the guest. */
  write(bytes: Uint8Array): void;
  /** Gives the terminal back; resolves when everything is written. */
  close(): Promise<void>;
}

/** @throws Error when the file cannot be written */
export async function openSerial(
  target: SerialTarget,
  send: (bytes: Uint8Array) => void,
  quit: () => void,
): Promise<SerialPort> {
  if (target.kind === "none") return { write: () => {}, close: async () => {} };
  if (target.kind === "file") {
    const file = createWriteStream(target.path);
    await new Promise<void>((resolve, reject) => file.once("open", () => resolve()).once("error", reject));
    return {
      write: (bytes) => void file.write(bytes),
      close: () => new Promise((resolve) => file.end(() => resolve())),
    };
  }

  const { stdin, stdout } = process;
  const interactive = stdin.isTTY === true;
  const filter = interactive ? escapeFilter(quit) : (bytes: Uint8Array) => bytes;
  if (interactive) stdin.setRawMode(true);
  stdin.on("data", (bytes: Buffer) => {
    const passed = filter(bytes);
    if (passed.length > 0) send(Uint8Array.from(passed));
  });
  // A reader that has gone away (posada … | head) is no error of the machine.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") quit();
    else throw error;
  });
  return {
    write: (bytes) => void stdout.write(bytes),
    async close() {
      if (interactive) stdin.setRawMode(false);
      stdin.pause();
      if (!stdout.destroyed) await new Promise<void>((resolve) => stdout.write("", () => resolve()));
    },
  };
}

/** Takes the Ctrl-A sequences out of what is typed. */
export function escapeFilter(quit: () => void): (bytes: Uint8Array) => Uint8Array {
  let afterCtrlA = false;
  return (bytes) => {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (!afterCtrlA) {
        if (byte === CTRL_A) afterCtrlA = true;
        else passed.push(byte);
        continue;
      }
      afterCtrlA = false;
      if (byte === 0x78 || byte === 0x58) quit();
      else if (byte === CTRL_A) passed.push(CTRL_A);
      else passed.push(CTRL_A, byte);
    }
    return Uint8Array.from(passed);
  };
}
