// A FolderPort in memory for tests of everything that reads folders.
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** Files by name (`inner/file` for subfolders); strings and plain objects become UTF-8 text and JSON. */
export function memoryFolder(
  files: Readonly<Record<string, Uint8Array | string | object>>,
  name = 'folder',
): FolderPort {
  const contents = new Map(
    Object.entries(files).map(([fileName, content]) => [fileName, bytesOf(content)]),
  );
  return {
    label: name,
    name,
    list: () =>
      Promise.resolve([...contents.keys()].filter((fileName) => !fileName.includes('/')).sort()),
    has: (fileName) => Promise.resolve(!fileName.includes('/') && contents.has(fileName)),
    open(fileName) {
      const bytes = contents.get(fileName);
      if (bytes === undefined) {
        return Promise.reject(
          new StudioError('io/not-found', `${name}/${fileName} does not exist.`),
        );
      }
      return Promise.resolve(memoryByteSource(bytes, `${name}/${fileName}`));
    },
    subfolder(inner) {
      const prefix = `${inner}/`;
      const found = Object.entries(files).filter(([fileName]) => fileName.startsWith(prefix));
      const innerFiles = found.map(([fileName, content]) => [
        fileName.slice(prefix.length),
        content,
      ]);
      return Promise.resolve(
        found.length === 0
          ? undefined
          : memoryFolder(
              Object.fromEntries(innerFiles) as Record<string, Uint8Array | string | object>,
              `${name}/${inner}`,
            ),
      );
    },
  };
}

function bytesOf(content: Uint8Array | string | object): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
}
