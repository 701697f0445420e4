// Chat as a researcher uses it, with real models: three levels of the healthcare parent side by side. Built once by the
// command line into the studio's home, before the window opens.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { copyWithTemplate, threeQuestions } from '../helpers/copy-with-template.ts';
import { expectAccessible } from './support/accessibility.ts';
import { repositoryRoot } from './support/runtimes.ts';
import { expect, test as base } from './support/studio-test.ts';

const levels = ['Q8_0', 'Q4_K_M', 'Q2_K'] as const;

const test = base.extend({
  // `folder` is the studio's: its home is filled before the studio starts.
  folder: async ({ folder }, use) => {
    runStudio(folder, 'build', 'domain', 'healthcare', '--level', levels.join(','));
    await use(folder);
  },
});

/** The command line on the studio's home. */
function runStudio(folder: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(repositoryRoot, 'dist/cli/main.js'), ...words],
    { env: { ...process.env, GGUF_STUDIO_HOME: join(folder, 'home') }, encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
}

test.setTimeout(120_000);

const longPrompt = 'Tell me everything about the treatment of a fracture, step by step.';

async function openChat(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Chat' }).click();
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toBeVisible();
}

/** The chat with one column per level, as the first suggestion offers. */
async function openThreeColumns(page: Page): Promise<void> {
  await openChat(page);
  await page
    .getByRole('list', { name: 'Suggestions from the library' })
    .getByRole('button')
    .first()
    .click();
  for (const level of levels) await expect(column(page, level)).toBeVisible();
}

function column(page: Page, name: string): Locator {
  return page.getByRole('region', { name: `Column ${name}`, exact: true });
}

/** Finished answers of a column that are in sight. */
function answers(page: Page, name: string): Locator {
  return column(page, name).locator('article:not([aria-busy])');
}

async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
  await page.keyboard.press('Enter');
}

