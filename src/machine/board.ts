/**
 * The board: an i440FX PC with its parts wired to ports, memory and interrupts. This is the one place that knows where
 * everything sits; the parts know offsets alone.
 *
 *   memory  0–RAM               RAM; 0xA0000–0xFFFFF by PAM and SMRAM registers
 *           0xC0000000–         PCI memory
 *           0xFEC00000          I/O APIC        0xFED00000  HPET        0xFEE00000  local APICs (in the core)
 *           4 GiB − ROM size    firmware or flash, its last 128 KiB also at 0xE0000
 *
 * References: [i440FX] 3.3 (memory map); [PIIX3] 2.1; [PIIX4] 4.1 (ISA ports).
 */
import type { CoreHost, CoreInterface } from "../core/core.ts";
import { said } from "../shared/said.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { A20Gate } from "./bus/a20-gate.ts";
import { watchMmio, watchPorts, type BusWatcher } from "./bus/bus-trace.ts";
import { SharedIrqLine, type IrqLine } from "./bus/irq-line.ts";
import { MmioBus } from "./bus/mmio-bus.ts";
import { PortBus } from "./bus/port-bus.ts";
import { AcpiPower } from "./chipset/acpi-power.ts";
import { cmosSetup } from "./chipset/cmos-layout.ts";
import { CoprocessorError } from "./chipset/coprocessor-error.ts";
import { DmaController } from "./chipset/dma.ts";
import { HPET_BYTES, Hpet } from "./chipset/hpet.ts";
import { IOAPIC_BYTES, IOAPIC_INPUTS, IoApic } from "./chipset/ioapic.ts";
import { PCI_CONFIG_PORT, PCI_CONFIG_PORTS, PciConfigMechanism } from "./chipset/pci/config-mechanism.ts";
import { I440fxHostBridge } from "./chipset/pci/i440fx-host-bridge.ts";
import { PciBus } from "./chipset/pci/pci-bus.ts";
import { Piix3IsaBridge } from "./chipset/pci/piix3-isa-bridge.ts";
import { Piix4PowerManagement } from "./chipset/pci/piix4-power-management.ts";
import { SmbusHost } from "./chipset/pci/smbus-host.ts";
import { PicPair } from "./chipset/pic.ts";
import { Pit } from "./chipset/pit.ts";
import { RtcCmos } from "./chipset/rtc-cmos.ts";
import { DebugConsole, DebugExitPort, PostPort, SystemControlPortA } from "./chipset/system-ports.ts";
import { CoreMemory } from "./core-memory.ts";
import { StateError, expectVersion, type Device, type DeviceState } from "./device.ts";
import { FloppyController } from "./devices/floppy/floppy-controller.ts";
import type { FloppyDriveType } from "./devices/floppy/floppy-formats.ts";
import { IdeController } from "./devices/ide/ide-controller.ts";
import { I8042 } from "./devices/ps2/i8042.ts";
import { Ps2Keyboard } from "./devices/ps2/keyboard.ts";
import { Ps2Mouse } from "./devices/ps2/mouse.ts";
import { TEST_IRQ_LINES, TEST_MEMORY_BYTES, TEST_PORTS, TestDevice } from "./devices/test-device/test-device.ts";
import { Uart16550 } from "./devices/uart/uart-16550.ts";
import { VgaDevice } from "./devices/vga/vga-device.ts";
import { VmMouse, type BackdoorRegister } from "./devices/vmmouse/vmmouse.ts";
import { CDROM_POSITION, Drives, floppyDriveFor } from "./drives.ts";
import { HPET_PHYS_ADDR, IOAPIC_PHYS_ADDR, SCI_IRQ, SLEEP_TYPE_S5, type BoardFacts } from "./firmware/board-facts.ts";
import { fillFwCfg } from "./firmware/firmware-items.ts";
import { FW_CFG_PORT, FW_CFG_PORTS, FwCfg } from "./firmware/fw-cfg.ts";
import { ISA_IRQS, IsaInterrupts } from "./isa-interrupts.ts";
import { attachFlash, type FlashChips } from "./flash-chips.ts";
import { MachineError } from "./machine-error.ts";
import type { MachineParts } from "./machine-parts.ts";

