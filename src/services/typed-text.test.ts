import { expect, test } from "vitest";
import { typedText, typeInPieces } from "./typed-text.ts";

test("what editors write is typed as what it stands for; what has no key is named once", () => {
  expect(typedText("echo “hi” – it’s\u00a0fine…\r\n")).toEqual({ text: 'echo "hi" - it\'s fine...\n', untypable: [] });
  expect(typedText("ñandú n\u0303")).toEqual({ text: "and ", untypable: ["ñ", "ú"] });
  expect(typedText("a\u0007b")).toEqual({ text: "ab", untypable: ["\u0007"] });
});

test("it is typed in order and stops when it is given up, or when the machine takes no more", async () => {
  const text = "0123456789".repeat(10);
  let typed = "";
  const seen: number[] = [];
  const all = new AbortController();
  await typeInPieces(
    text,
    async (piece) => ((typed += piece), true),
    all.signal,
    (done) => seen.push(done),
  );
  expect(typed).toBe(text);
  expect(seen.at(-1)).toBe(100);
  const stopped = new AbortController();
  typed = "";
  await typeInPieces(
    text,
    async (piece) => ((typed += piece), stopped.abort(), true),
    stopped.signal,
    () => {},
  );
  expect(typed).toBe(text.slice(0, 32));
  typed = "";
  await typeInPieces(
    text,
    async (piece) => ((typed += piece), false),
    all.signal,
    () => {},
  );
  expect(typed).toBe(text.slice(0, 32));
});
