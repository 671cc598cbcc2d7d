/** A screenshot, looked at by colors. */
import type { DecodedPng } from "fast-png";

/** Edges inside the rectangle. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export class Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  private readonly rgb: Uint8Array;

  constructor({ width, height, data, channels }: DecodedPng) {
    if (channels !== 3) throw new Error(`a screenshot has 3 channels, not ${channels}`);
    this.widthPx = width;
    this.heightPx = height;
    this.rgb = data as Uint8Array;
  }

  /** 0xRRGGBB */
  color(x: number, y: number): number {
    const at = (y * this.widthPx + x) * 3;
    return (this.rgb[at]! << 16) | (this.rgb[at + 1]! << 8) | this.rgb[at + 2]!;
  }

  /** How many different colors there are. */
  get colors(): number {
    const seen = new Set<number>();
    for (let y = 0; y < this.heightPx; y++) for (let x = 0; x < this.widthPx; x++) seen.add(this.color(x, y));
    return seen.size;
  }

  equals(other: Picture): boolean {
    return this.changes(other).length === 0;
  }

  /** Where another picture of the same size differs: boxes around pixels less than `gapPx` apart, top to bottom. */
  changes(other: Picture, gapPx = 8): Box[] {
    if (this.widthPx !== other.widthPx || this.heightPx !== other.heightPx)
      throw new Error(`${this.widthPx}×${this.heightPx} is compared with ${other.widthPx}×${other.heightPx}`);
    let boxes: Box[] = [];
    for (let y = 0; y < this.heightPx; y++)
      for (let x = 0; x < this.widthPx; x++)
        if (this.color(x, y) !== other.color(x, y)) boxes = joined(boxes, x, y, gapPx);
    return boxes;
  }
}

/** The boxes with one more pixel; those that it lies near become one. */
function joined(boxes: Box[], x: number, y: number, gapPx: number): Box[] {
  const isNear = ({ left, top, right, bottom }: Box) =>
    x > left - gapPx && x < right + gapPx && y > top - gapPx && y < bottom + gapPx;
  const near = boxes.filter(isNear);
  if (near.length === 0) return [...boxes, { left: x, top: y, right: x, bottom: y }];
  const [first, ...others] = near as [Box, ...Box[]];
  for (const box of [...others, { left: x, top: y, right: x, bottom: y }]) {
    first.left = Math.min(first.left, box.left);
    first.top = Math.min(first.top, box.top);
    first.right = Math.max(first.right, box.right);
    first.bottom = Math.max(first.bottom, box.bottom);
  }
  return others.length === 0 ? boxes : boxes.filter((box) => !others.includes(box));
}
