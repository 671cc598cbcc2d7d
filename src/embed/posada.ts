/**
 * The embed module: a PC in any web page. `dist/posada.js` is this file, built; it loads its worker and the processor
 * core from beside itself.
 *
 * ```js
 * import { createMachine } from "./posada.js";
 * const vm = await createMachine({ memoryMiB: 256, cdrom: "system.iso", canvas: document.querySelector("canvas") });
 * await vm.start();
 * ```
 */
import { isChecked } from "../protocol/machine-config.ts";
import type { BootDevice, CheckedSource, ClockKind, CpuModel, MediaSource } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import type { KeyCode, MouseButton, VmApi, VmErrorCode, VmEvent, VmState, VmStats } from "../protocol/vm-api.ts";
import { checkConfig } from "../services/config-check.ts";
import { checkHost } from "../services/host-check.ts";
import { EVENT_NAMES, VmClient } from "../services/vm-client.ts";

export { VmError };
export type { BootDevice, ClockKind, CpuModel, KeyCode, MouseButton, VmErrorCode, VmState, VmStats };

/**
 * Where a file comes from: a URL (relative ones count from the page), its bytes, or a URL with what the file must be:
 * `{ checked: { url, sha256, sizeBytes } }`; another file is refused.
 */
export type Source = string | URL | Blob | ArrayBuffer | Uint8Array | CheckedSource;

export interface DiskOptions {
  source: Source;
  /** `discard`: writes live as long as the machine; `keep`: they go back to where the image came from. */
  writable?: "discard" | "keep";
}

export interface FlashOptions {
  source: Source;
  /** `no`: the guest cannot change it; `discard` (the default) and `keep` as for disks. */
  writable?: "no" | "discard" | "keep";
}

/** What the machine is made of. Everything has a default. */
export interface MachineOptions {
  name?: string;
  /** RAM of the guest, 512 by default. */
  memoryMiB?: number;
  processors?: number;
  cpuModel?: CpuModel;
  /** A Linux kernel (bzImage) or a Multiboot kernel, started without boot media. */
  kernel?: Source;
  /** Files for a Multiboot kernel, each with its words; an initrd comes behind them. */
  modules?: { source: Source; commandLine?: string }[];
  initrd?: Source;
  commandLine?: string;
  floppy?: Source;
  cdrom?: Source;
  disks?: (DiskOptions | Source)[];
  bootOrder?: BootDevice[];
  /** BIOS image; by default the SeaBIOS that the build put in guests/. */
  firmware?: Source;
  vgaFirmware?: Source;
  /** Firmware in flash chips instead: UEFI's code, then its variables. The first ends at 4 GiB, the second lies below it. */
  flash?: (FlashOptions | Source)[];
  /** The screen; without one the machine runs headless. A canvas can be given once. */
  canvas?: HTMLCanvasElement | OffscreenCanvas;
  /** `host`: real time; `instructions`: time by instruction count, so that runs repeat exactly. */
  clock?: ClockKind;
  jit?: boolean;
  /** Whether "serial" events are sent; true by default. */
  serial?: boolean;
  /** Called while files are on their way, before there is a machine to listen to. */
  onProgress?: (progress: MachineEvents["progress"]) => void;
  onTripleFault?: "reset" | "stop";
  /** The ports and the memory that the kvm-unit-tests look for; false by default. */
  testDevice?: boolean;
}

/** Events of a machine and what their `detail` holds. */
export interface MachineEvents {
  /** Bytes that the guest wrote to COM1. */
  serial: Uint8Array;
  statechange: { state: VmState; reason?: string };
  screenmode: { text: boolean; widthPx: number; heightPx: number; aspect: number };
  keyboardleds: { scrollLock: boolean; numLock: boolean; capsLock: boolean };
  pointermode: { absolute: boolean };
  progress: { what: string; doneBytes: number; totalBytes: number | null };
  debug: { text: string };
  postcode: { code: number };
  /** The guest wrote to the debug-exit port. */
  exit: { status: number };
  error: { code: VmErrorCode; message: string };
}

/** A virtual PC. All calls reject with a VmError whose message is for people. */
export class Machine extends EventTarget {
  private readonly api: VmApi;

  /** @internal Use `createMachine`. */
  constructor(
    private readonly client: VmClient,
    serial: boolean,
  ) {
    super();
    this.api = client.api;
    for (const [type, name] of Object.entries(EVENT_NAMES) as [VmEvent["type"], string][]) {
      client.addEventListener(name, (event) => {
        const detail = (event as CustomEvent<VmEvent>).detail;
        if (type !== "serial") this.dispatchEvent(new CustomEvent(name, { detail }));
        else if (serial && detail.type === "serial" && detail.port === 0)
          this.dispatchEvent(new CustomEvent(name, { detail: detail.bytes }));
      });
    }
  }

  /** What the machine is doing now. */
  get state(): VmState {
    return this.client.state;
  }

