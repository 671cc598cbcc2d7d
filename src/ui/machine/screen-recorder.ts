/**
 * A video of a machine's screen. The screen's canvas belongs to the machine's worker and changes its size with the guest's
 * modes; the video keeps the size with which it began: what is shown is drawn into a canvas of that size, which MediaRecorder
 * records. No sound: the machine has none. [MEDIASTREAM-RECORDING], [MEDIACAPTURE-FROM-ELEMENT]
 */
import type { ScreenMode } from "../../services/machine-session.ts";

const FRAMES_PER_SECOND = 30;
const PIECE_MS = 1000;
/** A smaller picture is recorded at twice its size: codecs blur single pixels. */
const SMALL_WIDTH_PX = 800;
const FORMATS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];

export interface Video {
  blob: Blob;
  /** "webm" or "mp4". */
  ending: string;
}

export class ScreenRecorder {
  private readonly pieces: Blob[] = [];
  private readonly recorder: MediaRecorder;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly began = performance.now();

  static get isSupported(): boolean {
    return typeof MediaRecorder === "function" && FORMATS.some((format) => MediaRecorder.isTypeSupported(format));
  }

  /** Records from now on. @param screen the canvas that shows the machine now; null while there is none */
  constructor(screen: () => HTMLCanvasElement | null, mode: ScreenMode) {
    const picture = document.createElement("canvas");
    const scale = mode.widthPx < SMALL_WIDTH_PX ? 2 : 1;
    // Codecs want even sizes.
    picture.width = 2 * Math.round((mode.widthPx * scale) / 2);
    picture.height = 2 * Math.round(picture.width / mode.aspect / 2);
    const context = picture.getContext("2d", { alpha: false })!;
    const draw = () => {
      const source = screen();
      if (!source || source.width === 0) return;
      const fitted = source.clientHeight > 0 ? source.clientWidth / source.clientHeight : mode.aspect;
      const width = Math.min(picture.width, picture.height * fitted);
      const height = width / fitted;
      context.fillRect(0, 0, picture.width, picture.height);
      context.imageSmoothingEnabled = scale === 1;
      context.drawImage(source, (picture.width - width) / 2, (picture.height - height) / 2, width, height);
    };
    draw();
    this.timer = setInterval(draw, 1000 / FRAMES_PER_SECOND);
    const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format));
    this.recorder = new MediaRecorder(picture.captureStream(FRAMES_PER_SECOND), mimeType ? { mimeType } : {});
    this.recorder.addEventListener("dataavailable", ({ data }) => data.size > 0 && this.pieces.push(data));
    this.recorder.start(PIECE_MS);
  }

  get seconds(): number {
    return Math.floor((performance.now() - this.began) / 1000);
  }

  /** Ends it. */
  stop(): Promise<Video> {
    clearInterval(this.timer);
    return new Promise((done) => {
      const { recorder } = this;
      const finish = () => {
        for (const track of recorder.stream.getTracks()) track.stop();
        const type = recorder.mimeType || "video/webm";
        done({ blob: new Blob(this.pieces, { type }), ending: type.includes("mp4") ? "mp4" : "webm" });
      };
      if (recorder.state === "inactive") return finish();
      recorder.addEventListener("stop", finish, { once: true });
      recorder.stop();
    });
  }
}
