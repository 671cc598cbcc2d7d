/**
 * A program in one file: the page that `posada pack` writes. It goes on with the machine at the point where its program
 * begins, shows the program's screen and nothing else, hands files in and out, and ends when the program ends, with its status:
 * in words, in `document.documentElement.dataset.exitStatus`, and as a message to the page that opened or embeds this one.
 */
import type { VmEvent } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { checkHost } from "../services/host-check.ts";
import { configOf } from "../services/machine-plan.ts";
import { ProgramReply, startMessage } from "../services/published/program-link.ts";
import type { ProgramFile, ProgramResult } from "../services/published/program-link.ts";
import { readPublished } from "../services/published/published-machine.ts";
import { VmClient } from "../services/vm-client.ts";
import { definition, machineFiles, packedPart } from "./packed-parts.ts";
import { captureKeys } from "./program-keys.ts";
import { wordsFor } from "./words.ts";

/** Parts are named beside it; nothing is ever fetched from there. */
const NOWHERE = "https://packed.invalid/machine.json";
const COM2 = 1;

const say = wordsFor(navigator.languages);
const line = document.createElement("p");
line.setAttribute("role", "status");
const canvas = document.createElement("canvas");
canvas.width = 720;
canvas.height = 400;
canvas.tabIndex = 0;
canvas.setAttribute("role", "img");
canvas.setAttribute("aria-label", say.screen);

function startWorker(): Worker {
  const script = new Blob([packedPart("worker")], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(script), { name: "posada-machine" });
  worker.postMessage({ core: packedPart("core"), unpacker: packedPart("unpacker") });
  return worker;
}

/** Where the program wants files: waits until the person has chosen them, if any. */
async function askForFiles(): Promise<ProgramFile[]> {
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.multiple = true;
  const label = document.createElement("label");
  label.append(`${say.addFiles} `, chooser);
  const button = document.createElement("button");
  button.textContent = say.begin;
  const form = document.createElement("form");
  form.append(label, button);
  line.before(form);
  await new Promise<void>((resolve) =>
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      resolve();
    }),
  );
  form.remove();
  return Promise.all(
    Array.from(chooser.files ?? [], async (file) => ({
      name: file.name,
      bytes: new Uint8Array(await file.arrayBuffer()),
    })),
  );
}

function showEnd({ status, files }: ProgramResult): void {
  line.textContent = status === null ? say.endedUntold : say.ended(status);
  document.documentElement.dataset.exitStatus = status === null ? "" : String(status);
  if (files.length > 0) {
    const list = document.createElement("ul");
    for (const { name, bytes } of files) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
      link.download = name.split("/").at(-1)!;
      link.textContent = name;
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    line.after(say.files, list);
  }
  const told = { type: "posada-exit", status };
  const listener = (window.opener ?? (window.parent === window ? null : window.parent)) as Window | null;
  // It holds a status alone, so it may be told to whoever opened this page.
  listener?.postMessage(told, "*");
}

async function run(): Promise<void> {
  checkHost();
  const { plan, program, title } = readPublished(definition(), NOWHERE, machineFiles());
  document.title = title;
  const files = program?.files ? await askForFiles() : [];
  const client = new VmClient(startWorker);
  const end = (result: ProgramResult): void => {
    showEnd(result);
    void client.dispose();
  };
  // The machine waits in the moment after it has said that it is ready.
  const reply = new ProgramReply(() => {}, end);
  reply.receive(new TextEncoder().encode("ready\n"));
  client.addEventListener("serial", (event) => {
    const detail = (event as CustomEvent<VmEvent>).detail;
    if (detail.type === "serial" && detail.port === COM2) reply.receive(detail.bytes);
  });
  client.addEventListener("statechange", (event) => {
    const detail = (event as CustomEvent<VmEvent>).detail;
    if (detail.type === "state" && (detail.state === "poweredOff" || detail.state === "aborted") && begun)
      reply.finish();
  });
  client.addEventListener("error", (event) => fail((event as CustomEvent<VmEvent>).detail));
  let begun = false;
  await client.create(configOf(plan, NOWHERE));
  await client.attachCanvas(canvas);
  captureKeys(canvas, (code, down) => void client.api.key(code, down).catch(() => undefined));
  await client.api.start();
  begun = true;
  line.textContent = say.running;
  canvas.title = say.keys;
  canvas.focus();
  await client.api.serialWrite(COM2, await startMessage(files));
}

function fail(error: unknown): void {
  line.textContent = `${say.failed} ${asVmError(error).message}`;
  document.documentElement.dataset.failed = "";
}

line.textContent = say.loading;
document.body.append(canvas, line);
run().catch(fail);
