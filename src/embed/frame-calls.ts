/**
 * What the page around an embedded frame may ask of it, and what it is told: messages of the form
 *
 *   to the frame     { posada: 1, id, call: "start", args: [] }        id: any number, which the answer repeats
 *                    { posada: 1, id, call: "listen", args: ["serial", …] }
 *   from the frame   { posada: 1, id, result } or { posada: 1, id, error: { code, message } }
 *                    { posada: 1, event: "statechange", detail }
 *
 * Only the window around the frame is heard, and only if its origin is one of those that the frame's address names; only
 * these are answered. Without such an origin a frame says and hears nothing.
 */
import type { PosadaMachineElement } from "./machine-element.ts";
import type { Machine, MachineEvents } from "./posada.ts";

export const PROTOCOL = 1;

/** Told without being asked for; "serial" and "progress" are many, and are listened to. */
const ALWAYS = ["statechange", "screenmode", "exit", "error"] as const;
const ON_DEMAND = ["serial", "progress"] as const;
type Told = (typeof ALWAYS)[number] | (typeof ON_DEMAND)[number];

class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new CallError("badCall", "The call needs text.");
  return value;
}

function machineOf(element: PosadaMachineElement): Machine {
  if (element.machine) return element.machine;
  throw new CallError("wrongState", "The machine has not been loaded yet: call load or start.");
}

type Call = (element: PosadaMachineElement, args: unknown[]) => unknown;

const CALLS: Record<string, Call> = {
  load: async (element) => void (await element.load()),
  start: (element) => element.start(),
  pause: (element) => element.pause(),
  reset: (element) => machineOf(element).reset(),
  pressPowerButton: (element) => machineOf(element).pressPowerButton(),
  powerOff: (element) => machineOf(element).powerOff(),
  type: (element, [words]) => machineOf(element).typeText(text(words)),
  press: (element, codes) => machineOf(element).pressKeys(codes.map(text)),
  serialWrite: (element, [data]) => machineOf(element).serialWrite(data instanceof Uint8Array ? data : text(data)),
  state: (element) => element.machine?.state ?? "poweredOff",
  screenText: (element) => machineOf(element).screenText(),
  screenshot: (element) => machineOf(element).screenshot(),
  stats: (element) => machineOf(element).stats(),
};

/** @throws CallError where one is no origin that can be named */
export function readOrigins(given: readonly string[]): string[] {
  return given.map((each) => {
    const isOrigin = URL.canParse(each) && new URL(each).origin === each && /^https?:/.test(each);
    if (!isOrigin) throw new CallError("badConfig", `"${each}" is no origin, as https://school.example is one.`);
    return each;
  });
}

export interface FrameWindow {
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** @param origins those that may talk to the frame */
export function serveFrame(
  element: PosadaMachineElement,
  origins: readonly string[],
  own: FrameWindow,
  around: Pick<Window, "postMessage">,
): void {
  const wanted = new Set<Told>(ALWAYS);
  const post = (message: object, origin: string) => around.postMessage({ posada: PROTOCOL, ...message }, origin);
  own.addEventListener("message", (event) => {
    if (event.source !== (around as unknown) || !origins.includes(event.origin)) return;
    const data = event.data as { posada?: unknown; id?: unknown; call?: unknown; args?: unknown } | null;
    if (typeof data !== "object" || data?.posada !== PROTOCOL || typeof data.call !== "string") return;
    const { id, call } = data;
    const args: unknown[] = Array.isArray(data.args) ? data.args : [];
    const answer = (rest: object) => post({ id, ...rest }, event.origin);
    void perform(element, call, args, wanted).then(
      (result) => answer({ result }),
      (error: unknown) => {
        const { code = "internal", message } = error as { code?: string; message: string };
        answer({ error: { code, message } });
      },
    );
  });
  for (const name of [...ALWAYS, ...ON_DEMAND])
    element.addEventListener(name, (event) => {
      if (!wanted.has(name)) return;
      const { detail } = event as CustomEvent<MachineEvents[typeof name]>;
      for (const origin of origins) post({ event: name, detail }, origin);
    });
  for (const origin of origins) post({ event: "ready" }, origin);
}

async function perform(element: PosadaMachineElement, call: string, args: unknown[], wanted: Set<Told>) {
  if (call === "listen") {
    for (const name of ON_DEMAND) if (args.includes(name)) wanted.add(name);
    return null;
  }
  if (!Object.hasOwn(CALLS, call))
    throw new CallError("badCall", `There is no call "${call}"; calls are listen, ${Object.keys(CALLS).join(", ")}.`);
  return (await CALLS[call]!(element, args)) ?? null;
}
