// The first start, the next one, and the second one.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packagedProgram } from './support/running-studio.ts';
import { expect, test } from './support/studio-test.ts';

test('the first start opens the embedded workspace, and nothing goes wrong in the page', async ({
  studio,
}) => {
  const { page } = studio;
  await expect(page).toHaveTitle(/GGUF Studio/);
  await expect(page.getByText('Seedling').first()).toBeVisible();
  // A load that is cut off by the next would count as a failed request.
  await page.waitForLoadState('networkidle');
  // Everything once more with the listeners in place: on the desktop the first load is over before a test can listen.
  await page.reload();
  await expect(page.getByText('Seedling').first()).toBeVisible();
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  expect(studio.problems).toEqual([]);
});

test('the models of the embedded workspace are in the library', async ({ studioWindow }) => {
  await expect(studioWindow.getByText('seedling-4m', { exact: false }).first()).toBeVisible();
});

test('the window opens where and as large as it was', async ({ studio, surface }) => {
  test.skip(surface === 'browser', 'the browser keeps its own windows');
  const bounds = { x: 120, y: 90, width: 1180, height: 760 };
  await studio.electron?.evaluate(({ BrowserWindow }, given) => {
    BrowserWindow.getAllWindows()[0]?.setBounds(given);
  }, bounds);
  await expect
    .poll(() =>
      studio.electron?.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.getBounds(),
      ),
    )
    .toEqual(bounds);
  await studio.restart();
  const after = await studio.electron?.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.getBounds(),
  );
  expect(after).toEqual(bounds);
});

test('a second start ends at once, brings the first window forward and gives it its recipe', async ({
  studio,
  surface,
  folder,
}) => {
  test.skip(surface === 'browser', 'each serve is a studio of its own');
  const recipe = join(folder, 'handed-over.recipe.json');
  await writeFile(recipe, JSON.stringify({ version: 1, nodes: [], edges: [] }));
  await studio.electron?.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.minimize(),
  );
  const second = spawn(
    packagedProgram,
    ['--no-sandbox', `--user-data-dir=${folder}/electron`, recipe],
    {
      stdio: 'ignore',
      env: { ...process.env, GGUF_STUDIO_HOME: studio.home },
    },
  );
  const code = await new Promise((resolve) => second.once('exit', resolve));
  expect(code).toBe(0);
  await expect
    .poll(() =>
      studio.electron?.evaluate(({ BrowserWindow }) => {
        const [window, ...others] = BrowserWindow.getAllWindows();
        return {
          visible: window?.isVisible(),
          minimized: window?.isMinimized(),
          others: others.length,
        };
      }),
    )
    .toEqual({ visible: true, minimized: false, others: 0 });
  await expect(studio.page.getByText('handed-over').first()).toBeVisible();
});

test('a window whose process ends is offered anew', async ({ studio, surface }) => {
  test.skip(surface === 'browser', 'the browser has its own page for this');
  await expect(studio.page.getByText('Seedling').first()).toBeVisible();
  const asked = await studio.electron?.evaluate(
    ({ BrowserWindow, dialog }) =>
      new Promise<string>((resolve) => {
        dialog.showMessageBox = (...words: unknown[]) => {
          resolve((words.at(-1) as { message: string }).message);
          // Nobody answers at once, and Electron is still busy with the end of the process.
          return new Promise((answer) =>
            setTimeout(() => answer({ response: 0, checkboxChecked: false }), 300),
          );
        };
        BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
      }),
  );
  expect(asked).toContain("The window's process ended (");
  // Playwright loses a page whose process ended: the new one is asked from the main process.
  await expect
    .poll(() =>
      studio.electron?.evaluate(({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        // A page that is not there never answers.
        if (contents === undefined || contents.isCrashed() || contents.isLoading()) return false;
        return contents.executeJavaScript('document.body.innerText');
      }),
    )
    .toContain('Library');
});
