/**
 * `posada pack`: one program with its machine as one HTML file. The guest is brought to its shell on the serial line, a script
 * is put into it that will run the program (agent.ts), and the state in which that waits goes into the page.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { PublishedDefinition } from "../../src/protocol/published.ts";
import { VmError } from "../../src/protocol/vm-api.ts";
import type { VmEvent } from "../../src/protocol/vm-api.ts";
import { UsageError } from "../options.ts";
import { publishSubject, runUntil } from "../publish/publish.ts";
import { parsePublishOptions } from "../publish/options.ts";
import { EXIT_DONE } from "../run.ts";
import type { Places } from "../run.ts";
import type { LinkedMachine } from "../worker-link.ts";
import { agentLines } from "./agent.ts";
import { packedHtml } from "./html.ts";

export const PACK_USAGE = `pack FILE.html --program COMMAND [--title TEXT] [--description TEXT] [--files] [--rehearse TEXT]...
                            one program as one HTML file, which opens from a disk without a server: it shows the program's
                            screen, asks for files first with --files, hands out what the program writes in its folder,
                            and ends with its status. The guest is Debian's kernel with BusyBox, or one of run's options
                            with a shell on the first serial line; its --until waits for that`;

const READY_TIMEOUT_MS = 120_000;
const COM2 = 1;
const DEFAULT_GUEST = "cloud-amd64";
const DEFAULT_MEMORY = "96";
const DEFAULT_APPEND = "console=ttyS0,115200 console=tty0 mitigations=off cryptomgr.notests";
const own = { program: { type: "string" }, files: { type: "boolean" } } as const;

/** @returns the exit status */
export async function pack(args: string[], places: Places & { site: string }): Promise<number> {
  const { program, files, rest } = split(args);
  const [output] = rest.filter((arg) => !arg.startsWith("--"));
  if (output === undefined) throw new UsageError("this needs the file to write");
  const work = await mkdtemp(join(tmpdir(), "posada-pack-"));
  try {
    const options = parsePublishOptions([...withGuest(rest, places).map((arg) => (arg === output ? work : arg))]);
    if (options.machine !== undefined) throw new UsageError(`"${options.machine}" is one word too many`);
    const page = join(places.site, "pack");
    if (!existsSync(join(page, "page.js"))) throw new VmError("badMedia", `There is no built page in ${page}; npm run build makes it.`); // prettier-ignore
    const ready = new Ready();
    const subject = await runUntil({ ...options, title: options.title ?? basename(output, ".html") }, places, {
      hear: (event) => ready.hear(event),
      before: (api) => ready.install(api, program),
    });
    if (typeof subject === "number") return subject;
    // Nobody starts it anew: its kernel can stay at home.
    const { kernel: _kernel, initrd: _initrd, commandLine: _words, ...config } = subject.config;
    const definition: PublishedDefinition = {
      ...(await publishSubject({ ...subject, config, picture: null }, options, places)),
      program: { files },
    };
    const html = packedHtml({
      title: definition.title,
      description: options.description,
      definition,
      script: await readFile(join(page, "page.js"), "utf8"),
      parts: {
        worker: await readFile(join(page, "worker.js")),
        core: await readFile(join(page, "core.wasm")),
        unpacker: await readFile(join(page, "unpack.wasm")),
      },
      files: await filesIn(join(work, "data")),
    });
    await writeFile(output, html);
    console.error(`${output}: ${definition.title}, ${(html.length / 1e6).toFixed(1)} MB`);
    return EXIT_DONE;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Words of `pack` itself, and the rest. */
function split(args: string[]): { program: string; files: boolean; rest: string[] } {
  const mine: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--program" && i + 1 < args.length) mine.push(`--program=${args[++i]!}`);
    else (/^--(program=|files$)/.test(arg) ? mine : rest).push(arg);
  }
  const { values } = parseArgs({ args: mine, options: own });
  if (!values.program) throw new UsageError("--program needs the command that the guest is to run");
  return { program: values.program, files: values.files ?? false, rest };
}

function withGuest(args: string[], { guestsFolder }: Places): string[] {
  const says = (name: string) => args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const missing = (name: string, value: string) => (says(name) ? [] : [`--${name}`, value]);
  const isOurs = !["kernel", "cdrom", "floppy", "disk"].some(says);
  const guest = isOurs
    ? [
        ...["--kernel", join(guestsFolder, `vmlinuz-${DEFAULT_GUEST}`)],
        ...["--initrd", join(guestsFolder, `initrd-${DEFAULT_GUEST}.gz`)],
        ...missing("append", DEFAULT_APPEND),
        ...missing("memory", DEFAULT_MEMORY),
      ]
    : [];
  return [...args, ...guest, ...missing("until", "# "), ...missing("serial", "none"), ...missing("timeout", "300")];
}

/** Puts the script into the guest and waits until it says that it is ready. */
class Ready {
  private text = "";
  private isReady: () => void = () => {};
  private readonly ready = new Promise<void>((resolve) => (this.isReady = resolve));

  hear(event: VmEvent): void {
    if (event.type !== "serial" || event.port !== COM2) return;
    this.text += new TextDecoder().decode(event.bytes);
    if (/^ready\r?$/m.test(this.text)) this.isReady();
  }

  async install(api: LinkedMachine["api"], program: string): Promise<void> {
    for (const line of agentLines(program)) await api.serialWrite(0, new TextEncoder().encode(`${line}\n`));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new VmError("wrongState", "The guest's shell on the serial line does not run the program: it needs sh, stty, base64, tar, find and setsid.")), // prettier-ignore
        READY_TIMEOUT_MS,
      );
    });
    await Promise.race([this.ready, tooLate]);
    clearTimeout(timer);
  }
}

async function filesIn(folder: string): Promise<Map<string, Uint8Array>> {
  const names = (await readdir(folder)).sort();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}
