/**
 * What commands are given in the page: files that a person chooses, downloads, machines that run here. Where a command names
 * a file, a medium of the library of that name is meant, or the browser's file dialog is opened: a page cannot open files by
 * their names. With several files chosen the one of that name is meant, and the others are what an image refers to.
 */
import { LibraryError } from "../../protocol/library.ts";
import type { JobOptions, JobProgress, LibrarySink, MachineRecord, MediumRecord } from "../../protocol/library.ts";
import { said } from "../../shared/said.ts";
import { BlobStore } from "../../storage/blob-store.ts";
import { BlobFileFinder } from "../../storage/formats/blob-file-finder.ts";
import type { OpenImageOptions } from "../../storage/formats/open-context.ts";
import { openImage } from "../../storage/formats/open-image.ts";
import { sizeInWords } from "../../storage/media-check.ts";
import { isTar, openOva, openOvf } from "../../storage/ovf/package.ts";
import { fileName } from "../clerk.ts";
import type { Desk } from "../desk.ts";
import { DownloadSink } from "../download-sink.ts";
import type { PageLibrary } from "../library/page-library.ts";
import type { CommandHost, OpenedFile, OpenOptions, PlainFile } from "./command-host.ts";
import type { CommandWords } from "./command-words.ts";
import { answerControl } from "./control-request.ts";
import type { ControlRequest } from "./control-request.ts";
import { fail } from "./usage-error.ts";

/** What the page around the commands does for them. */
export interface PageTools {
  library: PageLibrary;
  desk: Desk;
  say: () => CommandWords;
  /** Has a person choose files; none where that was given up. */
  pickFiles: () => Promise<File[]>;
  saveFile: (blob: Blob, name: string) => void;
}

const PROGRESS_MS = 200;

/** For one command. */
export class PageHost implements CommandHost {
  private readonly picked = new Map<string, File[]>();

  constructor(
    readonly tools: PageTools,
    private readonly output: (text: string) => void,
    /** Ctrl-C. */
    private readonly signal: AbortSignal,
  ) {}

  get library(): PageLibrary {
    return this.tools.library;
  }

  get say(): CommandWords {
    return this.tools.say();
  }

  get place(): string {
    return this.say.thisBrowser;
  }

  print(text: string): void {
    this.output(`${harmless(text)}\n`);
  }

  warn(text: string): void {
    this.print(text);
  }

  async write(text: string | Uint8Array): Promise<void> {
    this.output(harmless(typeof text === "string" ? text : new TextDecoder().decode(text)));
  }

  async job<T>(quiet: boolean, work: (options: JobOptions) => Promise<T>): Promise<T> {
    const progress = quiet ? {} : { onProgress: this.progressLine() };
    try {
      return await work({ signal: this.signal, ...progress });
    } finally {
      if (!quiet) this.output("\r\x1b[K");
    }
  }

  async openFile(path: string): Promise<PlainFile> {
    const medium = this.mediumNamed(path);
    if (medium) return { name: medium.name, contents: await this.library.openToRead(medium.id) };
    const file = await this.fileNamed(path);
    return { name: file.name, contents: new BlobStore(file) };
  }

  async openImage(path: string, { fromFormat, parent }: OpenOptions): Promise<OpenedFile> {
    const medium = this.mediumNamed(path);
    // What is in the library has been unpacked; a guest may write what it likes at the beginning of its disk.
    if (medium) return opened(await openImage(await this.library.openToRead(medium.id), { format: "raw" }));
    const file = await this.fileNamed(path);
    const finder = new BlobFileFinder(this.picked.get(path)!);
    const store = new BlobStore(file);
    if (fromFormat === undefined) {
      const close = async (): Promise<void> => {};
      if (await isTar(store)) return { image: null, package: await openOva(store), close };
      if (/\.ovf$/i.test(file.name))
        return { image: null, package: await openOvf(store, finder, file.name, file.name), close };
    }
    const how: OpenImageOptions = { finder, id: file.name };
    if (fromFormat) how.format = fromFormat;
    if (parent !== undefined)
      how.parent = (await this.openImage(parent, { fromFormat: undefined, parent: undefined, lookIn: [] })).image!;
    return opened(await openImage(store, how));
  }

  async readText(path: string): Promise<string> {
    return (await this.fileNamed(path)).text();
  }

  async intoFile(path: string, write: (sink: LibrarySink) => Promise<void>): Promise<void> {
    const sink = new DownloadSink();
    await write(sink);
    this.tools.saveFile(sink.blob(), fileName(path.replace(/^.*[\\/]/, "")));
  }

  async ask(machine: MachineRecord, request: ControlRequest): Promise<unknown> {
    const { library, tools } = this;
    const open = tools.desk.ofLibrary(machine.id);
    const live = library.runs.liveOf(machine.id);
    if (!open || !live) throw new LibraryError("inUse", said`"${machine.name}" runs in another tab; ask it there.`);
    return answerControl(library, machine.id, live.api, request, () => tools.desk.suspend(open));
  }

  private mediumNamed(path: string): MediumRecord | undefined {
    return this.library.media.find(({ name, id, url }) => (name === path || id === path) && url === undefined);
  }

  private async fileNamed(path: string): Promise<File> {
    const files = this.picked.get(path) ?? (await this.tools.pickFiles());
    this.picked.set(path, files);
    const name = path.replace(/^.*[\\/]/, "");
    return files.find((file) => file.name === name) ?? files[0] ?? fail(this.say.nothingChosen);
  }

  /** One line that is written over. */
  private progressLine(): (progress: JobProgress) => void {
    let shownAt = 0;
    return ({ phase, doneBytes, totalBytes, bytesPerSecond }) => {
      if (performance.now() - shownAt < PROGRESS_MS) return;
      shownAt = performance.now();
      const part = totalBytes ? `${Math.floor((doneBytes * 100) / totalBytes)} %` : sizeInWords(doneBytes);
      this.output(`\r\x1b[K${this.say.phases[phase]} ${part}, ${sizeInWords(bytesPerSecond)}/s`);
    };
  }
}

/** Names, notes and files come from anywhere: what would steer the terminal is shown as a question mark. */
function harmless(text: string): string {
  return Array.from(text, (char) => (/[\n\t]/.test(char) || !/\p{Cc}/u.test(char) ? char : "?")).join("");
}

function opened(image: Awaited<ReturnType<typeof openImage>>): OpenedFile {
  return { image, package: null, close: async () => image.close?.() };
}
