/** A command line that cannot be understood; the message is one line. */
export class UsageError extends Error {
  override name = "UsageError";
}

export function fail(sentence: string): never {
  throw new UsageError(sentence);
}
