export class CpioWriter {
  directory(name: string, mode?: number): this;
  file(name: string, bytes: Uint8Array, mode?: number): this;
  symlink(name: string, target: string): this;
  characterDevice(name: string, major: number, minor: number, mode?: number): this;
  /** The whole archive, with its trailer. */
  finish(): Buffer<ArrayBuffer>;
}
