/** Carries a machine's picture to the sink that is attached: the whole of it at first, then what changed. */
import type { DisplaySink, ScreenMode } from "./display-sink.ts";

/** The display board as seen from here: `VgaDevice` is one. */
export interface PictureSource {
  readonly frame: Readonly<ScreenMode> & { readonly rgba: Uint8ClampedArray<ArrayBuffer> };
  render(): { modeChanged: boolean; changed: readonly { x: number; y: number; w: number; h: number }[] };
}

export class Presenter {
  private shownWhole = false;

  /** `onMode`: called with the first mode and with every other. */
  constructor(
    private readonly source: PictureSource,
    private sink: DisplaySink,
    private readonly onMode: (mode: ScreenMode) => void,
  ) {}

  /** Goes on with another sink, which gets the whole picture at the next tick. */
  attach(sink: DisplaySink): void {
    this.sink = sink;
    this.shownWhole = false;
  }

  /** To be called at the host's frame rate. @returns true when anything was drawn. */
  tick(): boolean {
    const { modeChanged, changed } = this.source.render();
    const { frame } = this.source;
    const strideBytes = frame.widthPx * 4;
    if (modeChanged || !this.shownWhole) {
      const mode = { widthPx: frame.widthPx, heightPx: frame.heightPx, aspect: frame.aspect, text: frame.text };
      this.shownWhole = true;
      this.sink.setMode(mode);
      this.onMode(mode);
      this.sink.blit(0, 0, frame.widthPx, frame.heightPx, frame.rgba, strideBytes);
      return true;
    }
    for (const { x, y, w, h } of changed) this.sink.blit(x, y, w, h, frame.rgba, strideBytes);
    return changed.length > 0;
  }
}
