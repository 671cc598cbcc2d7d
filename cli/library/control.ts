/**
 * Machines that run in another process: `posada start` listens at a socket beside the library's locks, and the other commands
 * ask it. A request is one line of JSON, and so is the answer.
 */
import { mkdirSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { LibraryError } from "../../src/protocol/library.ts";
import type { LibraryErrorCode, MachineId } from "../../src/protocol/library.ts";
import { VmError } from "../../src/protocol/vm-api.ts";
import type { ControlRequest } from "../../src/services/commands/control-request.ts";

interface Answer {
  result?: unknown;
  error?: { code: string; message: string };
}

const MAX_LINE_BYTES = 1 << 16;

/** A socket's name has room for about a hundred letters, which a library's folder may exceed. */
function socketPath(library: string, machine: MachineId): string {
  const name = createHash("sha256").update(resolve(library)).digest("hex").slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\posada-${name}-${machine}`;
  const folder = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `posada-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${name}-${machine}`);
}

/** Answers requests until it is closed. */
export async function serveControl(
  library: string,
  machine: MachineId,
  handle: (request: ControlRequest) => Promise<unknown>,
): Promise<{ close(): void }> {
  const path = socketPath(library, machine);
  // Who holds the machine's lock is the only one to listen here: what is there was left behind.
  if (process.platform !== "win32") rmSync(path, { force: true });
  const server = createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("data", (piece: string) => {
      text += piece;
      if (text.length > MAX_LINE_BYTES) return socket.destroy();
      if (!text.includes("\n")) return;
      const line = text.slice(0, text.indexOf("\n"));
      text = "";
      void answerTo(line, handle).then((answer) => socket.end(`${JSON.stringify(answer)}\n`));
    });
  });
  server.unref();
  await new Promise<void>((done, failed) => server.once("error", failed).listen(path, done));
  return {
    close() {
      server.close();
    },
  };
}

async function answerTo(line: string, handle: (request: ControlRequest) => Promise<unknown>): Promise<Answer> {
  try {
    return { result: (await handle(JSON.parse(line) as ControlRequest)) ?? null };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return { error: { code: typeof code === "string" ? code : "internal", message } };
  }
}

/** Asks the process that runs a machine. @throws LibraryError */
export function askControl(library: string, machine: MachineId, request: ControlRequest): Promise<unknown> {
  return new Promise((done, failed) => {
    const socket = createConnection(socketPath(library, machine));
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("data", (piece: string) => (text += piece));
    socket.on("error", () =>
      failed(new LibraryError("inUse", "The machine runs, but not where this command can reach it.")),
    );
    socket.on("end", () => {
      if (!text) return failed(new VmError("internal", "The process that runs the machine ended before it answered."));
      const { result, error } = JSON.parse(text) as Answer;
      if (error) failed(new LibraryError(error.code as LibraryErrorCode, error.message));
      else done(result);
    });
  });
}
