// Puts the names of the built files into the window's page: the entry script, its style sheet, and early hints for what the
// first paint needs (the chunks that the entry imports, the Latin cut of the interface's font).
import { basename } from 'node:path';

/** The page with its files; throws when the build has no entry. */
export function renderPage(template, metafile, stylesPath) {
  const outputs = Object.entries(metafile.outputs);
  const entry = outputs.find(([, output]) => output.entryPoint === 'renderer/main.tsx');
  if (entry === undefined) throw new Error('The renderer has no entry.');
  const [script] = entry;
  const chunks = new Set();
  const collect = (path, kinds) => {
    for (const { path: imported, kind } of metafile.outputs[path]?.imports ?? []) {
      if (!kinds.includes(kind) || chunks.has(imported)) continue;
      chunks.add(imported);
      collect(imported, ['import-statement']);
    }
  };
  // What the entry loads dynamically is the program itself; what that loads dynamically are screens for later.
  collect(script, ['import-statement', 'dynamic-import']);
  const font = outputs.find(([path]) => /inter-latin-wght-normal[^/]*\.woff2$/.test(path))?.[0];
  const address = (path) => `./assets/${basename(path)}`;
  const tags = [
    `<link rel="stylesheet" href="${address(stylesPath)}" />`,
    ...(font === undefined
      ? []
      : [`<link rel="preload" as="font" type="font/woff2" crossorigin href="${address(font)}" />`]),
    ...[...chunks].map((path) => `<link rel="modulepreload" href="${address(path)}" />`),
    `<script type="module" src="${address(script)}"></script>`,
  ];
  return template.replace('<!-- files -->', tags.join('\n    '));
}
