/**
 * The I/O port space: 64 Ki ports, each routed to one device. Devices see offsets from their own base.
 * An access wider than the device takes is split into little-endian pieces, low address first; so is one that crosses
 * into another device's ports. Ports without a device read as all ones, as on an ISA bus with pull-ups.
 */
import { assert } from "../../shared/assert.ts";

export type AccessSize = 1 | 2 | 4;

export interface PortDevice {
  /** Under which name its accesses are traced. */
  readonly category?: string;
  /** @returns the value, zero-extended. */
  portRead(offset: number, sizeBytes: AccessSize): number;
  portWrite(offset: number, sizeBytes: AccessSize, value: number): void;
  /**
   * Optional fast path for REP INS of `sizeBytes` items: fills `target` and returns how many items it delivered;
   * fewer than asked means "go on one by one".
   */
  portReadBlock?(offset: number, sizeBytes: AccessSize, target: Uint8Array): number;
  /** The same for REP OUTS. */
  portWriteBlock?(offset: number, sizeBytes: AccessSize, source: Uint8Array): number;
}

/** A range of ports that can be moved, as a base address register does. */
export interface PortWindow {
  /** Moves the window; null takes it off the bus. */
  moveTo(base: number | null): void;
}

interface Route {
  /** −1: nowhere. */
  base: number;
  length: number;
  device: PortDevice;
  widest: AccessSize;
  /** The highest wins where several claim a port. */
  rank: number;
}

/** Windows cover what is attached for good. */
const FIRST_WINDOW_RANK = 0x10000;

export class PortBus {
  private readonly routes: (Route | undefined)[] = new Array<Route | undefined>(0x10000).fill(undefined);
  /** By rank, lowest first. */
  private readonly claims: Route[] = [];

  /** Routes `length` ports from `base` to `device` for good, over what was attached before. */
  attach(base: number, length: number, device: PortDevice, widest: AccessSize = 1): void {
    assertInside(base, length);
    this.claim({ base, length, device, widest, rank: this.claims.length });
    this.reroute(base, length);
  }

  /**
   * Makes a window, which is nowhere at first. Where windows overlap the one that was made later wins, in whatever
   * order they are moved: what a guest sees must not depend on how its state came about.
   */
  window(length: number, device: PortDevice, widest: AccessSize = 1): PortWindow {
    const route: Route = { base: -1, length, device, widest, rank: FIRST_WINDOW_RANK + this.claims.length };
    this.claim(route);
    return {
      moveTo: (base) => {
        if (base !== null) assertInside(base, length);
        const before = route.base;
        route.base = base ?? -1;
        if (before >= 0) this.reroute(before, length);
        if (route.base >= 0) this.reroute(route.base, length);
      },
    };
  }

  private claim(route: Route): void {
    this.claims.push(route);
    this.claims.sort((a, b) => a.rank - b.rank);
  }

  private reroute(base: number, length: number): void {
    const near = this.claims.filter((route) => route.base >= 0 && route.base < base + length);
    for (let port = base; port < base + length; port++)
      this.routes[port] = near.findLast((route) => port >= route.base && port < route.base + route.length);
  }

  deviceAt(port: number): PortDevice | undefined {
    return this.routes[port]?.device;
  }

  read(port: number, sizeBytes: AccessSize): number {
    const route = this.routes[port];
    if (sizeBytes === 1) return route ? route.device.portRead(port - route.base, 1) & 0xff : 0xff;
    if (route && sizeBytes <= route.widest && this.routes[port + sizeBytes - 1] === route)
      return truncate(route.device.portRead(port - route.base, sizeBytes), sizeBytes);
    const half = (sizeBytes >> 1) as AccessSize;
    const low = this.read(port, half);
    const high = this.read((port + half) & 0xffff, half);
    return (low | (high << (half * 8))) >>> 0;
  }

  write(port: number, sizeBytes: AccessSize, value: number): void {
    const route = this.routes[port];
    if (sizeBytes === 1) route?.device.portWrite(port - route.base, 1, value & 0xff);
    else if (route && sizeBytes <= route.widest && this.routes[port + sizeBytes - 1] === route)
      route.device.portWrite(port - route.base, sizeBytes, truncate(value, sizeBytes));
    else {
      const half = (sizeBytes >> 1) as AccessSize;
      this.write(port, half, value & (half === 1 ? 0xff : 0xffff));
      this.write((port + half) & 0xffff, half, value >>> (half * 8));
    }
  }

  /** REP INS: how many items the device delivered at once; 0 where it has no such path. */
  readBlock(port: number, sizeBytes: AccessSize, target: Uint8Array): number {
    const route = this.routes[port];
    return (
      (route && sizeBytes <= route.widest && route.device.portReadBlock?.(port - route.base, sizeBytes, target)) || 0
    );
  }

  /** REP OUTS: how many items the device took at once. */
  writeBlock(port: number, sizeBytes: AccessSize, source: Uint8Array): number {
    const route = this.routes[port];
    return (
      (route && sizeBytes <= route.widest && route.device.portWriteBlock?.(port - route.base, sizeBytes, source)) || 0
    );
  }
}

/** The low `sizeBytes` of a value, as an unsigned number. */
export function truncate(value: number, sizeBytes: AccessSize): number {
  return sizeBytes === 4 ? value >>> 0 : value & (sizeBytes === 2 ? 0xffff : 0xff);
}

function assertInside(base: number, length: number): void {
  assert(base >= 0 && base + length <= 0x10000, `ports ${base}+${length} are outside the port space`);
}
