// Whether an adapter fits a base: the check that merging makes, with the answer in words instead of an error. Names and
// shapes decide; what the adapter says about its base is only worth a note.
import type { AdapterFit } from '#src/contract/library.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import { convertLora } from '../convert-lora/convert-lora.ts';
import type { AdapterBase } from '../merge/adapter-base.ts';
import { mapAdapter } from '../merge/map-adapter.ts';

export interface NamedBase {
  readonly base: AdapterBase;
  /** What the base is called: by its file or folder, and by its own metadata. */
  readonly names: readonly string[];
}

/** Never throws for what is wrong with the adapter. */
export async function checkAdapterFit(
  adapter: LoraAdapter,
  { base, names }: NamedBase,
): Promise<Omit<AdapterFit, 'adapter'>> {
  try {
    await mapAdapter(adapter, base);
  } catch (error) {
    return { fits: false, reason: reasonOf(error) };
  }
  const problem = await convertLora(adapter, base, { outtype: 'f32' }).then(
    () => undefined,
    (error: unknown) => reasonOf(error),
  );
  const notes = [
    ...baseNameNote(adapter.baseModel, names),
    ...(adapter.invocationTokens === undefined
      ? []
      : ['It acts from its invocation tokens on (aLoRA), so it can be bundled, not merged.']),
    ...(adapter.modules.some(({ readMagnitude }) => readMagnitude !== undefined)
      ? ['It rescales rows (DoRA), so it can be merged, not bundled.']
      : problem === undefined
        ? []
        : [problem]),
    ...adapter.notices,
  ];
  return {
    fits: true,
    ...(problem !== undefined && { mergeOnly: true }),
    ...(notes.length > 0 && { reason: notes.join(' ') }),
  };
}

/** Why a base or adapter cannot be used, in words. Errors that are not about the file are thrown on. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof StudioError) || (error.kind !== 'input' && error.kind !== 'environment')) {
    throw error;
  }
  return [error.message, error.hint].filter((text) => text !== undefined).join(' ');
}

/** Names are paths or repositories on someone else's machine: only the letters and digits of the last part count. */
function baseNameNote(trainedOn: string | undefined, names: readonly string[]): string[] {
  const wanted = comparable(trainedOn ?? '');
  const known = names.map(comparable).filter((name) => name !== '');
  if (wanted === '' || known.length === 0) return [];
  if (known.some((name) => name.includes(wanted) || wanted.includes(name))) return [];
  return [
    `It says that it was trained on "${trainedOn?.slice(0, 200) ?? ''}", and this base is called "${names[0] ?? ''}"; names and shapes fit.`,
  ];
}

function comparable(name: string): string {
  const last =
    name
      .replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) ?? '';
  return last.toLowerCase().replace(/[^a-z0-9]/g, '');
}
