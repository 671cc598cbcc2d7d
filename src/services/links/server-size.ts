/**
 * How long a file on a server is, without loading it: by HEAD, and by the first byte where a server does not answer that.
 *
 * References: [RFC 9110] 9.3.2 (HEAD), 14.4 (Content-Range).
 */

export type SizeAnswer =
  | { kind: "size"; sizeBytes: number }
  /** The server answered, but does not say. */
  | { kind: "unknown" }
  | { kind: "missing"; status: number }
  /** No answer, or none that this page may see. */
  | { kind: "unreachable" };

export async function askSize(url: string, doFetch: typeof fetch = fetch): Promise<SizeAnswer> {
  try {
    const head = await doFetch(url, { method: "HEAD" });
    const told = lengthOf(head);
    if (head.ok && told !== null) return { kind: "size", sizeBytes: told };
    const first = await doFetch(url, { headers: { Range: "bytes=0-0" } });
    await first.body?.cancel();
    if (!first.ok) return { kind: "missing", status: first.status };
    const total = /\/(\d+)\s*$/.exec(first.headers.get("Content-Range") ?? "")?.[1];
    if (first.status === 206) return total ? { kind: "size", sizeBytes: Number(total) } : { kind: "unknown" };
    const whole = lengthOf(first);
    return whole === null ? { kind: "unknown" } : { kind: "size", sizeBytes: whole };
  } catch {
    return { kind: "unreachable" };
  }
}

/** An encoded body has another length than the file. */
function lengthOf(response: Response): number | null {
  const length = Number(response.headers.get("Content-Length") ?? NaN);
  return length > 0 && !response.headers.has("Content-Encoding") ? length : null;
}
