/** Fuzz target: a flash chip, whose cells are the machine's to save. */
import type { Device, DeviceState } from "../../device.ts";
import { CfiFlash, FLASH_BLOCK_BYTES } from "../../devices/flash/cfi-flash.ts";
import { FuzzBench } from "./bench.ts";
import type { FuzzTarget } from "./device-fuzzer.ts";
import { load, store, type Recipe } from "./fuzz-action.ts";
import { FuzzFinding } from "./fuzz-host.ts";

const FLASH_BASE = 0xffc00000;
const BLOCKS = 8;
const SIZE = BLOCKS * FLASH_BLOCK_BYTES;
/** Cells behind the chip's, which it must leave alone. */
const CANARY = 0x5a;

const cell: (random: Parameters<Recipe>[0]) => number = (random) => FLASH_BASE + random.below(SIZE);

const program: Recipe = (random) => {
  const at = cell(random);
  return [
    store(at, random.oneIn(2) ? 0x10 : 0x40, 1),
    store(at, random.byte(), 1),
    load(at),
    store(at, 0xff, 1),
    load(at),
  ];
};

const erase: Recipe = (random) => {
  const at = cell(random);
  return [store(at, 0x20, 1), store(at, random.oneIn(4) ? random.byte() : 0xd0, 1), load(at), store(at, 0x50, 1)];
};

const writeBuffer: Recipe = (random) => {
  const at = cell(random);
  const count = 1 + random.below(33);
  const bytes = Array.from({ length: count }, (_, i) => store(at + i, random.byte(), 1));
  return [store(at, 0xe8, 1), store(at, count - 1, 1), ...bytes, store(at, 0xd0, 1), store(at, 0x70, 1), load(at)];
};

const look: Recipe = (random) => [
  store(cell(random), random.oneIn(2) ? 0x98 : 0x90, 1),
  load(FLASH_BASE + random.below(64)),
];

export const flashTarget: FuzzTarget = {
  name: "flash",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const room = new Uint8Array(SIZE + FLASH_BLOCK_BYTES).fill(CANARY);
    const cells = room.subarray(0, SIZE).fill(0xff);
    let isArray = true;
    const chip = new CfiFlash({
      cells,
      readOnly: false,
      onArrayMode: (on) => (isArray = on),
      onChange: (offset, length) => {
        if (offset < 0 || offset + length > SIZE || length <= 0) throw new FuzzFinding("a change outside the chip");
      },
    });
    const contents: Device = {
      reset: () => {},
      save: (): DeviceState => ({ version: 1, cells: cells.slice(), isArray }),
      restore: (state) => cells.set(state.cells as Uint8Array),
    };
    bench.mmio.attach(FLASH_BASE, SIZE, chip);
    return {
      ...bench,
      parts: [
        ["flash", chip],
        ["cells", contents],
      ],
      windows: [{ space: "mmio", base: FLASH_BASE, length: SIZE }],
      recipes: [program, program, erase, writeBuffer, look],
      check: () => {
        if (room.subarray(SIZE).some((byte) => byte !== CANARY)) throw new FuzzFinding("a write beside the chip");
      },
    };
  },
};
