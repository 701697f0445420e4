// Puts the names of the built files into the window's page: the entry script, its style sheet, and early hints for what the
// first paint needs (the chunks that the entry imports, the Latin cut of the interface's font).

/** The page with its files; throws when the build has no entry. */
export function renderPage(template, metafile) {
  const outputs = Object.entries(metafile.outputs);
  const entry = outputs.find(([, output]) => output.entryPoint === 'renderer/main.tsx');
  if (entry === undefined) throw new Error('The renderer has no entry.');
  const [script, { cssBundle }] = entry;
  const chunks = new Set();
  const collect = (path) => {
    for (const { path: imported, kind } of metafile.outputs[path]?.imports ?? []) {
      if (kind !== 'import-statement' || chunks.has(imported)) continue;
      chunks.add(imported);
      collect(imported);
    }
  };
  collect(script);
  const font = outputs.find(([path]) => /inter-latin-wght-normal[^/]*\.woff2$/.test(path))?.[0];
  const address = (path) => path.replace('dist/renderer/', './');
  const tags = [
    ...(cssBundle === undefined ? [] : [`<link rel="stylesheet" href="${address(cssBundle)}" />`]),
    ...(font === undefined
      ? []
      : [`<link rel="preload" as="font" type="font/woff2" crossorigin href="${address(font)}" />`]),
    ...[...chunks].map((path) => `<link rel="modulepreload" href="${address(path)}" />`),
    `<script type="module" src="${address(script)}"></script>`,
  ];
  return template.replace('<!-- files -->', tags.join('\n    '));
}
