/** What the page of examples does with its machines. */

const byId = (id) => document.getElementById(id);

byId("ask").addEventListener("click", async () => {
  const element = byId("linux");
  const CONTROL_SEQUENCES = /\x1b\[[\d;?]*[a-zA-Z]/g;
  const answer = byId("answer");
  const machine = await element.load();
  const decoder = new TextDecoder();
  let asked = false;
  machine.addEventListener("serial", ({ detail }) => {
    // The shell asks the terminal where its cursor is; this is none.
    const said = decoder.decode(detail, { stream: true }).replace(CONTROL_SEQUENCES, "");
    answer.textContent = (answer.textContent + said).slice(-2000);
    if (asked || !/# ?$/.test(answer.textContent.trimEnd())) return;
    asked = true;
    machine.serialWrite("uname -a\n");
  });
  await element.start();
});

/** The frame: every call is answered by a message with its number. */
const frame = byId("framed");
const there = location.origin; // of the page in the frame; here it is this very site
const waiting = new Map();
let lastId = 0;

function call(name, ...args) {
  const id = ++lastId;
  frame.contentWindow.postMessage({ posada: 1, id, call: name, args }, there);
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

addEventListener("message", ({ origin, source, data }) => {
  if (origin !== there || source !== frame.contentWindow || data?.posada !== 1) return;
  if (data.event === "statechange") byId("frame-said").textContent = data.detail.state;
  if (data.event === "ready") byId("frame-said").textContent = "ready";
  const { resolve, reject } = waiting.get(data.id) ?? {};
  waiting.delete(data.id);
  if (data.error) reject?.(data.error);
  else resolve?.(data.result);
});

frame.src = `../embed.html?src=examples/linux.json&pause-hidden&origin=${encodeURIComponent(location.origin)}`;

const button = (id, act) =>
  byId(id).addEventListener("click", () => act().catch(({ message }) => (byId("frame-said").textContent = message)));
button("frame-start", () => call("start"));
button("frame-pause", () => call("pause"));
button("frame-type", () => call("type", "uname -a\n"));
button("frame-picture", async () => {
  const picture = byId("picture");
  picture.src = URL.createObjectURL(await call("screenshot"));
  picture.hidden = false;
});
