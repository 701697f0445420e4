// Hands a file to the user: where they choose on the desktop, as a download in a browser.
import type { FileReference } from '#src/contract/studio/files.ts';
import { studio, useStudio } from './studio-store.ts';

/** The file that was written; undefined when the dialog was closed, and for a download, which the browser tells itself. */
export async function saveFile(
  suggestedName: string,
  content: string | Blob,
  type = 'text/plain',
): Promise<FileReference | undefined> {
  if (useStudio.getState().state?.mode !== 'desktop') {
    const blob =
      typeof content === 'string'
        ? new Blob([content], { type: `${type};charset=utf-8` })
        : content;
    download(suggestedName.split('/').at(-1) ?? suggestedName, blob);
    return undefined;
  }
  const saved = await studio().call(
    'saveTextAs',
    typeof content === 'string'
      ? { suggestedName, text: content }
      : { suggestedName, text: await base64Of(content), encoding: 'base64' },
  );
  return saved ?? undefined;
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const pieces: string[] = [];
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  }
  return btoa(pieces.join(''));
}

function download(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