/** Enough for 1920×1200 at 32 bits. */
export const VRAM_BYTES = 16 * 2 ** 20;

const ROM_END = 2 ** 32;
const BACKDOOR_PORT = 0x5658;
const TEST_PORT = 0xe0;
const TEST_IRQ_PORT = 0x2000;
const TEST_MEMORY_PHYS_ADDR = 0xff000000;
/** Delivery mode and physical destination of a message to local APICs. [SDM3] 10.6.1 */
const DELIVERY_INIT = 5;
const ALL_PROCESSORS = 0xff;
/** Jump with and without EOI, end of a block move, IRET, far return. [AT] 5, "shutdown" */
const SHUTDOWN_CODES_OF_PROGRAMS = new Set([0x05, 0x09, 0x0a, 0x0b, 0x0c]);
/** In the order of the core's register numbers. */
const REGISTER_NUMBERS: Record<BackdoorRegister, number> = { eax: 0, ecx: 1, edx: 2, ebx: 3, esi: 6, edi: 7 };

/** Parts in the order in which they are reset and restored: what drives interrupt lines before what looks at them. */
type Parts = readonly (readonly [name: string, device: Device])[];

export class Board {
  readonly core: CoreInterface;
  readonly memory: CoreMemory;
  readonly ports = new PortBus();
  readonly mmio = new MmioBus();
  readonly pci = new PciBus();
  readonly facts: BoardFacts;
  readonly drives: Drives;
  readonly keyboard: Ps2Keyboard;
  readonly mouse: Ps2Mouse;
  readonly pointer: VmMouse;
  readonly serial: readonly [Uart16550, Uart16550];
  readonly vga: VgaDevice;
  readonly floppy: FloppyController;
  readonly floppyActivity = { readBytes: 0, writtenBytes: 0 };
  readonly power: AcpiPower;
  private readonly debugConsole: DebugConsole;
  private readonly smbus = new SmbusHost();
  private readonly pic: PicPair;
  private readonly ioapic: IoApic;
  private readonly rtc: RtcCmos;
  private readonly isa: IsaInterrupts;
  private readonly coprocessorError: CoprocessorError;
  private readonly floppyDrive: FloppyDriveType;
  private readonly parts: Parts;
  private readonly flash: FlashChips;