/** Marks the page once an answer in progress shows words: small models are done faster than a test can look. */
async function watchForStreamedText(page: Page): Promise<void> {
  await page.evaluate(() => {
    new MutationObserver(() => {
      const busy = [...document.querySelectorAll('article[aria-busy="true"]')];
      if (busy.some(({ textContent }) => /\w+ \w+/.test(textContent))) {
        document.body.dataset['streamed'] = 'true';
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

async function answered(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeVisible({
    timeout: 60_000,
  });
}

/** The text of the last answer, without figures and buttons. */
async function lastText(page: Page, name: string): Promise<string> {
  return answers(page, name).last().locator('[data-part="text"]').innerText();
}

async function setOption(page: Page, name: string, value: string): Promise<void> {
  await page.getByRole('button', { name: /^temp / }).click();
  await page
    .getByRole('complementary', { name: 'Sampling' })
    .getByLabel(name, { exact: true })
    .fill(value);
  await page.getByRole('button', { name: 'Close panel' }).click();
}

test('three columns stream, mark the first difference and repeat themselves with the same seed', async ({
  studioWindow: page,
  studio,
}) => {
  await openThreeColumns(page);
  await watchForStreamedText(page);
  await ask(page, longPrompt);
  await answered(page);
  // Text arrived before the answer was complete.
  await expect(page.locator('body')).toHaveAttribute('data-streamed', 'true');
  const first = await Promise.all(levels.map((level) => lastText(page, level)));
  expect(first.every((text) => text.length > 0)).toBe(true);

  const card = column(page, 'Q2_K').getByRole('button', { name: /First difference · token \d+/ });
  await expect(card).toBeVisible();
  await expect(card).toHaveText(/Q8_0.*\.\d\d.*Q2_K.*\.\d\d/s);
  await expect(column(page, 'Q2_K').locator('mark')).toHaveCount(1);
  await expect(column(page, 'Q8_0').locator('mark')).toHaveCount(0);
  await expectAccessible(page);

  // Answers may be made again faster than one can look: the old ones must be gone.
  await page.evaluate(() => {
    for (const article of document.querySelectorAll('article')) article.dataset['old'] = '';
  });
  await page.keyboard.press('Control+r');
  await expect(page.locator('article[data-old]')).toHaveCount(0);
  await answered(page);
  expect(await Promise.all(levels.map((level) => lastText(page, level)))).toEqual(first);
  expect(studio.problems).toEqual([]);
});

test('an answer can be stopped, a prompt edited and sent again, and the edit taken back', async ({
  studioWindow: page,
}) => {
  await openThreeColumns(page);
  // An answer that does not end by itself soon: end-of-answer tokens are outweighed at a high temperature.
  await setOption(page, 'temp', '8');
  await setOption(page, 'top_k', '0');
  await setOption(page, 'top_p', '1');
  await setOption(page, 'min_p', '0');
  await ask(page, longPrompt);
  await expect(page.locator('article[aria-busy="true"]').first()).toHaveText(/\w+ \w+/);
  await page.keyboard.press('Escape');
  await answered(page);
  await expect(page.getByText('Stopped by you').first()).toBeVisible();

  await setOption(page, 'temp', '0');
  await column(page, 'Q8_0').getByRole('button', { name: 'Edit and send again' }).click();
  await column(page, 'Q8_0').getByRole('textbox', { name: 'Prompt' }).fill('What is a burn?');
  await page.getByRole('button', { name: 'Send to 3 columns' }).click();
  await answered(page);
  for (const level of levels) {
    await expect(column(page, level).getByText('What is a burn?', { exact: true })).toBeVisible();
    await expect(answers(page, level)).toHaveCount(1);
  }
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(column(page, 'Q4_K_M').getByText(longPrompt)).toBeVisible();
  await expect(page.getByText('Stopped by you').first()).toBeVisible();
});

test('a blind vote is told after it was given, and all is there after a restart', async ({
  studioWindow: page,
  studio,
}) => {
  await openThreeColumns(page);
  await page.getByRole('button', { name: 'Blind vote', exact: true }).click();
  for (const level of levels) await expect(page.getByText(level, { exact: true })).toHaveCount(0);
  await ask(page, 'What is a fracture?');
  await page.getByRole('button', { name: 'B is best' }).waitFor({ timeout: 60_000 });
  await expectAccessible(page);
  await expect(page.getByText(/t\/s/)).toHaveCount(0);
  await page.keyboard.press('2');
  const told = await page.getByText(/^B won: /).innerText();
  const winner = /Q8_0|Q4_K_M|Q2_K/.exec(told)?.[0] ?? '';
  await page.getByRole('button', { name: 'Show tally' }).click();
  const row = page.getByRole('row', { name: new RegExp(`-${winner} .* 1 0 0 `) });
  await expect(row).toBeVisible();
  await expect(page.getByRole('row', { name: / 0 0 1 / })).toHaveCount(2);
  await expectAccessible(page, '[role="dialog"]');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Leave blind vote' }).click();
  const before = await Promise.all(levels.map((level) => lastText(page, level)));

  const again = await studio.restart();
  await openChat(again);
  await expect(again.getByRole('heading', { name: 'Chat · What is a fracture?' })).toBeVisible();
  expect(await Promise.all(levels.map((level) => lastText(again, level)))).toEqual(before);
  await expect(
    column(again, 'Q2_K').getByRole('button', { name: /First difference/ }),
  ).toBeVisible();
  await again.getByRole('button', { name: 'Tally of blind votes' }).click();
  await expect(again.getByRole('row', { name: new RegExp(`-${winner} `) })).toBeVisible();
  await again.keyboard.press('Escape');
  // Models are loaded again by the next prompt.
  await ask(again, 'And a burn?');
  await answered(again);
  for (const level of levels) await expect(answers(again, level)).toHaveCount(2);
});

test('an engine killed in mid-answer leaves what came, says so, and answers again', async ({
  studioWindow: page,
  studio,
}) => {
  await openThreeColumns(page);
  for (const [name, value] of [
    ['temp', '8'],
    ['top_k', '0'],
    ['top_p', '1'],
    ['min_p', '0'],
  ] as const) {
    await setOption(page, name, value);
  }
  await ask(page, longPrompt);
  await expect(page.locator('article[aria-busy="true"]').first()).toHaveText(/\w+ \w+/);
  expect(studio.killHost('engine')).toBe(true);
  await expect(page.getByRole('button', { name: 'Try again' }).first()).toBeVisible();
  const broken = page.locator('article', { hasText: 'The answer broke off here.' }).first();
  await expect(broken).toContainText(/The answer broke off: .*stopped/);
  await expect(broken.locator('[data-part="text"]')).toHaveText(/\w+ \w+/);
  const came = await broken.locator('[data-part="text"]').innerText();

  // The next prompt is answered by all, and what had come stays.
  await setOption(page, 'temp', '0');
  await answered(page);
  await ask(page, 'What is a fracture?');
  await answered(page);
  for (const level of levels) {
    await expect(answers(page, level)).toHaveCount(2);
    expect((await lastText(page, level)).length).toBeGreaterThan(0);
    await expect(
      answers(page, level).last().getByRole('button', { name: 'Try again' }),
    ).toHaveCount(0);
  }
  expect(await broken.locator('[data-part="text"]').innerText()).toBe(came);
});

test('a chat template that throws is told in its column, with a way on, while the others answer', async ({
  studioWindow: page,
  studio,
  folder,
}) => {
  // Without adapters inside, whose places in the file a longer header would move.
  const plain = join(folder, 'plain.gguf');
  runStudio(folder, 'quantize', join(repositoryRoot, 'assets/seedling/seedling-4m'), plain, 'Q2_K');
  const outputs = join(studio.home, 'seedling/outputs/healthcare');
  await copyWithTemplate(plain, join(outputs, 'seedling-4m-healthcare-Q2_K.gguf'), threeQuestions);
  await openThreeColumns(page);
  for (const prompt of ['What is a burn?', 'And a cut?', 'And a fracture?', 'And a heart?']) {
    await ask(page, prompt);
    await answered(page);
  }
  const refused = answers(page, 'Q2_K').last();
  await expect(refused).toContainText('Three questions are enough.');
  await expect(refused).toContainText('start a new conversation');
  for (const level of ['Q8_0', 'Q4_K_M']) {
    await expect(answers(page, level)).toHaveCount(4);
    expect((await lastText(page, level)).length).toBeGreaterThan(0);
  }
  await expectAccessible(page);
  await refused.getByRole('button', { name: 'New conversation, same columns' }).click();
  await ask(page, 'And a heart?');
  await answered(page);
  for (const level of levels) {
    await expect(answers(page, level)).toHaveCount(1);
    await expect(answers(page, level).getByText('The chat template refuses')).toHaveCount(0);
  }
  expect(studio.problems).toEqual([]);
});

test('the conversation is exported as Markdown and works in the light theme', async ({
  studioWindow: page,
  studio,
}) => {
  await openThreeColumns(page);
  await ask(page, 'What is a fracture?');
  await answered(page);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('button', { name: /^temp / }).click();
  await page.getByRole('button', { name: 'Conversations' }).click();
  await expect(page.getByRole('button', { name: /What is a fracture\?.*3 models/ })).toBeVisible();
  await expectAccessible(page);
  if (studio.surface !== 'browser') return;
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: /Markdown/ }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('what-is-a-fracture.md');
  const text = await readFile(await download.path(), 'utf8');
  expect(text).toContain('## What is a fracture?');
  for (const level of levels) expect(text).toContain(`${level} + conditions`);
});
