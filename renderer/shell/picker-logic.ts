// What keys and letters do in the file picker. Pure.
import type { FolderEntry, PickPurpose } from '#src/contract/studio/files.ts';

/** What the purpose lets one choose, in words for the button and the empty list. */
export const purposeWords: Readonly<Record<PickPurpose, string>> = {
  workspace: 'a workspace folder',
  'model-folder': 'a folder with models',
  base: 'a base model: a Hugging Face folder or a GGUF file',
  adapter: 'an adapter: a PEFT folder or a GGUF adapter',
  gguf: 'a GGUF file',
  imatrix: 'an importance matrix',
  recipe: 'a recipe',
  'output-folder': 'a folder for outputs',
  any: 'a file or folder',
};

/** True where folders themselves are chosen, so that the folder that is open can be. */
export function choosesFolders(purpose: PickPurpose): boolean {
  return purpose === 'workspace' || purpose === 'model-folder' || purpose === 'output-folder';
}

/** The next entry after `from` whose name starts with what was typed; round once. -1 when there is none. */
export function findByPrefix(
  entries: readonly Pick<FolderEntry, 'name'>[],
  typed: string,
  from: number,
): number {
  const wanted = typed.toLowerCase();
  // A second letter narrows the search at the same place, a first one goes on to the next.
  const start = typed.length > 1 ? Math.max(0, from) : from + 1;
  for (let step = 0; step < entries.length; step++) {
    const index = (start + step) % entries.length;
    if (entries[index]?.name.toLowerCase().startsWith(wanted) === true) return index;
  }
  return -1;
}
