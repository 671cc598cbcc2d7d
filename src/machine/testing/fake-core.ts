/** A core that runs nothing: memory, and a record of what the board asked of it. For tests of the board. */
import type { CoreHost, CoreInterface, LowPageKind, RunExit } from "../../core/core.ts";
import type { EntryState } from "../../core/entry-state.ts";

export class FakeCore implements CoreInterface {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  readonly ram: Uint8Array;
  readonly vram: Uint8Array;
  readonly lowPages = new Map<number, LowPageKind>();
  readonly messages: { destination: number; vector: number; level: boolean }[] = [];
  rom: { physAddr: number; bytes: Uint8Array } | null = null;
  entry: EntryState | null = null;
  intr = false;
  a20 = true;
  vramAt: number | null = null;
  resets = 0;
  state = Uint8Array.of(1, 2, 3);

  constructor(
    readonly host: CoreHost,
    ramBytes: number,
    vramBytes: number,
  ) {
    this.ram = new Uint8Array(ramBytes);
    this.vram = new Uint8Array(vramBytes);
  }

  reset(): void {
    this.resets++;
    this.entry = null;
  }
  enterAt(state: EntryState): void {
    this.entry = state;
  }
  run(): RunExit {
    return "halted";
  }
  requestStop(): void {}
  instructions(): number {
    return 0;
  }
  setIntr(asserted: boolean): void {
    this.intr = asserted;
  }
  pulseNmi(): void {}
  nextTimerNs(): number {
    return Infinity;
  }
  timerDue(): void {}
  deliverInterrupt(destination: number, _logical: boolean, _mode: number, vector: number, level: boolean): void {
    this.messages.push({ destination, vector, level });
  }
  setA20(enabled: boolean): void {
    this.a20 = enabled;
  }
  setLowPage(physAddr: number, kind: LowPageKind): void {
    this.lowPages.set(physAddr, kind);
  }
  loadRom(physAddr: number, bytes: Uint8Array): void {
    this.rom = { physAddr, bytes };
  }
  mapFlash(_chip: number, physAddr: number, sizeBytes: number): Uint8Array {
    const { rom } = this;
    if (!rom) throw new RangeError("no ROM");
    return rom.bytes.subarray(physAddr - rom.physAddr, physAddr - rom.physAddr + sizeBytes);
  }
  readonly flashBusy = [false, false];
  setFlashBusy(chip: number, isBusy: boolean): void {
    this.flashBusy[chip] = isBusy;
  }
  mapVram(physAddr: number | null): void {
    this.vramAt = physAddr;
  }
  takeDirtyVramPages(): Uint8Array {
    return new Uint8Array(this.vram.length / 4096 / 8);
  }
  awaitPages(): void {}

  bringPages(): void {}

  notifyWrite(): void {}
  saveState(): Uint8Array {
    return this.state.slice();
  }
  restoreState(state: Uint8Array): void {
    this.state = state.slice();
  }
  readRegister32(): number {
    return 0;
  }
  writeRegister32(): void {}
  halted(): boolean {
    return true;
  }
}
