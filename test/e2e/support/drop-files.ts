// Drops on the window as the system's file manager makes them: with paths, which only a desktop window may see.
import type { Page } from '@playwright/test';

/** Files dropped by the system's file manager, as Chromium takes them. */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 500, data });
  }
  await session.detach();
}
