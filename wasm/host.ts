/**
 * What the core asks of the machine around it: ports, memory-mapped devices, the clock and the interrupt controllers.
 * The other side is src/core. All calls are synchronous; none may throw, none may re-enter the core's `run`.
 */

/** Reads `sizeBytes` (1, 2 or 4) from an I/O port; the value is zero-extended. */
@external("host", "portRead")
export declare function portRead(port: u32, sizeBytes: u32): u32;

@external("host", "portWrite")
export declare function portWrite(port: u32, sizeBytes: u32, value: u32): void;

/**
 * REP INS: up to `count` items of `sizeBytes` from one port to linear memory at `hostPtr`. Returns how many items the
 * device delivered; fewer than asked means "go on one by one".
 */
@external("host", "portReadBlock")
export declare function portReadBlock(port: u32, sizeBytes: u32, hostPtr: usize, count: u32): u32;

/** REP OUTS, in the same way. */
@external("host", "portWriteBlock")
export declare function portWriteBlock(port: u32, sizeBytes: u32, hostPtr: usize, count: u32): u32;

/** Reads `sizeBytes` (1, 2 or 4) of a device by guest-physical address; the value is zero-extended. */
@external("host", "mmioRead")
export declare function mmioRead(physAddr: u32, sizeBytes: u32): u32;

@external("host", "mmioWrite")
export declare function mmioWrite(physAddr: u32, sizeBytes: u32, value: u32): void;

/** Machine time in nanoseconds, for the TSC and the local APIC timer. */
@external("host", "nowNs")
export declare function nowNs(): f64;

/** Calendar time in milliseconds since 1970, for the paravirtual clock. */
@external("host", "epochMs")
export declare function epochMs(): f64;

/** The 8259 pair is asked for its vector (INTA cycle). */
@external("host", "picAcknowledge")
export declare function picAcknowledge(): u32;

/**
 * The FERR# output changed, or asks again while it is asserted. Returns true if the processor has to wait for the interrupt
 * that follows: IGNNE# is not asserted.
 */
@external("host", "ferr")
export declare function ferr(asserted: bool): bool;

/**
 * The guest is about to use the page of RAM at `physAddr`, and some pages have not been brought yet (`awaitPages`): the host
 * puts this one in its place before it returns.
 */
@external("host", "bringPage")
export declare function bringPage(physAddr: u32): void;

/** A level-triggered vector was ended at the local APIC. */
@external("host", "ioapicEoi")
export declare function ioapicEoi(vector: u32): void;

/** Compiles the regions that wait and puts them into the table before it returns (`linkAtOnce`). It calls what wasm/jit/ exports. */
@external("host", "linkRegions")
export declare function linkRegions(): void;

/** A note for the developer's log; `code` says what `a` and `b` are. Nothing in the guest depends on it. */
@external("host", "debugLog")
export declare function debugLog(code: u32, a: u64, b: u64): void;
