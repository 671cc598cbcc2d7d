/**
 * From the page's pointer events to the guest's mouse. Where the guest has an absolute pointer, it follows the page's;
 * else the mouse is captured (pointer lock) and sends motion. A finger draws the pointer as on a touch pad, or puts
 * it where it touches where that is possible; a tap is a click, and of two fingers the right one.
 */
import type { MouseButton } from "../../protocol/vm-api.ts";

export interface PointerSink {
  /** Rejects never. */
  move(dx: number, dy: number, wheel: number): Promise<void>;
  /** 0…1 of the screen. */
  pointTo(x: number, y: number): Promise<void>;
  button(button: MouseButton, down: boolean): void;
  /** Whether the guest gets anything now. */
  active(): boolean;
  absolute(): boolean;
  /** Whether a click on the screen captures the mouse. */
  capturesOnClick(): boolean;
  refused(): void;
}

const BUTTONS: readonly MouseButton[] = ["left", "middle", "right"];
/** Wheel motion that is one detent, by WheelEvent.deltaMode: pixels, lines, pages. */
const DETENT = [100, 3, 1];
const TAP_MS = 250;
const TAP_PX = 8;

export class PointerCapture {
  private readonly pressed = new Set<MouseButton>();
  private pending = { dx: 0, dy: 0, wheel: 0, at: null as { x: number; y: number } | null };
  private sending = false;
  private wheelRest = 0;
  private readonly touches = new Map<number, { x: number; y: number; atMs: number; moved: boolean }>();
  private mostTouches = 0;
  private readonly listeners = new AbortController();

  constructor(
    private readonly screen: HTMLElement,
    private readonly sink: PointerSink,
  ) {
    const { signal } = this.listeners;
    const on = <K extends keyof HTMLElementEventMap>(type: K, handle: (event: HTMLElementEventMap[K]) => void) =>
      screen.addEventListener(type, handle, { signal, passive: false });
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.moved(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.up(event));
    on("wheel", (event) => this.wheel(event));
    on("contextmenu", (event) => sink.active() && event.preventDefault());
    screen.ownerDocument.addEventListener("pointerlockchange", () => !this.locked && this.releaseAll(), { signal });
  }

  get locked(): boolean {
    // Of a shadow tree the document tells only its host.
    return (this.screen.getRootNode() as Document | ShadowRoot).pointerLockElement === this.screen;
  }

  /** Asks the browser for the mouse; it may refuse. */
  async capture(): Promise<void> {
    try {
      await this.screen.requestPointerLock();
    } catch {
      this.sink.refused();
    }
  }

  release(): void {
    if (this.locked) this.screen.ownerDocument.exitPointerLock();
    this.releaseAll();
  }

  /** Lets go of all buttons. */
  releaseAll(): void {
    for (const button of this.pressed) this.sink.button(button, false);
    this.pressed.clear();
  }

  detach(): void {
    this.release();
    this.listeners.abort();
  }

  private get following(): boolean {
    return this.sink.active() && (this.sink.absolute() || this.locked);
  }

  private down(event: PointerEvent): void {
    if (!this.sink.active()) return;
    if (event.pointerType === "touch") return this.touchDown(event);
    if (!this.following) {
      if (event.button === 0 && this.sink.capturesOnClick()) void this.capture();
      return;
    }
    const button = BUTTONS[event.button];
    if (!button) return;
    if (!this.locked) this.screen.setPointerCapture(event.pointerId);
    this.place(event);
    this.press(button);
  }

  private up(event: PointerEvent): void {
    if (event.pointerType === "touch") return this.touchUp(event);
    const button = BUTTONS[event.button];
    if (button) this.lift(button);
  }

