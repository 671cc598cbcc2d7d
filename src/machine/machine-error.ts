/** No machine can be made of what was asked for or given, or it does not take a medium. The message is for people. */
export class MachineError extends Error {
  override name = "MachineError";

  constructor(
    /** What to change: the machine's configuration, or a file. */
    readonly about: "config" | "media",
    message: string,
  ) {
    super(message);
  }
}
