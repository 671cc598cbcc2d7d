import type { JitExports } from "./jit-linker.ts";

/** The functions of wasm/index.ts as JavaScript sees them. `cpu` is what `cpuPointer` returned. */
export interface CoreExports extends JitExports {
  init(ramBytes: number, vramBytes: number, cpuCount: number, isFirst: boolean): number;
  cpuPointer(index: number): number;
  reset(cpu: number, model: number): void;
  run(cpu: number, maxInstructions: number): number;
  requestStop(cpu: number): void;
  instructions(cpu: number): number;
  wakes(cpu: number): number;
  setIntr(cpu: number, asserted: boolean): void;
  pulseNmi(cpu: number): void;
  deliverInterrupt(
    destination: number,
    logical: boolean,
    deliveryMode: number,
    vector: number,
    levelTriggered: boolean,
  ): void;
  nextTimerNs(cpu: number): number;
  timerDue(cpu: number, nowNs: number): void;
  setA20(enabled: boolean): void;
  awaitPages(isAwaited: boolean): void;
  setLowPage(physAddr: number, kind: number): void;
  mapFlash(chip: number, physAddr: number, sizeBytes: number): number;
  setFlashBusy(chip: number, isBusy: boolean): void;
  mapVideoMemory(physAddr: number, lengthBytes: number): void;
  prepareRom(physAddr: number, sizeBytes: number): number;
  notifyWrite(physAddr: number, lengthBytes: number): void;
  takeDirtyPages(hostPtr: number, count: number, consumer: number, outPtr: number): number;
  setGpr(cpu: number, index: number, value: bigint): void;
  getGpr(cpu: number, index: number): bigint;
  setRip(cpu: number, value: bigint): void;
  getRip(cpu: number): bigint;
  setRflags(cpu: number, value: number): void;
  getRflags(cpu: number): number;
  setSegment(cpu: number, index: number, selector: number, attr: number, limit: number, base: bigint): void;
  getSelector(cpu: number, index: number): number;
  getSegmentBase(cpu: number, index: number): bigint;
  getSegmentLimit(cpu: number, index: number): number;
  getSegmentAttributes(cpu: number, index: number): number;
  getTableBase(cpu: number, index: number): bigint;
  getTableLimit(cpu: number, index: number): number;
  getDebug(cpu: number, n: number): bigint;
  getPrivilege(cpu: number): number;
  inShadow(cpu: number): number;
  codeBits(cpu: number): number;
  activity(cpu: number): number;
  a20Enabled(): number;
  setTraced(kinds: number): void;
  coverageCounts(): number;
  lookAtCode(cpu: number, outPtr: number, count: number): number;
  setControl(cpu: number, cr0: bigint, cr3: bigint, cr4: bigint, efer: bigint): void;
  getControl(cpu: number, index: number): bigint;
  setTables(cpu: number, gdtBase: bigint, gdtLimit: number, idtBase: bigint, idtLimit: number): void;
  stateSet(cpu: number): void;
  restored(cpu: number, romBase: number): void;
  seedRandom(cpu: number, key0: bigint, key1: bigint, key2: bigint, key3: bigint): void;
  statTraces(): number;
  statFlushes(): number;
  statTlbMisses(): number;
  statRegions(): number;
  statRefused(): number;
  statCompiledInstructions(): number;
  statExits(why: number): number;
}
