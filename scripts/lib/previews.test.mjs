import { expect, test } from "vitest";
import { withSiteUrl } from "./previews.mjs";

const PAGE = `<head>
    <meta property="og:type" content="website" />
    <meta property="og:image" content="./preview.png" />
  </head>`;

test.each(["https://school.example/posada/", "https://school.example/posada"])("in %s addresses are whole", (url) => {
  const page = withSiteUrl(PAGE, url);
  expect(page).toContain('property="og:image" content="https://school.example/posada/preview.png"');
  expect(page).toContain('property="og:url" content="https://school.example/posada/"');
  expect(page).toContain('property="og:type"');
});

test("what is no address of a site is refused", () => {
  expect(() => withSiteUrl(PAGE, "file:///tmp/")).toThrow(/no address of a site/);
  expect(() => withSiteUrl(PAGE, "posada")).toThrow();
});
