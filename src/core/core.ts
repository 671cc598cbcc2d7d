/**
 * Typed face of the wasm core (wasm/index.ts): creates an instance with its linear memory, turns its imports into a
 * `CoreHost`, and gives views into guest RAM. Written out in full below; the machine knows the core only by this.
 */
import type { EntryState } from "./entry-state.ts";

export type RunExit = "budget" | "halted" | "tripleFault" | "stopRequested";

/** What the core calls while it runs. All are synchronous and must not throw. */
export interface CoreHost {
  portRead(port: number, sizeBytes: 1 | 2 | 4): number;
  portWrite(port: number, sizeBytes: 1 | 2 | 4, value: number): void;
  portReadBlock(port: number, sizeBytes: 1 | 2 | 4, target: Uint8Array): number;
  portWriteBlock(port: number, sizeBytes: 1 | 2 | 4, source: Uint8Array): number;
  mmioRead(physAddr: number, sizeBytes: 1 | 2 | 4): number;
  mmioWrite(physAddr: number, sizeBytes: 1 | 2 | 4, value: number): void;
  /** Machine time for TSC and APIC timer. */
  nowNs(): number;
  /** The 8259 pair is asked for its vector (INTA cycle). */
  picAcknowledge(): number;
  /**
   * FERR#, the x87 error output of a processor with CR0.NE = 0. Returns true if the processor has to wait for the
   * interrupt (IGNNE# is not asserted). Without it such errors are ignored.
   */
  ferr?(asserted: boolean): boolean;
  /** A level-triggered vector was ended at the local APIC. */
  ioapicEoi(vector: number): void;
}

/** Brings pages of RAM that have been left where they are kept until somebody uses them. */
export interface PageBringer {
  /** Has the page that holds `physAddr` in its place when it returns; nothing where it is there already. */
  bring(physAddr: number): void;
}

export interface CoreOptions {
  ramBytes: number;
  vramBytes: number;
  host: CoreHost;
}

/** Kinds of a 4 KiB page below 1 MiB, set by the chipset's PAM registers. */
export type LowPageKind = "ram" | "rom" | "mmio" | "romReadRamWrite" | "ramReadOnly";

export interface CoreInterface {
  readonly memory: WebAssembly.Memory;
  /** View of guest RAM [0, ramBytes). Writing through it does not drop decoded code: use GuestMemory. */
  readonly ram: Uint8Array;
  /** View of the video memory that the core maps where `mapVram` says. */
  readonly vram: Uint8Array;
  reset(): void;
  /** Puts the boot processor where a boot loader would leave it. Called after `reset`, before the first `run`. */
  enterAt(state: EntryState): void;
  /** Runs at most `maxInstructions`; returns early as the exit says. */
  run(maxInstructions: number): RunExit;
  /** Makes `run` return after the instruction under way. Only meaningful from inside a CoreHost call. */
  requestStop(): void;
  /** Instructions retired since power-on. */
  instructions(): number;
  /** INTR from the 8259 pair (LINT0). */
  setIntr(asserted: boolean): void;
  pulseNmi(): void;
  /** Machine time of the core's next own timer event (local APIC), or Infinity. */
  nextTimerNs(): number;
  /** Called when that time has come. */
  timerDue(nowNs: number): void;
  /** Interrupt message from the IOAPIC or MSI. */
  deliverInterrupt(
    destination: number,
    logical: boolean,
    deliveryMode: number,
    vector: number,
    levelTriggered: boolean,
  ): void;
  setA20(enabled: boolean): void;
  /** How the 4 KiB page at `physAddr` (below 1 MiB) reads and writes. */
  setLowPage(physAddr: number, kind: LowPageKind): void;
  /** ROM shown at the top of 4 GiB and, by `setLowPage`, below 1 MiB. */
  loadRom(physAddr: number, bytes: Uint8Array): void;
  /**
   * From now on writes to this part of the ROM at the top of 4 GiB come to `mmioWrite`: it is flash chip 0 or 1.
   * @returns its cells; who changes them calls `notifyWrite`
   */
  mapFlash(chip: number, physAddr: number, sizeBytes: number): Uint8Array;
  /** Whether reads of a flash chip come to `mmioRead`; else they see its cells. */
  setFlashBusy(chip: number, isBusy: boolean): void;
  /** Maps the video memory at a PCI BAR, or takes it away with null. */
  mapVram(physAddr: number | null, lengthBytes: number): void;
  /** Bit set per 4 KiB VRAM page written since the last call; clears it. */
  takeDirtyVramPages(): Uint8Array;
  /**
   * Pages of RAM that are not there yet come from `bringer` when they are used first; null: all are there. Whoever uses
   * `ram` directly calls `bringPages` before.
   */
  awaitPages(bringer: PageBringer | null): void;
  /** Has the pages of [physAddr, physAddr + lengthBytes) in their places. */
  bringPages(physAddr: number, lengthBytes: number): void;
  /** The guest wrote code or data from outside (DMA, loader): drops code decoded from it and marks it dirty. */
  notifyWrite(physAddr: number, lengthBytes: number): void;
  /**
   * Everything that the core holds but the contents of RAM, video memory and ROM: processors with their local APICs,
   * A20, page kinds, mappings. Not to be called while `run` is under way.
   */
  saveState(): Uint8Array;
  /** Takes such a state; RAM is in place already. @throws Error when the bytes are not a state of this version. */
  restoreState(state: Uint8Array): void;
  /**
   * General register 0…7 (EAX ECX EDX EBX ESP EBP ESI EDI), low 32 bits, of the processor whose port access is being
   * served: for ports that take their parameters in registers. A write clears the upper half.
   */
  readRegister32(index: number): number;
  writeRegister32(index: number, value: number): void;
  /** True when halted with nothing pending. */
  halted(): boolean;
}