  constructor(private readonly options: MachineParts) {
    const { config, clock, events } = options;
    this.core = options.makeCore(this.coreHost(), VRAM_BYTES);
    this.memory = new CoreMemory(this.core);
    this.facts = { ramBytes: this.core.ram.length, processors: config.processors, hasFloppyController: true };
    const { ports, mmio, core } = this;

    this.pic = new PicPair({ set: (asserted) => this.interrupt(asserted) });
    this.ioapic = new IoApic((...message) => {
      core.deliverInterrupt(...message);
      events.wake();
    });
    // ISA interrupts and HPET comparators meet at the I/O APIC's inputs.
    const gsiLines = Array.from({ length: IOAPIC_INPUTS }, (_, gsi) => new SharedIrqLine(this.ioapic.irqLine(gsi)));
    const gsiInput = (gsi: number): IrqLine => gsiLines[gsi]!.input();
    this.isa = new IsaInterrupts(this.pic, gsiInput);
    this.coprocessorError = new CoprocessorError(this.isa.input(13));
    const hpet = new Hpet(clock, {
      irq0: this.isa.input(0),
      irq8: this.isa.input(8),
      gsi: gsiInput,
    });
    const pit = new Pit(clock, hpet.pitLine);
    this.rtc = new RtcCmos(clock, hpet.rtcLine);
    const dma = new DmaController(this.memory);
    const a20 = new A20Gate((enabled) => core.setA20(enabled));
    const onProcessorReset = (): void => this.resetProcessor();

    this.keyboard = new Ps2Keyboard(clock, (leds) => events.keyboardLeds(leds));
    this.mouse = new Ps2Mouse(clock);
    const keyboardController = new I8042(clock, {
      keyboard: this.keyboard,
      mouse: this.mouse,
      keyboardIrq: this.isa.input(1),
      mouseIrq: this.isa.input(12),
      a20,
      onReset: onProcessorReset,
    });
    this.pointer = new VmMouse(
      {
        get: (name) => core.readRegister32(REGISTER_NUMBERS[name]),
        set: (name, value) => core.writeRegister32(REGISTER_NUMBERS[name], value),
      },
      () => this.mouse.nudge(),
      (absolute) => events.pointerMode(absolute),
    );
    this.serial = [
      new Uart16550(clock, this.isa.input(4), (bytes) => events.serial(0, bytes), "com1"),
      new Uart16550(clock, this.isa.input(3), (bytes) => events.serial(1, bytes), "com2"),
    ];
    const post = new PostPort((code) => events.postCode(code));
    this.debugConsole = new DebugConsole((text) => events.debugText(text));
    const systemControl = new SystemControlPortA(a20, onProcessorReset);
    this.power = new AcpiPower(clock, {
      sci: this.isa.input(SCI_IRQ),
      onPowerOff: () => events.poweredOff(),
      sleepTypeS5: SLEEP_TYPE_S5,
    });
    const fwCfg = new FwCfg(this.memory);
    const pciConfig = new PciConfigMechanism(this.pci, (isHard) =>
      isHard ? events.resetRequested() : onProcessorReset(),
    );

    this.floppyDrive = floppyDriveFor(options.floppy);
    this.floppy = new FloppyController(clock, {
      irq: this.isa.input(6),
      dma: dma.channel(2),
      drives: [this.floppyDrive],
      onActivity: (kind, bytes) => {
        this.floppyActivity[kind === "read" ? "readBytes" : "writtenBytes"] += bytes;
      },
    });
    this.insertFloppy(options.floppy);
    this.drives = new Drives(options.disks, options.cdrom);
    this.vga = new VgaDevice({
      clock,
      ports,
      mmio,
      videoMemory: core.vram,
      takeDirtyVramPages: () => core.takeDirtyVramPages(),
      mapVram: (physAddr, lengthBytes) => core.mapVram(physAddr, lengthBytes),
      vgaBios: options.vgaFirmware,
    });
    this.addPciFunctions();

    ports.attach(0x20, 2, this.pic.master);
    ports.attach(0xa0, 2, this.pic.slave);
    ports.attach(0x4d0, 2, this.pic.elcr);
    ports.attach(0x40, 4, pit);
    ports.attach(0x61, 1, pit.systemControl);
    ports.attach(0x60, 1, keyboardController.dataPort);
    ports.attach(0x64, 1, keyboardController.commandPort);
    ports.attach(0x70, 4, this.rtc);
    ports.attach(0x3f0, 6, this.floppy.registers);
    ports.attach(0x3f7, 1, this.floppy.changeRegister);
    ports.attach(0x3f8, 8, this.serial[0]);
    ports.attach(0x2f8, 8, this.serial[1]);
    ports.attach(0x00, 16, dma.primary);
    ports.attach(0xc0, 32, dma.secondary);
    ports.attach(0x80, 16, dma.pages);
    ports.attach(0x80, 1, post);
    ports.attach(0x92, 1, systemControl);
    ports.attach(0xb2, 2, this.power.smiCommand);
    ports.attach(0xf0, 2, this.coprocessorError);
    // The device reports a process's exit status; the owner wants what was written.
    ports.attach(0xf4, 4, new DebugExitPort((status) => events.debugExit(status >>> 1)), 4);
    ports.attach(0x402, 1, this.debugConsole);
    ports.attach(FW_CFG_PORT, FW_CFG_PORTS, fwCfg, 4);
    ports.attach(PCI_CONFIG_PORT, PCI_CONFIG_PORTS, pciConfig, 4);
    ports.attach(BACKDOOR_PORT, 4, this.pointer, 4);
    mmio.attach(IOAPIC_PHYS_ADDR, IOAPIC_BYTES, this.ioapic);
    mmio.attach(HPET_PHYS_ADDR, HPET_BYTES, hpet);

    this.flash = attachFlash(options.flash, core, mmio);
    this.parts = [
      ...this.flash.devices,
      ["a20", a20],
      ["dma", dma],
      ["pit", pit],
      ["rtc", this.rtc],
      ["keyboard", this.keyboard],
      ["mouse", this.mouse],
      ["keyboardController", keyboardController],
      ["pointer", this.pointer],
      ["com1", this.serial[0]],
      ["com2", this.serial[1]],
      ["floppy", this.floppy],
      ["post", post],
      ["debugConsole", this.debugConsole],
      ["systemControl", systemControl],
      ["power", this.power],
      ["smbus", this.smbus],
      ["fwCfg", fwCfg],
      ["pciConfig", pciConfig],
      ["pci", this.pci],
      ["coprocessorError", this.coprocessorError],
      ...(config.testDevice ? [["testDevice", this.addTestDevice(gsiInput)] as const] : []),
      ["hpet", hpet],
      ["pic", this.pic],
      ["ioapic", this.ioapic],
    ];
    this.describe(fwCfg);
  }