  private moved(event: PointerEvent): void {
    if (event.pointerType === "touch") return this.touchMove(event);
    if (this.following) this.place(event);
    // A second button that goes down or up while another is down comes as a move.
    if (event.button > 0 && this.following) {
      const button = BUTTONS[event.button];
      const bit = [1, 4, 2][event.button]!;
      if (button && event.buttons & bit) this.press(button);
      else if (button) this.lift(button);
    }
  }

  private press(button: MouseButton): void {
    if (this.pressed.has(button)) return;
    this.pressed.add(button);
    this.sink.button(button, true);
  }

  private lift(button: MouseButton): void {
    if (this.pressed.delete(button)) this.sink.button(button, false);
  }

  private wheel(event: WheelEvent): void {
    if (!this.following) return;
    event.preventDefault();
    this.wheelRest += event.deltaY / DETENT[event.deltaMode]!;
    const detents = Math.trunc(this.wheelRest);
    this.wheelRest -= detents;
    this.pending.wheel += detents;
    if (detents !== 0) this.flush();
  }

  private place(event: PointerEvent): void {
    if (this.sink.absolute() && !this.locked) this.pending.at = this.positionOf(event);
    else {
      this.pending.dx += event.movementX;
      this.pending.dy += event.movementY;
    }
    this.flush();
  }

  private positionOf({ clientX, clientY }: { clientX: number; clientY: number }): { x: number; y: number } {
    const box = this.screen.getBoundingClientRect();
    const share = (value: number, size: number) => Math.min(1, Math.max(0, size > 0 ? value / size : 0));
    return { x: share(clientX - box.left, box.width), y: share(clientY - box.top, box.height) };
  }

  private touchDown(event: PointerEvent): void {
    event.preventDefault();
    this.touches.set(event.pointerId, { x: event.clientX, y: event.clientY, atMs: event.timeStamp, moved: false });
    this.mostTouches = Math.max(this.mostTouches, this.touches.size);
    if (this.sink.absolute()) {
      this.pending.at = this.positionOf(event);
      this.flush();
    }
  }

  private touchMove(event: PointerEvent): void {
    const touch = this.touches.get(event.pointerId);
    if (!touch || !this.sink.active()) return;
    const [dx, dy] = [event.clientX - touch.x, event.clientY - touch.y];
    if (!touch.moved && Math.hypot(dx, dy) < TAP_PX) return;
    Object.assign(touch, { x: event.clientX, y: event.clientY, moved: true });
    if (this.sink.absolute()) {
      this.pending.at = this.positionOf(event);
      if (this.touches.size === 1) this.press("left");
    } else {
      this.pending.dx += dx;
      this.pending.dy += dy;
    }
    this.flush();
  }

  private touchUp(event: PointerEvent): void {
    const touch = this.touches.get(event.pointerId);
    this.touches.delete(event.pointerId);
    this.lift("left");
    const tapped = touch && !touch.moved && event.timeStamp - touch.atMs < TAP_MS && event.type === "pointerup";
    if (this.touches.size > 0) return;
    const button = this.mostTouches > 1 ? "right" : "left";
    this.mostTouches = 0;
    if (!tapped || !this.sink.active()) return;
    this.press(button);
    setTimeout(() => this.lift(button), 60);
  }

  /** One message is under way at a time; what comes meanwhile is added up. */
  private flush(): void {
    if (this.sending) return;
    const { wheel, at } = this.pending;
    const [dx, dy] = [Math.trunc(this.pending.dx), Math.trunc(this.pending.dy)];
    if (at === null && dx === 0 && dy === 0 && wheel === 0) return;
    this.pending = { dx: this.pending.dx - dx, dy: this.pending.dy - dy, wheel: 0, at: null };
    this.sending = true;
    const calls: Promise<void>[] = [];
    if (at) calls.push(this.sink.pointTo(at.x, at.y));
    if (dx !== 0 || dy !== 0 || wheel !== 0) calls.push(this.sink.move(dx, dy, wheel));
    void Promise.all(calls).then(() => {
      this.sending = false;
      this.flush();
    });
  }
}
