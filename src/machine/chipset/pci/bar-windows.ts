/** Connects BARs to the buses: each function here returns what a function's `onBarMoved` passes its new base to. */
import type { MmioBus, MmioDevice } from "../../bus/mmio-bus.ts";
import type { AccessSize, PortBus, PortDevice } from "../../bus/port-bus.ts";

export type BarWindow = (base: number | null) => void;

/** A window of `length` ports. */
export function portWindow(ports: PortBus, length: number, device: PortDevice, widest: AccessSize): BarWindow {
  const window = ports.window(length, device, widest);
  return (base) => window.moveTo(base);
}

/** A window of `length` bytes of physical address space. */
export function memoryWindow(mmio: MmioBus, length: number, device: MmioDevice): BarWindow {
  const region = mmio.attach(null, length, device);
  return (base) => region.moveTo(base);
}
