/**
 * The one interface to a running machine. The page, the embed module, the `posada` command and the tests all drive
 * it; the VM worker implements it (`src/worker/vm.ts`). Everything here can cross a thread boundary.
 */
import { SaidError } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import type { ExecutionLimits, MachineConfig, MediaSource, StoragePlace } from "./machine-config.ts";

export type VmState =
  "poweredOff" | "starting" | "running" | "paused" | "saving" | "restoring" | "stopping" | "aborted";

/** A key by its KeyboardEvent.code name: "KeyA", "ControlLeft", "F1". */
export type KeyCode = string;
export type MouseButton = "left" | "middle" | "right";

export interface VmStats {
  /** Guest instructions retired since power-on. */
  instructions: number;
  /** Host time spent powered on, and the part of it in which the guest's processor was halted. */
  wallMs: number;
  haltedMs: number;
  /** The part of it in which it would have run, but its execution cap or other machines' shares did not let it. */
  heldBackMs: number;
  /** Machine time by its own clock. */
  guestMs: number;
  wasmMemoryBytes: number;
  /** Bytes moved by device since power-on, for activity lights. */
  disk: { readBytes: number; writtenBytes: number };
  cdrom: { readBytes: number };
  floppy: { readBytes: number; writtenBytes: number };
  jit: {
    enabled: boolean;
    /** Regions compiled since the machine was made, those refused, and the modules they came in. */
    regions: number;
    refused: number;
    modules: number;
    moduleBytes: number;
    /** Guest instructions that ran in compiled code. */
    instructions: number;
    /** How often compiled code was left, by reason. */
    exits: { instruction: number; budget: number; branch: number; handler: number; unknownTarget: number };
  };
  interpreter: { traces: number; flushes: number; tlbMisses: number };
  registerHash: string;
}

/** A rectangle of the picture, and the size of all of it. */
export interface PicturePiece {
  widthPx: number;
  heightPx: number;
  x: number;
  y: number;
  w: number;
  h: number;
  /** R, G, B, A of w × h pixels. */
  rgba: Uint8ClampedArray;
}

export type VmEvent =
  | { type: "state"; state: VmState; reason?: string; said?: Said }
  | { type: "serial"; port: 0 | 1; bytes: Uint8Array }
  | { type: "screenmode"; text: boolean; widthPx: number; heightPx: number; aspect: number }
  | { type: "keyboardleds"; scrollLock: boolean; numLock: boolean; capsLock: boolean }
  | { type: "pointermode"; absolute: boolean }
  | { type: "progress"; what: string; doneBytes: number; totalBytes: number | null }
  | { type: "debug"; text: string }
  | { type: "postcode"; code: number }
  | { type: "exit"; status: number }
  | { type: "error"; code: VmErrorCode; message: string; said?: Said };

export type VmErrorCode =
  | "badConfig"
  | "badMedia"
  | "unreachable"
  | "outOfMemory"
  | "unsupportedHost"
  | "tripleFault"
  | "badState"
  | "wrongState"
  | "storage"
  | "internal";

/** A failure in words a person understands. Crosses threads by `toPlain`/`fromPlain` in `vm-error.ts`. */
export class VmError extends SaidError {
  override name = "VmError";
  constructor(
    readonly code: VmErrorCode,
    message: Said | string,
  ) {
    super(message);
  }
}

/** What of a machine goes into a library's snapshot, and where. */
export interface CaptureRequest {
  /**
   * Where the memory's blobs go, and the name it gets; null: the disks alone. Of the packs of earlier captures those in
   * `mayUse` can be named again: nobody removes them meanwhile.
   */
  memory: { place: StoragePlace; id: string; mayUse: string[] } | null;
  /** The new, empty layer that each kept disk is written to from now on, by drive: disk0, … */
  layers: Record<string, string>;
  /** stay: it stands still when the promise resolves (it is being suspended), and must be switched off or resumed. */
  then: "goOn" | "stay";
}

export interface CaptureResult {
  /** How long the guest stood still. */
  pauseMs: number;
  /** What was written for the memory; what earlier captures have already is not written again. */
  storedBytes: number;
  /** All packs in which the memory's pages are, new and old. */
  packs: string[];
}

/** A machine in a Worker. Calls that do not fit the state reject with `wrongState`. */
export interface VmApi {
  /** Loads media and firmware and builds the board. */
  create(config: MachineConfig): Promise<void>;
  /** Where the screen is drawn; an OffscreenCanvas moves to the worker. */
  attachCanvas(canvas: OffscreenCanvas): Promise<void>;
  /** The same for browsers that do not move canvases: what changes of the picture is handed to `show`. */
  showPicture(show: (piece: PicturePiece) => void): Promise<void>;
  /** One listener for all events. */
  subscribe(listener: (event: VmEvent) => void): Promise<void>;
  state(): Promise<VmState>;
  start(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  reset(): Promise<void>;
  /** The ACPI power button: the guest decides. */
  pressPowerButton(): Promise<void>;
  /** Pulls the plug. */
  powerOff(): Promise<void>;
  serialWrite(port: 0 | 1, bytes: Uint8Array): Promise<void>;
  /** Key down or up as it happens. */
  key(code: KeyCode, down: boolean): Promise<void>;
  /** Types text on a US keyboard, paced so that the guest loses nothing; resolves when the last key is up. */
  typeText(text: string): Promise<void>;
  /** Presses the keys together, then releases them in reverse order. */
  pressKeys(codes: KeyCode[]): Promise<void>;
  /** Relative motion in guest counts; wheel in detents. */
  moveMouse(dx: number, dy: number, wheel?: number): Promise<void>;
  /** Absolute position, 0…1 of the screen (used where the guest has an absolute pointer). */
  pointTo(x: number, y: number): Promise<void>;
  mouseButton(button: MouseButton, down: boolean): Promise<void>;
  clickMouse(button: MouseButton): Promise<void>;
  /** The text-mode screen as lines, or null in graphics modes. */
  screenText(): Promise<string[] | null>;
  /** PNG bytes of the screen as it is. */
  screenshot(): Promise<Uint8Array>;
  /** Self-contained, versioned, compressed. */
  save(): Promise<Uint8Array>;
  /** What has changed since the published state from which the machine went on, for a link; `savedStateDifference` takes it. */
  saveDifference(): Promise<Uint8Array>;
  restore(saved: Uint8Array): Promise<void>;
  /**
   * Takes memory, devices and disks as of one moment into a library. The guest runs on meanwhile and stands still only for
   * what it changed last. The promise resolves when all of it is durable.
   */
  capture(request: CaptureRequest): Promise<CaptureResult>;
  /** Goes on, or stands paused, with a memory that was captured. The disks must be those of that moment. */
  restoreCaptured(memory: { place: StoragePlace; id: string }, then?: "running" | "paused"): Promise<void>;
  /** PNG bytes of the screen, made smaller where it is wider than that. */
  thumbnail(maxWidthPx: number): Promise<Uint8Array>;
  stats(): Promise<VmStats>;
  /** Counts at once, also while the machine runs. */
  setLimits(limits: ExecutionLimits): Promise<void>;
  /** Changes the medium in a drive while the machine runs; null takes it out. */
  insertCdrom(source: MediaSource | null): Promise<void>;
  insertFloppy(source: MediaSource | null): Promise<void>;
  dispose(): Promise<void>;
}
