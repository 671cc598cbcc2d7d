/**
 * How a page talks with the one program that its machine is for, over the guest's second serial line:
 *
 *   guest  ready                     it waits to be told to begin
 *   page   N, then N lines           files for the program: a tar archive in base64
 *   guest  exit STATUS               the program has ended
 *   guest  lines, then "end"         files that it made or changed, in the same form
 *
 * The guest's side is a script that `posada pack` puts into it.
 */
import { MemoryStore } from "../../storage/memory-store.ts";
import { listTar, TAR_BLOCK, writeTarHeader } from "../../storage/ovf/tar.ts";

const LINE_CHARACTERS = 76;
/** What a program gives back; more is taken for a fault. */
const MAX_REPLY_CHARACTERS = 400 << 20;

export interface ProgramFile {
  name: string;
  bytes: Uint8Array;
}

export interface ProgramResult {
  /** null: the machine ended before it told. */
  status: number | null;
  files: ProgramFile[];
}

/** @param files names without folders */
export async function startMessage(files: readonly ProgramFile[]): Promise<Uint8Array> {
  const lines = files.length === 0 ? [] : (toBase64(await archiveOf(files)).match(/.{1,76}/g) ?? []);
  return new TextEncoder().encode([String(lines.length), ...lines, ""].join("\n"));
}

/** Listens to what the guest says, until all is said. */
export class ProgramReply {
  private text = "";
  private lines: string[] = [];
  private characters = 0;
  private status: number | null = null;
  private isReady = false;
  private over = false;

  constructor(
    private readonly onReady: () => void,
    private readonly onEnd: (result: ProgramResult) => void,
  ) {}

  receive(bytes: Uint8Array): void {
    this.text += new TextDecoder("latin1").decode(bytes);
    for (let end = this.text.indexOf("\n"); end >= 0; end = this.text.indexOf("\n")) {
      const line = this.text.slice(0, end).trim();
      this.text = this.text.slice(end + 1);
      this.take(line);
    }
  }

  /** The machine is off: what it has not said it will not say. */
  finish(): void {
    void this.end();
  }

  private take(line: string): void {
    if (this.over) return;
    if (!this.isReady) {
      if (line !== "ready") return;
      this.isReady = true;
      return this.onReady();
    }
    if (this.status === null) {
      const [, status] = /^exit (\d{1,3})$/.exec(line) ?? [];
      if (status !== undefined) this.status = Number(status);
    } else if (line === "end") void this.end();
    else if ((this.characters += line.length) <= MAX_REPLY_CHARACTERS) this.lines.push(line);
  }

  private async end(): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.onEnd({ status: this.status, files: await filesIn(this.lines.join("")) });
  }
}

async function archiveOf(files: readonly ProgramFile[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const sink = {
    write: async (bytes: Uint8Array) => void chunks.push(bytes),
    skip: async (length: number) => void chunks.push(new Uint8Array(length)),
  };
  for (const { name, bytes } of files) {
    await writeTarHeader(sink, name.replace(/[/\\\0]/g, "_"), bytes.length);
    chunks.push(bytes, new Uint8Array(-bytes.length & (TAR_BLOCK - 1)));
  }
  chunks.push(new Uint8Array(2 * TAR_BLOCK));
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** What cannot be read is no file. */
async function filesIn(base64: string): Promise<ProgramFile[]> {
  if (base64 === "") return [];
  try {
    const entries = await listTar(new MemoryStore(fromBase64(base64)));
    return await Promise.all(
      entries.map(async ({ name, store }) => ({ name, bytes: await store.read(0, store.sizeBytes) })),
    );
  } catch {
    return [];
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += LINE_CHARACTERS * 300)
    text += String.fromCharCode(...bytes.subarray(at, at + LINE_CHARACTERS * 300));
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
