/**
 * Runs in each browser: boots the guests one after the other through dist/posada.js and tells the server how each went.
 * It looks at machines as an embedding page does.
 */
import { createMachine } from "/posada.js";

const LOOK_MS = 50;
/** A picture is encoded and counted: more often, and the guest had no time for itself. */
const PICTURE_LOOK_MS = 1000;
const GUEST_TIMEOUT_MS = 240_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const tell = (path, what) => fetch(path, { method: "POST", body: JSON.stringify(what) });

async function screenOf(vm) {
  const lines = await vm.screenText();
  return lines?.map((line) => line.trimEnd()).join("\n").trimEnd() ?? ""; // prettier-ignore
}

async function colorsOf(vm) {
  const picture = await createImageBitmap(await vm.screenshot());
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  return new Set(new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
}

async function meets(vm, { until, colors }) {
  if (colors) return (await colorsOf(vm)) >= colors;
  return new RegExp(until, "m").test(await screenOf(vm));
}

async function boot({ name, options, steps }) {
  const at = (file) => (file === undefined ? undefined : `/guest/${file}`);
  const canvas = document.querySelector("canvas").cloneNode();
  document.querySelector("canvas").replaceWith(canvas);
  const { kernel, initrd, cdrom, floppy } = options;
  const media = { kernel: at(kernel), initrd: at(initrd), cdrom: at(cdrom), floppy: at(floppy) };
  const begun = performance.now();
  const vm = await createMachine({ ...options, ...media, canvas });
  let failure = null;
  vm.addEventListener("error", (event) => (failure ??= event.detail.message));
  try {
    const loaded = performance.now();
    await vm.start();
    let promptMs = null;
    for (const step of steps) {
      if (step.type) await vm.typeText(step.type);
      if (step.press) await vm.pressKeys(step.press);
      while (!(await meets(vm, step))) {
        if (failure) throw new Error(failure);
        if (performance.now() - begun > GUEST_TIMEOUT_MS)
          throw new Error(`"${step.until ?? "its picture"}" did not come; last seen:\n${await screenOf(vm)}`);
        await pause(step.colors ? PICTURE_LOOK_MS : LOOK_MS);
      }
      promptMs ??= performance.now() - loaded;
    }
    const { instructions, jit } = await vm.stats();
    return { name, promptMs, allMs: performance.now() - loaded, loadMs: loaded - begun, instructions, jit };
  } finally {
    await vm.dispose();
  }
}

const guests = await (await fetch("/boot-table/guests.json")).json();
const features = {
  tailCalls: WebAssembly.validate(
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 0x0b),
  ),
  sharedArrayBuffer: typeof SharedArrayBuffer === "function",
  offscreenCanvas: typeof OffscreenCanvas === "function",
  fileSystemAccess: typeof showSaveFilePicker === "function",
};
await tell("/boot-table/begin", { userAgent: navigator.userAgent, features });
for (const guest of guests) {
  let result;
  try {
    result = await boot(guest);
  } catch (error) {
    result = { name: guest.name, failure: `${error.name}: ${error.message}` };
  }
  await tell("/boot-table/result", result);
}
await tell("/boot-table/end", {});