  // ---- for the machine --------------------------------------------------------------------------------------------

  /** Hardware reset of everything; memory keeps what it holds. */
  reset(): void {
    this.core.reset();
    for (const [, part] of this.parts) part.reset();
    this.rtc.setBytes(
      cmosSetup({
        memoryBytesBelow4G: this.facts.ramBytes,
        memoryBytesAbove4G: 0,
        processors: this.facts.processors,
        floppies: [this.floppyDrive, null],
        disks: this.drives.cmosGeometries(),
        bootOrder: this.options.config.bootOrder,
      }),
    );
  }

  /** Shows the firmware at the top of 4 GiB, where it is not in flash; the PAM registers bring its end to 0xE0000 as well. */
  loadFirmware(): void {
    const { firmware } = this.options;
    if (firmware.length > 0 && this.options.flash.length === 0) this.core.loadRom(ROM_END - firmware.length, firmware);
  }

  /** @throws MachineError when the image fits no floppy */
  insertFloppy(store: BlockStore | null): void {
    if (!this.floppy.insert(0, store))
      throw new MachineError(
        "media",
        said`The floppy image has ${store?.sizeBytes ?? 0} bytes; no floppy disk is of that size.`,
      );
  }

  /** Resolves when what the guest wrote to flash is where it is kept. */
  flashSettled(): Promise<void> {
    return this.flash.settled();
  }

  flushOutput(): void {
    for (const uart of this.serial) uart.flush();
    this.debugConsole.flush();
  }

  /** Everything but the contents of RAM, video memory and ROM, which are large and saved on their own. */
  save(): DeviceState {
    const state: DeviceState = { version: 1, core: this.core.saveState() };
    for (const [name, part] of this.parts) state[name] = part.save();
    return state;
  }

  restore(state: DeviceState): void {
    expectVersion("the machine", state, 1);
    for (const [name, part] of this.parts) {
      const saved = state[name] as DeviceState | undefined;
      if (!saved) throw new StateError(said`the saved state lacks a part of the machine (${name})`);
      part.restore(saved);
    }
    // Last: the devices have moved mappings and interrupt lines, which the core's own state has as they were.
    this.core.restoreState(state.core as Uint8Array);
  }

