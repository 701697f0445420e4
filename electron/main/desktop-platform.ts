// What only the desktop has: the system's dialogs and its file manager.
import { BrowserWindow, dialog, shell, type OpenDialogOptions } from 'electron';
import { writeFile } from 'node:fs/promises';
import type { PickPurpose } from '#src/contract/studio/files.ts';
import { toIoError } from '#src/io/io-error.ts';
import type { StudioPlatform } from '#src/studio/studio-platform.ts';

type Filter = NonNullable<OpenDialogOptions['filters']>[number];

const anyFile: Filter = { name: 'All files', extensions: ['*'] };

/** What each purpose's dialog lets the user choose. Bases and adapters are folders more often than files. */
const dialogs: Readonly<Record<PickPurpose, Pick<OpenDialogOptions, 'properties' | 'filters'>>> = {
  workspace: { properties: ['openDirectory', 'createDirectory'] },
  'model-folder': { properties: ['openDirectory'] },
  base: { properties: ['openDirectory'] },
  adapter: { properties: ['openDirectory', 'multiSelections'] },
  gguf: {
    properties: ['openFile', 'multiSelections'],
    filters: [{ name: 'GGUF models', extensions: ['gguf'] }, anyFile],
  },
  imatrix: {
    properties: ['openFile'],
    filters: [{ name: 'Importance matrices', extensions: ['gguf', 'dat', 'imatrix'] }, anyFile],
  },
  recipe: {
    properties: ['openFile'],
    filters: [{ name: 'Recipes', extensions: ['json'] }, anyFile],
  },
  'output-folder': { properties: ['openDirectory', 'createDirectory'] },
  any: { properties: ['openFile', 'multiSelections'] },
};

/** The platform of the desktop window. */
export function createDesktopPlatform(): StudioPlatform {
  return {
    mode: 'desktop',
    async pick(purpose, title) {
      const options = { title, ...dialogs[purpose] };
      const window = currentWindow();
      const { canceled, filePaths } =
        window === undefined
          ? await dialog.showOpenDialog(options)
          : await dialog.showOpenDialog(window, options);
      return canceled ? [] : filePaths;
    },
    showInFolder: (path) => shell.showItemInFolder(path),
    async saveText(suggestedName, content) {
      const options = { defaultPath: suggestedName };
      const window = currentWindow();
      const { canceled, filePath } =
        window === undefined
          ? await dialog.showSaveDialog(options)
          : await dialog.showSaveDialog(window, options);
      if (canceled || !filePath) return undefined;
      // The dialog has asked before it names a file that exists.
      await writeFile(filePath, content).catch((error: unknown) => {
        throw toIoError(error, filePath);
      });
      return filePath;
    },
  };
}

function currentWindow(): BrowserWindow | undefined {
  return BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
}
