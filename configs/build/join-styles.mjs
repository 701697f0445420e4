// One style sheet for the whole window. esbuild makes one per lazily loaded screen, repeats shared rules in each, and loads
// none of them; joined naively, a repeated rule of a button would override what a screen says about its buttons.
import { transform } from 'esbuild';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** esbuild's comment before each file's rules. */
const fileComment = /^\/\* ([^*\n]+\.css) \*\/$/m;

/** The rules of every CSS file once, in the order of their first use, the entry's first; and the path to write them to. */
export async function joinStyles(root, outputFiles, metafile) {
  const entry = Object.values(metafile.outputs).find(
    (output) => output.entryPoint === 'renderer/main.tsx',
  );
  const sheets = outputFiles.filter(({ path }) => path.endsWith('.css'));
  const isEntry = ({ path }) => path === join(root, entry?.cssBundle ?? '');
  const ordered = [...sheets.filter(isEntry), ...sheets.filter((sheet) => !isEntry(sheet))];
  const rules = new Map();
  for (const { text } of ordered) {
    // Splitting by a pattern with a group gives: what is before, then name and rules by turns.
    const [before, ...pairs] = text.split(new RegExp(fileComment, 'gm'));
    if (before.trim() !== '') throw new Error(`Rules without a file: ${before.slice(0, 80)}`);
    for (let index = 0; index < pairs.length; index += 2) {
      if (!rules.has(pairs[index])) rules.set(pairs[index], pairs[index + 1]);
    }
  }
  const { code } = await transform([...rules.values()].join('\n'), {
    loader: 'css',
    minifyWhitespace: true,
    target: 'chrome114',
  });
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 8).toUpperCase();
  return { path: join(root, 'dist/renderer/assets', `styles-${hash}.css`), text: code };
}
