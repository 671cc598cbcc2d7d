import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { policyOf, securityHeaders } from "./security.mjs";

const PAGE = '<head><meta http-equiv="Content-Security-Policy" content="" /><style>a { b: c }</style></head>';

test("nothing inline is let through but what a hash names", () => {
  const hash = createHash("sha256").update("a { b: c }").digest("base64");
  expect(policyOf(PAGE)).toContain(`style-src 'self' 'sha256-${hash}'`);
  for (const policy of [policyOf(PAGE), policyOf("")]) {
    expect(policy).not.toMatch(/'unsafe-inline'|'unsafe-eval'|\*/);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).toContain("default-src 'none'");
  }
});

test("only the page for frames stands in frames of others", () => {
  expect(securityHeaders("/index.html", PAGE)["Content-Security-Policy"]).toContain("frame-ancestors 'self'");
  expect(securityHeaders("/embed.html", PAGE)["Content-Security-Policy"]).not.toContain("frame-ancestors");
  expect(securityHeaders("/assets/worker.js", null)["Content-Security-Policy"]).toContain("'wasm-unsafe-eval'");
});

test("somebody else's page beside the site is not held to the site's policy", () => {
  expect(securityHeaders("/my/page.html", "<script>1</script>")).not.toHaveProperty("Content-Security-Policy");
});
