// Writes the test folders of test/helpers/build-hugging-face-folder.ts to disk, for make-reference.py beside this file:
//
//   npx esbuild test/golden/convert/make-folders.ts --bundle --platform=node --format=esm --outfile=/tmp/make-folders.mjs
//   node /tmp/make-folders.mjs /tmp/folders
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildHuggingFaceCases } from '#test/helpers/build-hugging-face-folder.ts';

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('Usage: make-folders.mjs TARGET_FOLDER');

const cases = Object.entries(buildHuggingFaceCases());
for (const [name, { folderName, files }] of cases) {
  for (const [fileName, content] of Object.entries(files)) {
    const path = join(target, name, folderName, fileName);
    mkdirSync(dirname(path), { recursive: true });
    const isData = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, isData ? content : JSON.stringify(content));
  }
}
const list = cases.map(([name, { folderName, pre }]) => ({
  name,
  folder: join(name, folderName),
  pre,
}));
writeFileSync(join(target, 'cases.json'), JSON.stringify(list, undefined, 2));
