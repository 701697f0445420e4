// The sound files that damages start from, made once by the real factory: Seedling at several levels without provenance, and
// built by a recipe with it, bundled, merged, and as gpt2; a small model with a SentencePiece vocabulary; an adapter.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { OpenHost } from '#src/io/open-host.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';
import { buildHuggingFaceCases } from '../build-hugging-face-folder.ts';
import { buildRecipe } from '../build-recipe.ts';
import { seedlingFolder } from '../run-studio.ts';

/** File names in the folder, without `.gguf`. */
export const plainLevels = ['F32', 'F16', 'BF16', 'Q8_0', 'Q6_K', 'Q5_1', 'Q4_0', 'Q4_K_M', 'Q3_K_M', 'Q2_K', 'IQ4_XS'] as const; // prettier-ignore
export type BaseName =
  | `plain-${(typeof plainLevels)[number]}`
  | 'built-Q8_0'
  | 'built-Q4_K_M'
  | 'bundled-Q4_K_M'
  | 'merged-Q8_0'
  | 'gpt2-Q8_0'
  | 'sentencepiece'
  | 'adapter';

export interface BaseFiles {
  path(name: BaseName): string;
  /** A copy of the file, to be damaged. */
  bytes(name: BaseName): Uint8Array;
  /** The unquantized Seedling: its folder. */
  readonly source: string;
  /** Folders that hold every source of the built files. */
  readonly folders: readonly string[];
}

const seedling = join(seedlingFolder, 'seedling-4m');

export async function makeBaseFiles(
  folder: string,
  factory: OpenHost<FactoryContract>,
): Promise<BaseFiles> {
  const path = (name: string) => join(folder, `${name}.gguf`);
  const outputs = plainLevels.map((level) => ({ level, path: path(`plain-${level}`) }));
  await factory.call('quantize', { input: seedling, outputs });
  const gpt2 = join(seedlingFolder, 'seedling-gpt2-4m');
  await factory.call('quantize', { input: gpt2, outputs: [{ level: 'Q8_0', path: path('gpt2-Q8_0') }] }); // prettier-ignore
  await factory.call('convertLora', {
    adapter: join(seedlingFolder, 'adapters/conditions'),
    base: seedling,
    output: path('adapter'),
    outtype: 'f16',
  });
  writeSentencePieceFolder(join(folder, 'sentencepiece'));
  await factory.call('convert', {
    folder: join(folder, 'sentencepiece'),
    output: path('sentencepiece'),
    outtype: 'f32',
  });
  await factory.call('build', {
    recipe: JSON.stringify(builtRecipe()),
    label: 'damage.recipe.json',
    folder,
    validate: false,
  });
  const kept = new Map<BaseName, Uint8Array>();
  return {
    path,
    bytes(name) {
      const bytes = kept.get(name) ?? new Uint8Array(readFileSync(path(name)));
      kept.set(name, bytes);
      return bytes.slice();
    },
    source: seedling,
    folders: [seedlingFolder, join(seedlingFolder, 'adapters')],
  };
}

function builtRecipe(): RecipeInput {
  const adapter = (name: string) => ({
    id: name,
    kind: 'adapter' as const,
    path: join(seedlingFolder, 'adapters', name),
    domain: 'healthcare',
  });
  const healthcare = { kind: 'package' as const, domain: 'healthcare' };
  return buildRecipe(
    [
      { id: 'base', kind: 'base', path: seedling },
      adapter('conditions'),
      adapter('anatomy'),
      { id: 'built', kind: 'quantize', levels: ['Q8_0', 'Q4_K_M'], fileName: 'built-{level}.gguf' },
      { id: 'quantize', kind: 'quantize', levels: ['Q4_K_M'] },
      { ...healthcare, id: 'bundled', form: 'bundled', fileName: 'bundled-{level}.gguf' },
      { id: 'merge', kind: 'merge', method: 'sum' },
      { id: 'quantize-merged', kind: 'quantize', levels: ['Q8_0'] },
      { ...healthcare, id: 'merged', form: 'merged', fileName: 'merged-{level}.gguf' },
    ],
    [
      'base -> built',
      'base -> quantize',
      'quantize -> bundled',
      'conditions -> bundled',
      'anatomy -> bundled',
      'base -> merge',
      'conditions -> merge',
      'merge -> quantize-merged',
      'quantize-merged -> merged',
    ],
  );
}

function writeSentencePieceFolder(folder: string): void {
  const files = buildHuggingFaceCases()['mistral']?.files ?? {};
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, isRaw ? content : JSON.stringify(content));
  }
}