  /** Listens to an event; see MachineEvents for names and details. */
  override addEventListener<K extends keyof MachineEvents>(
    type: K,
    listener: (event: CustomEvent<MachineEvents[K]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    // One that takes either kind of event.
    listener: ((event: never) => void) | EventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
  }

  /** Switches the machine on. */
  start(): Promise<void> {
    return this.api.start();
  }

  pause(): Promise<void> {
    return this.api.pause();
  }

  resume(): Promise<void> {
    return this.api.resume();
  }

  /** The reset button. */
  reset(): Promise<void> {
    return this.api.reset();
  }

  /** The ACPI power button: the guest decides what it does. */
  pressPowerButton(): Promise<void> {
    return this.api.pressPowerButton();
  }

  /** Pulls the plug. */
  powerOff(): Promise<void> {
    return this.api.powerOff();
  }

  /** Ends the machine and gives its memory back. It cannot be used afterwards. */
  dispose(): Promise<void> {
    return this.client.dispose();
  }

  /** Sends to the guest's COM1; text goes as UTF-8. */
  serialWrite(data: string | Uint8Array): Promise<void> {
    return this.api.serialWrite(0, typeof data === "string" ? new TextEncoder().encode(data) : data);
  }

  /** Types on the keyboard (US layout), no faster than the guest reads; resolves when the last key is up. */
  typeText(text: string): Promise<void> {
    return this.api.typeText(text);
  }

  /** Presses keys together and releases them; names as in KeyboardEvent.code. */
  pressKeys(codes: KeyCode[]): Promise<void> {
    return this.api.pressKeys(codes);
  }

  /** One key down or up. */
  key(code: KeyCode, down: boolean): Promise<void> {
    return this.api.key(code, down);
  }

  /** Moves the mouse by guest counts; the wheel by detents. */
  moveMouse(dx: number, dy: number, wheel = 0): Promise<void> {
    return this.api.moveMouse(dx, dy, wheel);
  }

  /** Puts the absolute pointer at a place of the screen, 0 to 1. */
  pointTo(x: number, y: number): Promise<void> {
    return this.api.pointTo(x, y);
  }

  mouseButton(button: MouseButton, down: boolean): Promise<void> {
    return this.api.mouseButton(button, down);
  }

  clickMouse(button: MouseButton = "left"): Promise<void> {
    return this.api.clickMouse(button);
  }

  /** The text-mode screen as lines, or null in graphics modes. */
  screenText(): Promise<string[] | null> {
    return this.api.screenText();
  }

  /** The screen as a PNG. */
  async screenshot(): Promise<Blob> {
    return new Blob([(await this.api.screenshot()) as Uint8Array<ArrayBuffer>], { type: "image/png" });
  }

  /** Everything that the machine is, to be given to `restore` of a machine made of the same parts, now or later. */
  async save(): Promise<Blob> {
    return new Blob([(await this.api.save()) as Uint8Array<ArrayBuffer>], { type: "application/octet-stream" });
  }

  /** Goes on where `save` was called. Bad input changes nothing. */
  async restore(saved: Blob | ArrayBuffer | Uint8Array): Promise<void> {
    const bytes = saved instanceof Blob ? await saved.arrayBuffer() : saved;
    await this.api.restore(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  }

  stats(): Promise<VmStats> {
    return this.api.stats();
  }

  /** Puts a CD in, or takes it out with null. */
  insertCdrom(source: Source | null): Promise<void> {
    return this.api.insertCdrom(source === null ? null : fromPage(source));
  }

  insertFloppy(source: Source | null): Promise<void> {
    return this.api.insertFloppy(source === null ? null : fromPage(source));
  }
}

/**
 * Makes a machine, loads its media, and leaves it switched off, ready for `start`.
 * @throws VmError that says in words what is wrong: a bad option, a file that cannot be read, too little memory
 */
export async function createMachine(options: MachineOptions = {}): Promise<Machine> {
  checkHost();
  const { canvas, serial = true, onProgress, ...parts } = options;
  // guests/ stands beside posada.js.
  const beside = (file: string) => new URL(/* @vite-ignore */ `guests/${file}`, import.meta.url).href;
  const config = checkConfig({
    ...parts,
    ...mapSources(parts),
    firmware: parts.firmware === undefined ? beside("bios-256k.bin") : fromPage(parts.firmware),
    vgaFirmware: parts.vgaFirmware === undefined ? beside("vgabios-stdvga.bin") : fromPage(parts.vgaFirmware),
  });
  const client = new VmClient();
  const machine = new Machine(client, serial);
  if (onProgress) machine.addEventListener("progress", ({ detail }) => onProgress(detail));
  try {
    await client.create(config);
    if (canvas) await client.attachCanvas(canvas);
  } catch (error) {
    await client.dispose();
    throw error;
  }
  return machine;
}

function mapSources(parts: MachineOptions): Record<string, unknown> {
  const mapped: Record<string, unknown> = {};
  for (const name of ["kernel", "initrd", "floppy", "cdrom"] as const) {
    const source = parts[name];
    if (source !== undefined) mapped[name] = fromPage(source);
  }
  for (const name of ["disks", "flash", "modules"] as const) {
    const list = parts[name];
    if (Array.isArray(list))
      mapped[name] = list.map((each) =>
        hasSource(each) ? { ...each, source: fromPage(each.source) } : fromPage(each),
      );
  }
  return mapped;
}

function hasSource<T extends { source: Source }>(entry: T | Source): entry is T {
  return typeof entry === "object" && entry !== null && "source" in entry;
}

/** The worker's own address is another than the page's: URLs are made absolute here. */
function fromPage(source: Source): MediaSource {
  if (source instanceof URL) return source.href;
  if (typeof source === "string") return absolute(source);
  return isChecked(source) ? { checked: { ...source.checked, url: absolute(source.checked.url) } } : source;
}

function absolute(url: string): string {
  try {
    return new URL(url, document.baseURI).href;
  } catch {
    throw new VmError("badConfig", `"${url}" is no URL.`);
  }
}
