/** No axe violations on a page as it stands. Without frames: to look into them, axe opens a page of its own, which takes longer than all its rules. */
import AxeBuilder from "@axe-core/playwright";
import { expect } from "@playwright/test";
import type { Page } from "@playwright/test";

/** `leftOut`: a selector of what is not the page's own. */
export async function expectNoViolations(page: Page, leftOut?: string): Promise<void> {
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  if (leftOut) axe.exclude(leftOut);
  const { violations } = await axe.analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)).toEqual([]);
}
