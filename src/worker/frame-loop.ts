/** Draws the guest's picture at the pace that it deserves: often while it changes, seldom while it rests. */

export type FramePace = "repaint" | "resting" | "headless";

/** After about a second without a change the screen is looked at less often. */
const UNCHANGED_FRAMES = 60;

export interface FrameLoopParts {
  /** Calls `draw` before the next repaint; later where the picture rests, and seldom where nobody watches. */
  nextFrame(pace: FramePace, draw: () => void): void;
  /** @returns whether anything was drawn */
  draw(): boolean;
  /** Whether there will be more to draw. */
  goesOn(): boolean;
}

export class FrameLoop {
  /** Somebody watches. */
  visible = false;
  private asked = false;
  private unchanged = 0;

  constructor(private readonly parts: FrameLoopParts) {}

  /** Draws soon, and goes on while the machine runs. */
  ask(): void {
    if (this.asked) return;
    this.asked = true;
    const pace = !this.visible ? "headless" : this.unchanged < UNCHANGED_FRAMES ? "repaint" : "resting";
    this.parts.nextFrame(pace, () => {
      this.asked = false;
      this.unchanged = this.parts.draw() ? 0 : this.unchanged + 1;
      if (this.parts.goesOn()) this.ask();
    });
  }

  /** Input came: what it changes should be seen at once. */
  quicken(): void {
    this.unchanged = 0;
  }
}
