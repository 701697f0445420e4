// Pure data: the llama.cpp releases whose struct layouts struct-layouts.ts declares. The C API has no versioned structs,
// so calling another release would read and write wrong memory: it is refused before anything is loaded.
import { StudioError } from '#src/errors/studio-error.ts';

/** sizeof() on 64 bit machines, printed by a C program compiled against that release's headers. */
export interface StructSizes {
  readonly modelParams: number;
  readonly contextParams: number;
  readonly batch: number;
  readonly quantizeParams: number;
  readonly metadataOverride: number;
  readonly tensorOverride: number;
  readonly importanceData: number;
  readonly typeTraits: number;
}

export const knownReleases: Readonly<Record<string, StructSizes>> = {
  '0.5.0': {
    modelParams: 80,
    contextParams: 160,
    batch: 56,
    quantizeParams: 64,
    metadataOverride: 264,
    tensorOverride: 16,
    importanceData: 24,
    typeTraits: 56,
  },
};

/** The layouts of a release. Throws `native/unknown-release` for one that is not known. */
export function structSizesOf(release: string): StructSizes {
  const sizes = Object.hasOwn(knownReleases, release) ? knownReleases[release] : undefined;
  if (sizes === undefined) {
    const known = Object.keys(knownReleases).join(', ');
    throw new StudioError(
      'native/unknown-release',
      `The installed llama.cpp is release ${release}; GGUF Studio knows the memory layouts of ${known} only.`,
      {
        hint: 'Install the version of node-llama-cpp that the lock file names (npm install).',
        details: { release, known: Object.keys(knownReleases) },
      },
    );
  }
  return sizes;
}