  /** Hands accesses to devices and changes of interrupt lines ("irq") to `watcher` from now on. */
  watch(watcher: BusWatcher): void {
    watchPorts(this.ports, watcher);
    watchMmio(this.mmio, watcher);
    this.isa.watcher = (irq, asserted) => {
      if (watcher.wants("irq")) watcher.emit("irq", `IRQ ${irq} ${asserted ? "up" : "down"}`);
    };
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  /**
   * INIT#, as port 0x92, the keyboard controller and RCPU without SRST pulse it: the processor alone starts again, memory and
   * chipset stay. The BIOS at the reset vector looks at the shutdown byte in CMOS: a program that left its code there comes back from
   * protected mode that way; else the BIOS starts the system, and has the whole board reset for it. Without a code
   * the board is reset at once, then: firmware written for virtual boards and kernels without firmware need it so. [AT] 5
   */
  private resetProcessor(): void {
    const comesBack = !this.options.kernel && SHUTDOWN_CODES_OF_PROGRAMS.has(this.rtc.shutdownCode);
    if (comesBack) this.core.deliverInterrupt(ALL_PROCESSORS, false, DELIVERY_INIT, 0, false);
    else this.options.events.resetRequested();
  }

  private interrupt(asserted: boolean): void {
    this.core.setIntr(asserted);
    if (asserted) this.options.events.wake();
  }

  private coreHost(): CoreHost {
    const { ports, mmio, options } = this;
    return {
      portRead: (port, sizeBytes) => ports.read(port, sizeBytes),
      portWrite: (port, sizeBytes, value) => ports.write(port, sizeBytes, value),
      portReadBlock: (port, sizeBytes, target) => ports.readBlock(port, sizeBytes, target),
      portWriteBlock: (port, sizeBytes, source) => ports.writeBlock(port, sizeBytes, source),
      mmioRead: (physAddr, sizeBytes) => mmio.read(physAddr, sizeBytes),
      mmioWrite: (physAddr, sizeBytes, value) => mmio.write(physAddr, sizeBytes, value),
      nowNs: () => options.clock.nowNs(),
      picAcknowledge: () => this.pic.acknowledge(),
      ferr: (asserted) => this.coprocessorError.ferr(asserted),
      ioapicEoi: (vector) => this.ioapic.eoi(vector),
    };
  }

  private addPciFunctions(): void {
    const { pci, ports, isa, core } = this;
    const bridge = new Piix3IsaBridge({ isaIrq: (irq) => isa.input(irq) });
    pci.add(0, 0, new I440fxHostBridge((physAddr, kind) => core.setLowPage(physAddr, kind)));
    pci.add(1, 0, bridge);
    pci.add(
      1,
      1,
      new IdeController({
        clock: this.options.clock,
        memory: this.memory,
        ports,
        irq14: isa.input(14),
        irq15: isa.input(15),
        drives: this.drives.positions,
      }),
    );
    pci.add(1, 3, new Piix4PowerManagement({ ports, acpi: this.power, smbus: this.smbus }));
    pci.add(2, 0, this.vga);
    pci.connectPirqs(bridge);
  }

  private addTestDevice(gsiInput: (gsi: number) => IrqLine): TestDevice {
    const { ports, isa } = this;
    const line = (gsi: number): IrqLine => (gsi < ISA_IRQS ? isa.input(gsi) : gsiInput(gsi));
    const device = new TestDevice(Array.from({ length: TEST_IRQ_LINES }, (_, gsi) => line(gsi)));
    ports.attach(TEST_PORT, TEST_PORTS, device.ports);
    ports.attach(TEST_IRQ_PORT, TEST_IRQ_LINES, device.irqPorts);
    this.mmio.attach(TEST_MEMORY_PHYS_ADDR, TEST_MEMORY_BYTES, device.memory);
    return device;
  }

  private describe(fwCfg: FwCfg): void {
    fillFwCfg(fwCfg, {
      facts: this.facts,
      bootOrder: this.options.config.bootOrder,
      diskPositions: this.drives.diskPositions,
      cdromPositions: [CDROM_POSITION],
    });
  }
}
