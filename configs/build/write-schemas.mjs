// Writes configs/schemas/*.schema.json from the zod schemas: node configs/build/write-schemas.mjs
import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = `${root}configs/schemas/`;
// Inside the package, so that bundled imports resolve as they do for the program.
const temporary = mkdtempSync(`${root}node_modules/.schemas-`);
try {
  const outfile = `${temporary}/published-schemas.mjs`;
  await build({
    absWorkingDir: root,
    entryPoints: ['configs/build/published-schemas.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  const { publishedSchemas } = await import(pathToFileURL(outfile).href);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(publishedSchemas())) {
    writeFileSync(folder + name, text);
    console.log(`configs/schemas/${name}`);
  }
} finally {
  rmSync(temporary, { recursive: true });
}
