/** What the tables that describe the board have in common. The board wires its parts to these numbers. */

export interface BoardFacts {
  ramBytes: number;
  processors: number;
  hasFloppyController: boolean;
}

export const LOCAL_APIC_PHYS_ADDR = 0xfee00000;
export const IOAPIC_PHYS_ADDR = 0xfec00000;
export const HPET_PHYS_ADDR = 0xfed00000;
export const SCI_IRQ = 9;
/** PM1_CNT.SLP_TYP that switches the PIIX4 off. [PIIX4] 7.2.3 */
export const SLEEP_TYPE_S5 = 0;
/** Where firmware puts the PIIX4's ACPI registers; offsets inside by [PIIX4] 7.2. */
export const PM_BASE = 0x600;
export const PM1_EVENT_OFFSET = 0x00;
export const PM1_CONTROL_OFFSET = 0x04;
export const PM_TIMER_OFFSET = 0x08;
export const GPE0_OFFSET = 0x0c;
export const GPE0_BYTES = 4;
/** PIIX3 reset control register, and the value that resets the whole board. */
export const RESET_PORT = 0xcf9;
export const RESET_VALUE = 0x06;
