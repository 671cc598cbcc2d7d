import { expect, test } from "vitest";
import { fetchDefinition } from "./fetch-definition.ts";
import { encodeLink } from "./link-code.ts";

const answer =
  (body: string, status = 200): typeof fetch =>
  async () =>
    new Response(body, { status });

test("a file of JSON, whose addresses count from where it stands", async () => {
  const found = await fetchDefinition("https://a.example/m/linux.json", answer('{"floppy": {"url": "../x.img"}}'));
  expect(found).toEqual({
    definition: { title: "", floppy: { url: "../x.img" } },
    baseUrl: "https://a.example/m/linux.json",
  });
});

test("a link is read without asking anybody", async () => {
  const link = `https://a.example/#${encodeLink({ title: "x", floppy: { url: "x.img" } })}`;
  const nobody: typeof fetch = () => Promise.reject(new Error("asked"));
  expect((await fetchDefinition(link, nobody)).definition).toEqual({ title: "x", floppy: { url: "x.img" } });
});

test("what cannot be had, is no JSON, has no end, or is wrong, is said", async () => {
  const problem = (doFetch: typeof fetch) =>
    fetchDefinition("https://a.example/m.json", doFetch).then(
      () => null,
      (error: { problem: unknown }) => error.problem,
    );
  expect(await problem(answer("", 404))).toMatchObject({ fault: "unreachable", reason: { text: "the server answered {0} for {1}", parts: [404, expect.any(String)] } }); // prettier-ignore
  expect(await problem(() => Promise.reject(new TypeError("no")))).toMatchObject({ fault: "unreachable" });
  expect(await problem(answer("<html>"))).toMatchObject({ fault: "unreachable" });
  expect(await problem(answer(" ".repeat(200_000)))).toEqual({ fault: "tooLarge" });
  expect(await problem(answer('{"src": "other.json"}'))).toEqual({ fault: "unknownField", field: "src" });
});
