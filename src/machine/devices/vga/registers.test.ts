import { describe, expect, it } from "vitest";
import { MODE_03, VgaBench } from "./vga-test-bench.ts";

describe("VGA registers", () => {
  it("read back what was written, unused bits as 0 [VGA]", () => {
    const bench = new VgaBench();
    bench.out(0x3c2, 0x63);
    expect(bench.in(0x3cc)).toBe(0x63);
    for (const [port, index, written, read] of [
      [0x3c4, 1, 0xff, 0x3d],
      [0x3c4, 2, 0xff, 0x0f],
      [0x3ce, 5, 0xff, 0x7b],
      [0x3ce, 8, 0xa5, 0xa5],
      [0x3d4, 0x13, 0x28, 0x28],
    ] as const) {
      bench.indexed(port, index, written);
      bench.out(port, index);
      expect(bench.in(port)).toBe(index);
      expect(bench.in(port + 1), `${port.toString(16)} index ${index}`).toBe(read);
    }
    bench.out(0x3da, 0xff);
    expect(bench.in(0x3ca)).toBe(0x08);
  });

  it("CRTC and status 1 move between 3Bx and 3Dx [VGA] Miscellaneous Output bit 0", () => {
    const bench = new VgaBench();
    bench.out(0x3c2, 0x67);
    bench.indexed(0x3d4, 0x0e, 0x12);
    expect(bench.in(0x3b5)).toBe(0xff);
    bench.out(0x3b5, 0x55);
    expect(bench.in(0x3d5)).toBe(0x12);
    bench.out(0x3c2, 0x66);
    expect(bench.in(0x3d5)).toBe(0xff);
    expect(bench.in(0x3b5)).toBe(0x12);
    expect(bench.in(0x3da)).toBe(0xff);
    expect(bench.in(0x3ba)).not.toBe(0xff);
  });

  it("protects CRTC 0-7 but for line compare's bit 8 [VGA] Vertical Retrace End bit 7", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_03);
    bench.indexed(0x3d4, 0x11, 0x8e);
    bench.indexed(0x3d4, 0x00, 0xaa);
    bench.indexed(0x3d4, 0x07, 0x00);
    bench.indexed(0x3d4, 0x09, 0x47);
    const crtc = (index: number) => (bench.out(0x3d4, index), bench.in(0x3d5));
    expect(crtc(0x00)).toBe(0x5f);
    expect(crtc(0x07)).toBe(0x0f);
    expect(crtc(0x09)).toBe(0x47);
  });

  it("the attribute port takes index and data in turn; status 1 starts over [VGA] Attribute Address Register", () => {
    const bench = new VgaBench();
    bench.out(0x3c2, 0x67);
    bench.in(0x3da);
    bench.out(0x3c0, 0x05);
    bench.out(0x3c0, 0x3a);
    bench.out(0x3c0, 0x06);
    bench.out(0x3d4, 0x24);
    expect(bench.in(0x3d5)).toBe(0x80);
    bench.in(0x3da);
    expect(bench.in(0x3d5)).toBe(0);
    bench.out(0x3c0, 0x25);
    expect(bench.in(0x3c0)).toBe(0x25);
    expect(bench.in(0x3c1)).toBe(0x3a);
  });

  it("indices without a register change nothing and read as 0", () => {
    const bench = new VgaBench();
    bench.out(0x3c2, 0x67);
    for (let index = 0; index < 256; index++)
      for (const port of [0x3c4, 0x3ce, 0x3d4]) bench.indexed(port, index, 0xff);
    for (const [port, index] of [
      [0x3c4, 7],
      [0x3ce, 0x0f],
      [0x3d4, 0x3f],
    ] as const) {
      bench.out(port, index);
      expect(bench.in(port + 1)).toBe(0);
    }
    bench.vga.render();
  });

  it("CRTC 22 reads the latch of the map that reads select", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_03);
    bench.memory.set([1, 2, 3, 4]);
    bench.peek(0xb8000);
    bench.indexed(0x3ce, 4, 2);
    bench.out(0x3d4, 0x22);
    expect(bench.in(0x3d5)).toBe(3);
  });

  it("any traffic is harmless: all ports, all sizes, then a picture", () => {
    const bench = new VgaBench();
    let state = 7;
    const random = (below: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below;
    for (let i = 0; i < 60_000; i++) {
      const port = random(8) === 0 ? 0x1ce + random(3) : 0x3b0 + random(0x30);
      const size = ([1, 2, 4] as const)[random(3)]!;
      if (random(4) === 0) bench.ports.read(port, size);
      else bench.ports.write(port, size, (random(65536) * 65536 + random(65536)) % 2 ** (8 * size));
      if (random(8) === 0) bench.poke(0xa0000 + random(0x1fffc), random(65536), 2);
      if (i % 500 === 0) {
        bench.vga.render();
        bench.vga.screenText();
      }
    }
    expect(bench.vga.frame.pixels.length).toBe(bench.vga.frame.widthPx * bench.vga.frame.heightPx);
  });
});

