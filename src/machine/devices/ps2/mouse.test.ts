import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { Ps2Mouse } from "./mouse.ts";

let clock: ManualClock;
let mouse: Ps2Mouse;

beforeEach(() => {
  clock = new ManualClock();
  mouse = new Ps2Mouse(clock);
});

/** Reads what is ready now. */
function take(): number[] {
  const bytes: number[] = [];
  for (let left = mouse.hasOutput ? 16 : 0; left > 0 && mouse.hasOutput; left--) bytes.push(mouse.takeOutput());
  return bytes;
}
const send = (...bytes: number[]): number[] => {
  const replies: number[] = [];
  for (const byte of bytes) {
    mouse.receive(byte);
    replies.push(...take());
  }
  return replies;
};
const nextPacket = (): number[] => {
  clock.advance(12.5e6);
  return take();
};

describe("PS/2 mouse", () => {
  it("resets and reports its state", () => {
    expect(send(0xff)).toEqual([0xfa, 0xaa, 0x00]);
    expect(send(0xe9)).toEqual([0xfa, 0x00, 2, 100]);
    send(0xf4, 0xe7, 0xe8, 3, 0xf3, 40);
    mouse.button("right", true);
    expect(send(0xe9)).toEqual([0xfa, 0x31, 3, 40]);
    send(0xf6);
    expect(send(0xe9)).toEqual([0xfa, 0x01, 2, 100]);
  });

  it("sends nothing before reporting is enabled", () => {
    mouse.move(10, 10);
    expect(take()).toEqual([]);
    send(0xf4);
    mouse.move(3, 4);
    expect(take()).toEqual([0x28, 3, 0xfc]);
  });

  it("adds motion up between samples and splits what does not fit", () => {
    send(0xf4);
    mouse.move(1, 0);
    expect(take()).toEqual([0x08, 1, 0]);
    mouse.move(100, 0);
    mouse.move(100, 0);
    mouse.move(0, 1);
    expect(take()).toEqual([]);
    expect(nextPacket()).toEqual([0x28, 127, 0xff]);
    expect(nextPacket()).toEqual([0x08, 73, 0]);
    expect(nextPacket()).toEqual([]);
  });

  it("never merges a click away", () => {
    send(0xf4);
    mouse.button("left", true);
    mouse.button("left", false);
    mouse.button("middle", true);
    expect([take(), nextPacket(), nextPacket()]).toEqual([
      [0x09, 0, 0],
      [0x08, 0, 0],
      [0x0c, 0, 0],
    ]);
  });

  it("becomes an IntelliMouse after the knock, and an Explorer after the other", () => {
    send(0xf3, 200, 0xf3, 100, 0xf3, 80);
    expect(send(0xf2)).toEqual([0xfa, 3]);
    send(0xf4);
    mouse.move(0, 0, -1);
    expect(take()).toEqual([0x08, 0, 0, 0xff]);
    send(0xf3, 200, 0xf3, 200, 0xf3, 80);
    expect(send(0xf2)).toEqual([0xfa, 4]);
    mouse.button("back", true);
    mouse.move(0, 0, 2);
    expect(nextPacket()).toEqual([0x08, 0, 0, 0x12]);
    expect(send(0xff, 0xf2)).toEqual([0xfa, 0xaa, 0, 0xfa, 0]);
  });

  it("answers in remote mode and echoes in wrap mode", () => {
    send(0xf0);
    mouse.move(7, 0);
    expect(take()).toEqual([]);
    expect(send(0xeb)).toEqual([0xfa, 0x08, 7, 0]);
    expect(send(0xee, 0x55, 0xf4)).toEqual([0xfa, 0x55, 0xf4]);
    expect(send(0xec)).toEqual([0xfa]);
  });

  it("scales 2:1 in stream mode only", () => {
    send(0xe7, 0xf4);
    mouse.move(4, 10);
    expect(take()).toEqual([0x28, 6, 0xec]);
    send(0xf0);
    mouse.move(4, 0);
    expect(send(0xeb)).toEqual([0xfa, 0x08, 4, 0]);
  });

  it("refuses what it cannot do and resends", () => {
    expect(send(0xf3, 33, 33)).toEqual([0xfa, 0xfe, 0xfc]);
    expect(send(0xe8, 9, 3, 0xe9)).toEqual([0xfa, 0xfe, 0xfa, 0xfa, 0, 3, 100]);
    expect(send(0x12, 0x12, 0x12)).toEqual([0xfe, 0xfc, 0xfe]);
    expect(send(0xe6, 0x12)).toEqual([0xfa, 0xfe]);
    expect(send(0xf3, 33, 0xf2)).toEqual([0xfa, 0xfe, 0xfa, 0]);
    send(0xf4);
    mouse.move(1, 0);
    take();
    expect(send(0xfe)).toEqual([0x08, 1, 0]);
  });

  it("nudges with an empty report", () => {
    mouse.nudge();
    expect(take()).toEqual([]);
    send(0xf4);
    mouse.nudge();
    expect(take()).toEqual([0x08, 0, 0]);
  });

  it("goes on from a saved state", () => {
    send(0xf4);
    mouse.move(1, 1);
    mouse.button("left", true);
    const other = new Ps2Mouse(clock);
    other.restore(mouse.save());
    expect(other.save()).toEqual(mouse.save());
    mouse = other;
    expect([take(), nextPacket()]).toEqual([
      [0x28, 1, 0xff],
      [0x09, 0, 0],
    ]);
  });
});
