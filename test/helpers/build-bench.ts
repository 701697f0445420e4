// What tests of builds share: a copy of Seedling with a studio home of its own, recipes over it, and the factory's real
// ports (llama.cpp through koffi, the one-pass writer), which single tests may narrow.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { factoryPorts } from '#electron/factory/factory-ports.ts';
import type { BuildResult } from '#src/contract/build.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { buildRecipe as runBuild, type BuildContext } from '#src/jobs/build-recipe.ts';
import type { FactoryPorts } from '#src/jobs/ports.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { newRecipeDocument } from '#src/recipe/recipe-file.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';

const assets = fileURLToPath(new URL('../../assets/seedling/', import.meta.url));

export const seedlingNodes = {
  base: { id: 'base', kind: 'base', path: 'seedling-4m' },
  conditions: {
    id: 'conditions',
    kind: 'adapter',
    path: 'adapters/conditions',
    domain: 'healthcare',
  },
  anatomy: { id: 'anatomy', kind: 'adapter', path: 'adapters/anatomy', domain: 'healthcare' },
  finance: { id: 'finance', kind: 'adapter', path: 'adapters/finance', domain: 'business' },
  merge: { id: 'merge', kind: 'merge' },
  quantize: { id: 'quantize', kind: 'quantize', levels: ['Q4_K_M', 'Q8_0'] },
  bundled: { id: 'package', kind: 'package', form: 'bundled', domain: 'healthcare', folder: 'out' },
  merged: { id: 'package', kind: 'package', form: 'merged', domain: 'healthcare', folder: 'out' },
  family: { id: 'family', kind: 'family', name: 'healthcare', folder: 'out' },
} as const satisfies Record<string, RecipeInput['nodes'][number]>;

export interface BenchResult {
  readonly result: BuildResult;
  readonly events: readonly StageEvent[];
  /** File names that were written, and that were reused. */
  readonly written: readonly string[];
  readonly reused: readonly string[];
}

export class BuildBench {
  private readonly oldHome = process.env['GGUF_STUDIO_HOME'];

  private constructor(
    /** Holds `seedling-4m`, `adapters`, ... and the outputs. */
    readonly folder: string,
    readonly ports: FactoryPorts,
  ) {
    process.env['GGUF_STUDIO_HOME'] = join(folder, 'home');
  }

  static async open(): Promise<BuildBench> {
    const folder = await mkdtemp(join(tmpdir(), 'build-'));
    for (const name of ['seedling-4m', 'adapters', 'seedling-gpt2-4m', 'adapters-gpt2']) {
      await cp(join(assets, name), join(folder, name), { recursive: true });
    }
    return new BuildBench(folder, factoryPorts());
  }

  async close(): Promise<void> {
    if (this.oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
    else process.env['GGUF_STUDIO_HOME'] = this.oldHome;
    await rm(this.folder, { recursive: true });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Builds without asking the outputs (they are tiny and many), unless `context` says otherwise. */
  async build(
    nodes: RecipeInput['nodes'],
    wires: readonly string[],
    context: Partial<BuildContext> & { onEvent?: (event: StageEvent) => void } = {},
  ): Promise<BenchResult> {
    const edges = wires.map((wire) => {
      const [from = '', to = ''] = wire.split(' -> ');
      return { from, to };
    });
    return this.run({ version: 1, nodes, edges }, context);
  }

  async run(
    recipe: RecipeInput,
    { onEvent, ...context }: Partial<BuildContext> & { onEvent?: (event: StageEvent) => void } = {},
  ): Promise<BenchResult> {
    const events: StageEvent[] = [];
    const run = runBuild(newRecipeDocument(recipe, 'test.recipe.json'), {
      ports: this.ports,
      folder: this.folder,
      validate: false,
      ...context,
    });
    const result = await runToEnd(run, (event) => {
      events.push(event);
      onEvent?.(event);
    });
    const names = (reused: boolean) =>
      result.files
        .filter((file) => file.reused === reused)
        .map(({ path }) => path.replace(/^.*\//, ''));
    return { result, events, written: names(false), reused: names(true) };
  }

  async open(...names: string[]): Promise<ModelView> {
    return openGgufModel(await openFileByteSource(this.path(...names)));
  }
}
