// Every field of every family's configuration, replaced by every value that does not belong there: refused by name or
// harmless, never a crash, never a list that grows with a number from the file.
import { describe, expect, it } from 'vitest';
import { buildHuggingFaceCases } from '#test/helpers/build-hugging-face-folder.ts';
import { processorMilliseconds } from '#test/helpers/processor-time.ts';
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import { configureArchitecture } from '#src/architectures/registry.ts';
import { StudioError } from '#src/errors/studio-error.ts';

const hostileValues: readonly unknown[] = [
  null, true, '', 'text', 0, -1, 1.5, 1, 2 ** 31, 2 ** 53, 1e308, [], [1], ['x'], {}, { '0': 1 }, { type: 5 },
  { rope_type: 'llama3', factor: null }, { rope_type: 'llama3', factor: 0 }, { full_attention: 5, sliding_attention: [] },
  JSON.parse('{"__proto__": {"rope_theta": 5}}'),
]; // prettier-ignore

const extraKeys = ['rope_parameters', 'rope_scaling', 'head_dim', 'mrope_section', 'id2label', 'num_labels', 'n_inner', 'toString']; // prettier-ignore

const cases = Object.entries(buildHuggingFaceCases()).map(
  ([name, { files }]) => [name, files['config.json'] as HuggingFaceConfig] as const,
);

describe('a hostile config.json', () => {
  it.each(cases)('of the folder %s does no harm', (_name, config) => {
    const started = processorMilliseconds();
    let accepted = 0;
    let refused = 0;
    for (const key of [...Object.keys(config), ...extraKeys]) {
      for (const value of hostileValues) {
        try {
          const architecture = configureArchitecture({ ...config, [key]: value });
          const entries = architecture.metadata({ fileType: 0, poolingType: 'mean' });
          // A changed number of layers or labels is a changed model, but a bounded one.
          expect(architecture.expectedTensors.length).toBeLessThan(100_000);
          for (const entry of entries) expect(entry.value.value).toBeDefined();
          accepted++;
        } catch (error) {
          if (!(error instanceof StudioError)) throw error;
          refused++;
        }
      }
    }
    expect(accepted).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(processorMilliseconds() - started).toBeLessThan(20_000);
  });
});
