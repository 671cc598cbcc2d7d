/**
 * Watching what the processor does with devices: each access to ports or device memory as a line of text, by the
 * category of the device. Watching replaces the bus's methods, so a bus that is not watched knows nothing of it.
 */
import { hex } from "../../shared/hex.ts";
import type { MmioBus } from "./mmio-bus.ts";
import type { AccessSize, PortBus } from "./port-bus.ts";

/** What is wanted, asked at each access, and where its lines go. */
export interface BusWatcher {
  wants(category: string): boolean;
  emit(category: string, text: string): void;
}

/** Of ports and addresses where no device is. */
export const UNCLAIMED = "unclaimed";

type Read = (address: number, sizeBytes: AccessSize) => number;
type Write = (address: number, sizeBytes: AccessSize, value: number) => void;

export function watchPorts(bus: PortBus, watcher: BusWatcher): void {
  watch(bus, { read: "in", write: "out", digits: 4, categoryAt: (port) => bus.deviceAt(port)?.category }, watcher);
  const [readBlock, writeBlock] = [bus.readBlock.bind(bus), bus.writeBlock.bind(bus)];
  const block = (word: string, move: typeof readBlock): typeof readBlock => {
    return (port, sizeBytes, bytes) => {
      const items = move(port, sizeBytes, bytes);
      const category = bus.deviceAt(port)?.category ?? UNCLAIMED;
      if (items > 0 && watcher.wants(category))
        watcher.emit(category, `${word} ${hex(port, 4)} ${items} items of ${sizeBytes}`);
      return items;
    };
  };
  bus.readBlock = block("ins", readBlock);
  bus.writeBlock = block("outs", writeBlock);
}

export function watchMmio(bus: MmioBus, watcher: BusWatcher): void {
  watch(bus, { read: "read", write: "write", digits: 8, categoryAt: (at) => bus.deviceAt(at)?.category }, watcher);
}

interface Words {
  read: string;
  write: string;
  digits: number;
  categoryAt(address: number): string | undefined;
}

function watch(bus: { read: Read; write: Write }, words: Words, watcher: BusWatcher): void {
  const [read, write] = [bus.read.bind(bus), bus.write.bind(bus)];
  /** An access that the bus splits comes back here in pieces. */
  let isInside = false;
  const note = (word: string, address: number, sizeBytes: AccessSize, arrow: string, value: number) => {
    const category = words.categoryAt(address) ?? UNCLAIMED;
    if (!watcher.wants(category)) return;
    watcher.emit(category, `${word} ${hex(address, words.digits)} ${arrow} ${hex(value, sizeBytes * 2)}`);
  };
  bus.read = (address, sizeBytes) => {
    if (isInside) return read(address, sizeBytes);
    isInside = true;
    const value = read(address, sizeBytes);
    isInside = false;
    note(words.read, address, sizeBytes, "->", value);
    return value;
  };
  bus.write = (address, sizeBytes, value) => {
    if (isInside) return write(address, sizeBytes, value);
    isInside = true;
    // Before it is done: what follows from it comes behind.
    note(words.write, address, sizeBytes, "<-", value);
    write(address, sizeBytes, value);
    isInside = false;
  };
}
