// Which family the file says that it is. A missing or misspelt name keeps every program from loading it, but its other
// entries still carry the name as their prefix.
import type { Draft } from '../findings.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { isLanguageModel } from '#src/stages/library/gguf-role.ts';
import { textFix } from './fix-value.ts';
import type { TensorFact } from './model-facts.ts';

export interface ArchitectureCheck {
  /** As stated, or as the other entries say; undefined when neither is known. */
  readonly architecture: string | undefined;
  readonly findings: readonly Draft[];
}

const key = 'general.architecture';

/** Files of other programs (image and speech models) have architectures of their own: only what looks like ours is judged. */
export function checkArchitecture(
  metadata: readonly GgufEntry[],
  tensors: readonly TensorFact[],
): ArchitectureCheck {
  const stated = entryString(metadata, key);
  if (stated !== undefined && (isLanguageModel(stated) || stated === 'clip')) {
    return { architecture: stated, findings: [] };
  }
  const meant = prefixOf(metadata);
  const isOurs = tensors.some(({ name }) => /^(?:token_embd|blk\.0\.[a-z_]+)\.weight$/.test(name));
  if (stated !== undefined && stated !== '' && meant === undefined && !isOurs) {
    return { architecture: undefined, findings: [] };
  }
  // A family that this release does not know: its own entries bear the name.
  if (stated !== undefined && stated !== '' && hasEntriesOf(metadata, stated)) {
    return {
      architecture: stated,
      findings: [
        {
          code: 'metadata/architecture',
          message: `The architecture "${stated.slice(0, 100)}" is not one that llama.cpp v0.5.0 knows.`,
          evidence: { architecture: stated.slice(0, 100) },
          keys: [key],
          remedy: 'Use a newer release of llama.cpp, or the program that the file was made for.',
        },
      ],
    };
  }
  const name =
    stated === undefined || stated === '' ? 'no architecture' : `"${stated.slice(0, 100)}"`;
  return {
    architecture: meant,
    findings: [
      {
        code: 'metadata/architecture',
        message:
          meant === undefined
            ? `The file names ${name} that llama.cpp knows, and its other entries do not tell which it is.`
            : `The file names ${name} as its architecture, but its entries are those of "${meant}".`,
        evidence: { architecture: stated ?? null, entries: meant ?? null },
        keys: [key],
        remedy:
          meant === undefined
            ? 'Convert the model again, or name its source.'
            : `Sets ${key} to "${meant}".`,
        ...(meant === undefined ? {} : { fix: textFix(key, meant) }),
      },
    ],
  };
}

/** The known architecture that most entries begin with. */
function prefixOf(metadata: readonly GgufEntry[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { key: name } of metadata) {
    const prefix = name.split('.', 1)[0] ?? '';
    if (isLanguageModel(prefix)) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return [...counts].sort(([, left], [, right]) => right - left)[0]?.[0];
}

function hasEntriesOf(metadata: readonly GgufEntry[], architecture: string): boolean {
  return metadata.some(({ key: name }) => name.startsWith(`${architecture}.`));
}
