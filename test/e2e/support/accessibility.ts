// axe on the page as it is now. Legacy mode, because Electron has no new tab for axe to finish in.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Fails when axe finds something serious or critical; names the rule and the elements. */
export async function expectAccessible(page: Page, selector?: string): Promise<void> {
  const builder = new AxeBuilder({ page })
    .setLegacyMode(true)
    // They pass the focus on and are never where it stays.
    .exclude('[data-base-ui-focus-guard]');
  if (selector !== undefined) builder.include(selector);
  const { violations } = await builder.analyze();
  const found = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => ({
      rule: `${id}: ${help}`,
      elements: nodes
        .slice(0, 5)
        .map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`),
    }));
  expect(found).toEqual([]);
}
