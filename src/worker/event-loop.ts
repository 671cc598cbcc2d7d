/**
 * Giving way to the thread's event loop, and waking up in time.
 *
 * A browser clamps nested timeouts to 4 ms, but not one that is set from a message's handler, so every turn starts
 * from a message. Node delivers up to a thousand messages of one port before it looks at anything else, so there it is
 * `setImmediate`.
 */

export interface EventLoop {
  /** Calls `turn` after everything that waits now (messages, timers, storage) has had its turn. */
  soon(): void;
  /** Calls `turn` in about `delayMs`, unless `soon` does before. */
  later(delayMs: number): void;
  /** Forgets what `soon` and `later` asked for. */
  cancel(): void;
  /** Stands still for less than a millisecond where the host can do that without using the processor. */
  nap(delayMs: number): boolean;
  close(): void;
}

export function createEventLoop(turn: () => void): EventLoop {
  let timeout: ReturnType<typeof setTimeout> | undefined;
  let asked = false;
  const onTurn = () => {
    if (!asked) return;
    asked = false;
    turn();
  };

  const inNode = typeof setImmediate === "function";
  const channel = inNode ? null : new MessageChannel();
  if (channel) channel.port1.onmessage = onTurn;
  const post = inNode ? () => void setImmediate(onTurn) : () => channel?.port2.postMessage(null);

  const forgetTimeout = () => {
    clearTimeout(timeout);
    timeout = undefined;
  };
  const soon = () => {
    forgetTimeout();
    if (asked) return;
    asked = true;
    post();
  };

  // Atomics.wait needs shared memory, which a page has only when it is cross-origin isolated.
  const cell = typeof SharedArrayBuffer === "function" ? new Int32Array(new SharedArrayBuffer(4)) : null;
  let mayNap = cell !== null;

  return {
    soon,
    later(delayMs) {
      forgetTimeout();
      if (asked) return;
      timeout = setTimeout(soon, Math.min(delayMs, MAX_TIMEOUT_MS));
    },
    cancel() {
      forgetTimeout();
      asked = false;
    },
    nap(delayMs) {
      if (!cell || !mayNap) return false;
      try {
        Atomics.wait(cell, 0, 0, delayMs);
        return true;
      } catch (error) {
        // Threads that may not block (a page's main thread) throw a TypeError.
        if (!(error instanceof TypeError)) throw error;
        mayNap = false;
        return false;
      }
    },
    close() {
      forgetTimeout();
      asked = false;
      channel?.port1.close();
    },
  };
}

/** Longer timeouts overflow to zero. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;
