/** What a device sees of its channel of the ISA DMA controllers. [8237A] "Register Description" */
export interface DmaChannel {
  /** Unmasked, enabled and not a cascade: a transfer would move something. */
  readonly ready: boolean;
  /** Bytes until terminal count. */
  readonly remainingBytes: number;
  /**
   * Device to memory. @returns how many bytes the channel took (fewer than given when it reaches terminal count or is
   * not ready) and whether it reached terminal count. In verify mode bytes count but go nowhere.
   */
  transferToMemory(bytes: Uint8Array): { moved: number; terminalCount: boolean };
  /** Memory to device, at most `maxBytes`; zeros in verify mode. */
  transferFromMemory(maxBytes: number): { bytes: Uint8Array; terminalCount: boolean };
  /** DREQ, which the status register shows. */
  setRequest(asserted: boolean): void;
  /** Calls back whenever the channel becomes ready: a device that found it masked goes on then. */
  onReady(callback: () => void): void;
}
