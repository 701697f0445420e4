// Compiles the AssemblyScript kernels to WebAssembly and embeds each as base64 in a TypeScript file beside its source.
// The results are committed: building and running the app needs no AssemblyScript. `--check` fails when one is stale.
import asc from 'assemblyscript/asc';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../src/kernels/', import.meta.url));
const isCheck = process.argv.includes('--check');

for (const source of readdirSync(folder).filter((file) => file.endsWith('.as.ts'))) {
  const name = source.slice(0, -'.as.ts'.length);
  let binary;
  const { error, stderr } = await asc.main(
    [
      source,
      '--outFile',
      'kernel.wasm',
      '-O3',
      '--enable',
      'simd',
      '--runtime',
      'stub',
      '--noAssert',
      '--initialMemory',
      '0',
    ],
    {
      readFile: (file) => {
        try {
          return readFileSync(folder + file, 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (file, contents) => {
        if (file === 'kernel.wasm') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${source}: ${error.message}\n${stderr.toString()}`);
  const camelName = name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
  const text = `// Generated from ${source} by \`npm run build:kernels\`; do not edit.\nexport const ${camelName}Wasm =\n  '${Buffer.from(binary).toString('base64')}';\n`;
  const target = `${folder}${name}.wasm.ts`;
  if (!isCheck) {
    writeFileSync(target, text);
    console.log(`${name}: ${binary.length} bytes`);
  } else if (readFileSync(target, 'utf8') !== text) {
    console.error(`${target} does not match ${source}: run npm run build:kernels`);
    process.exit(1);
  }
}
