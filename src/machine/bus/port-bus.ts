/**
 * The I/O port space: 64 Ki ports, each routed to one device. Devices see offsets from their own base.
 * An access wider than the device takes is split into little-endian pieces, low address first; so is one that crosses
 * into another device's ports. Ports without a device read as all ones, as on an ISA bus with pull-ups.
 */
import { assert } from "../../shared/assert.ts";

export type AccessSize = 1 | 2 | 4;

export interface PortDevice {
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

interface Route {
  base: number;
  device: PortDevice;
  widest: AccessSize;
}

export class PortBus {
  private readonly routes: (Route | undefined)[] = new Array<Route | undefined>(0x10000).fill(undefined);

  /**
   * Routes `length` ports from `base` to `device`, over whatever was there. Returns a function that gives the ports
   * back to what was there before (for BARs that move); detach in any order.
   */
  attach(base: number, length: number, device: PortDevice, widest: AccessSize = 1): () => void {
    assert(base >= 0 && base + length <= 0x10000, `ports ${base}+${length} are outside the port space`);
    const route: Route = { base, device, widest };
    const before = this.routes.slice(base, base + length);
    this.routes.fill(route, base, base + length);
    return () => {
      for (let i = 0; i < length; i++) if (this.routes[base + i] === route) this.routes[base + i] = before[i];
    };
  }

  read(port: number, sizeBytes: AccessSize): number {
    const route = this.routes[port];
    if (sizeBytes === 1) return route ? route.device.portRead(port - route.base, 1) & 0xff : 0xff;
    if (route && sizeBytes <= route.widest && this.routes[port + sizeBytes - 1] === route)
      return route.device.portRead(port - route.base, sizeBytes) >>> 0;
    const half = (sizeBytes >> 1) as AccessSize;
    const low = this.read(port, half);
    const high = this.read((port + half) & 0xffff, half);
    return (low | (high << (half * 8))) >>> 0;
  }

  write(port: number, sizeBytes: AccessSize, value: number): void {
    const route = this.routes[port];
    if (sizeBytes === 1) route?.device.portWrite(port - route.base, 1, value & 0xff);
    else if (route && sizeBytes <= route.widest && this.routes[port + sizeBytes - 1] === route)
      route.device.portWrite(port - route.base, sizeBytes, sizeBytes === 2 ? value & 0xffff : value >>> 0);
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
