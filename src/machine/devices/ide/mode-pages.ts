/**
 * Mode pages of the CD-ROM drive: error recovery (01h), CD audio control (0Eh), capabilities and mechanical status (2Ah).
 * References: [MMC-3] 5.5 (pages); [SPC-2] 7.6, 7.8, 8.3 (MODE SELECT and SENSE, headers).
 */
import type { DeviceState } from "../../device.ts";
import { be16 } from "./mmc-responses.ts";

export const PAGE_ERROR_RECOVERY = 0x01;
export const PAGE_AUDIO_CONTROL = 0x0e;
export const PAGE_CAPABILITIES = 0x2a;
const PAGE_ALL = 0x3f;

/** PC field of MODE SENSE. */
export const VALUES_CURRENT = 0;
export const VALUES_CHANGEABLE = 1;
export const VALUES_DEFAULT = 2;
export const VALUES_SAVED = 3;

/** 48× in kilobytes a second, as CD drives count. */
const SPEED_KBYTES = 8467;
const BUFFER_KBYTES = 512;
const LOCK_STATE = 1 << 1;

interface ModePage {
  code: number;
  defaults: number[];
  /** Bits that MODE SELECT may change. */
  changeable: number[];
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

/** Whole pages, with their code and length bytes. */
const PAGES: readonly ModePage[] = [
  {
    code: PAGE_ERROR_RECOVERY,
    defaults: [PAGE_ERROR_RECOVERY, 10, 0, 5, ...zeros(8)],
    changeable: [PAGE_ERROR_RECOVERY, 10, 0xff, 0xff, ...zeros(8)],
  },
  {
    code: PAGE_AUDIO_CONTROL,
    // IMMED; port 0 plays channel 0 and port 1 channel 1, both at full volume.
    defaults: [PAGE_AUDIO_CONTROL, 14, 4, 0, 0, 0, 0, 0, 1, 0xff, 2, 0xff, 0, 0, 0, 0],
    changeable: [PAGE_AUDIO_CONTROL, 14, 2, 0, 0, 0, 0, 0, 15, 0xff, 15, 0xff, 15, 0xff, 15, 0xff],
  },
  {
    code: PAGE_CAPABILITIES,
    defaults: [
      ...[PAGE_CAPABILITIES, 18],
      // Reads CD-R, CD-RW, method 2 and DVD-ROM; writes nothing.
      ...[0x0f, 0],
      // Multisession, mode 2 form 1 and 2; no audio.
      ...[0x70, 0],
      // Tray, eject, lock; no volume levels.
      ...[0x29, 0],
      ...be16(SPEED_KBYTES),
      ...be16(0),
      ...be16(BUFFER_KBYTES),
      ...be16(SPEED_KBYTES),
      ...zeros(4),
    ],
    changeable: [PAGE_CAPABILITIES, 18, ...zeros(18)],
  },
];

export class ModePages {
  private readonly current = new Map(PAGES.map((page) => [page.code, [...page.defaults]]));

  reset(): void {
    for (const page of PAGES) this.current.set(page.code, [...page.defaults]);
  }

  /** The asked-for pages one after the other; undefined for an unknown page. */
  sense(code: number, values: number, locked: boolean): number[] | undefined {
    const pages = PAGES.filter((page) => code === PAGE_ALL || page.code === code);
    if (pages.length === 0) return undefined;
    return pages.flatMap((page) => {
      if (values === VALUES_CHANGEABLE) return page.changeable;
      const bytes = values === VALUES_DEFAULT ? [...page.defaults] : [...this.current.get(page.code)!];
      if (page.code === PAGE_CAPABILITIES && locked && values === VALUES_CURRENT) bytes[6]! |= LOCK_STATE;
      return bytes;
    });
  }

  /** MODE SELECT's pages. @returns false, and changes nothing, where one of them is not acceptable. */
  select(parameters: Uint8Array): boolean {
    const accepted = new Map<number, number[]>();
    for (let at = 0; at < parameters.length;) {
      const code = parameters[at]! & 0x3f;
      const page = PAGES.find((candidate) => candidate.code === code);
      const given = [...parameters.subarray(at, at + 2 + (parameters[at + 1] ?? 0))];
      if (!page || given.length !== page.defaults.length) return false;
      const now = this.current.get(code)!;
      if (given.some((byte, i) => i >= 2 && ((byte ^ now[i]!) & ~page.changeable[i]!) !== 0)) return false;
      accepted.set(code, [code, ...given.slice(1)]);
      at += given.length;
    }
    for (const [code, bytes] of accepted) this.current.set(code, bytes);
    return true;
  }

  save(): DeviceState {
    const pages: DeviceState = { version: 1 };
    for (const [code, bytes] of this.current) pages[String(code)] = Uint8Array.from(bytes);
    return pages;
  }

  restore(state: DeviceState): void {
    for (const page of PAGES) {
      const saved = state[String(page.code)];
      if (saved instanceof Uint8Array) this.current.set(page.code, [...saved]);
    }
  }
}