describe("the DAC [VGA] Video Digital-to-Analog Converter", () => {
  it("takes three components a color and steps through the colors", () => {
    const bench = new VgaBench();
    bench.out(0x3c8, 254);
    for (const value of [1, 2, 0xff, 4, 5, 6, 7, 8, 9]) bench.out(0x3c9, value);
    expect(bench.in(0x3c8)).toBe(1);
    expect(bench.in(0x3c7)).toBe(0);
    bench.out(0x3c7, 254);
    expect(bench.in(0x3c7)).toBe(3);
    expect([...Array(9)].map(() => bench.in(0x3c9))).toEqual([1, 2, 0x3f, 4, 5, 6, 7, 8, 9]);
  });

  it("a color changes with its third component only", () => {
    const bench = new VgaBench();
    bench.out(0x3c8, 7);
    bench.out(0x3c9, 33);
    bench.out(0x3c9, 34);
    bench.out(0x3c7, 7);
    expect([bench.in(0x3c9), bench.in(0x3c9), bench.in(0x3c9)]).toEqual([0, 0, 0]);
  });

  it("takes eight bits when dispi says so [DISPI] VBE_DISPI_8BIT_DAC", () => {
    const bench = new VgaBench();
    bench.setDispiMode(640, 480, 8, 0x61);
    bench.out(0x3c8, 1);
    for (const value of [0xff, 0x81, 0x02]) bench.out(0x3c9, value);
    bench.memory[0] = 1;
    bench.vga.render();
    expect(bench.pixel(0, 0)).toBe(0xff0281ff);
  });

  it("the PEL mask is applied to pixels", () => {
    const bench = new VgaBench();
    bench.setDispiMode(640, 480, 8);
    bench.setRamp();
    bench.memory[0] = 0xff;
    bench.out(0x3c6, 0x0f);
    bench.vga.render();
    expect(bench.pixel(0, 0)).toBe(bench.ramp(0x0f));
    expect(bench.in(0x3c6)).toBe(0x0f);
  });
});

describe("input status 1 [VGA]", () => {
  function sample(bench: VgaBench, stepNs: number, forNs: number) {
    let retraceNs = 0;
    let disabledNs = 0;
    let retraces = 0;
    let before = 0;
    for (let ns = 0; ns < forNs; ns += stepNs) {
      bench.clock.ns += stepNs;
      const status = bench.in(0x3da);
      if (status & 8) retraceNs += stepNs;
      if (status & 1) disabledNs += stepNs;
      if (status & 8 && !(before & 8)) retraces++;
      before = status;
    }
    return { retraceNs, disabledNs, retraces };
  }

  it("follows the programmed timing: text mode 3 refreshes at 70 Hz, two lines of retrace", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_03);
    const { retraceNs, disabledNs, retraces } = sample(bench, 500, 1e9 / 10);
    expect(retraces).toBe(7);
    expect(retraceNs / 7 / 31_778).toBeCloseTo(2, 0);
    // 80 of 100 characters in 400 of 449 lines are shown.
    expect(disabledNs / 1e8).toBeCloseTo(1 - (0.8 * 400) / 449, 1);
  });

  it.each([
    ["nothing programmed", () => {}],
    [
      "all ones",
      (bench: VgaBench) => [...Array(0x19).keys()].forEach((i) => bench.indexed(0x3d4, i, i === 0x11 ? 0x7f : 0xff)),
    ],
    ["a linear mode", (bench: VgaBench) => bench.setDispiMode(1920, 1200, 32)],
  ] as const)("both edges of both bits come, also when the clock stands still: %s", (_, prepare) => {
    const bench = new VgaBench();
    bench.out(0x3c2, 0x67);
    prepare(bench);
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++) {
      const status = bench.in(0x3da);
      seen.add(status & 8).add((status & 1) | 0x100);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 8, 0x100, 0x101]);
  });
});
