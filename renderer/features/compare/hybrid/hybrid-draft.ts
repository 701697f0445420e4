// What the dialog "Fit a hybrid" has gathered, and what follows from it: whether it can be started, what it is called, what it
// asks. Pure.
import { parseBytes } from '#src/allocation/parse-budget.ts';
import type { Budget } from '#src/contract/quality/allocate.ts';
import type { FoundSuite } from '#src/contract/quality/suites.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { allocationSuites } from '#src/evaluation/suites/allocation-suites.ts';
import type { Level } from '#src/tensors/levels.ts';

export type BudgetKind = Budget['kind'];
export type Profile = 'fast' | 'smallest' | 'attention-high';
/** Each text serves one purpose: what types were chosen by may not prove them. */
export type TextRole = 'none' | 'search' | 'proof';

export interface OwnText {
  readonly file: FileReference;
  readonly role: TextRole;
}

export interface HybridDraft {
  readonly title: string;
  readonly source: string | undefined;
  readonly budgetKind: BudgetKind;
  readonly level: Level;
  /** As it was typed: `3.2 GB`. */
  readonly size: string;
  readonly kld: number;
  readonly profile: Profile;
  readonly imatrix: FileReference | undefined;
  /** What the matrix was made from. */
  readonly imatrixTexts: readonly FileReference[];
  /** By id of the suite; those without are not read. */
  readonly suites: Readonly<Record<string, TextRole>>;
  readonly texts: readonly OwnText[];
  readonly contextSize: number;
  /** Per held-out text; undefined for all. */
  readonly chunks: number | undefined;
  readonly probe: boolean;
  readonly probeChunks: number;
  readonly moves: number;
  readonly tensorErrors: boolean;
  readonly folder: FileReference | undefined;
  /** Empty for the suggested one. */
  readonly name: string;
  readonly overwrite: boolean;
}

export const emptyHybrid: HybridDraft = {
  title: '',
  source: undefined,
  budgetKind: 'level',
  level: 'Q4_K_M',
  size: '',
  kld: 0.05,
  profile: 'fast',
  imatrix: undefined,
  imatrixTexts: [],
  suites: {},
  texts: [],
  contextSize: 512,
  chunks: 32,
  probe: true,
  probeChunks: 16,
  moves: 0,
  tensorErrors: true,
  folder: undefined,
  name: '',
  overwrite: false,
};

/** The roles that suites begin with: some for the search, others for the proof. */
export function suggestedRoles(suites: readonly FoundSuite[]): Readonly<Record<string, TextRole>> {
  const { search, proof } = allocationSuites(suites);
  return Object.fromEntries([
    ...search.map((id) => [id, 'search'] as const),
    ...proof.map((id) => [id, 'proof'] as const),
  ]);
}

/** Undefined while a size is not one. */
export function budgetOf({ budgetKind, level, size, kld }: HybridDraft): Budget | undefined {
  switch (budgetKind) {
    case 'level':
      return { kind: 'level', level };
    case 'kld':
      return { kind: 'kld', kld };
    case 'bytes': {
      const bytes = parseBytes(size);
      return bytes === undefined ? undefined : { kind: 'bytes', bytes };
    }
  }
}

/** Ids of suites and of the user's own files that have this role. */
export function textsOf(
  { suites, texts }: HybridDraft,
  role: TextRole,
): { readonly suites: readonly string[]; readonly files: readonly string[] } {
  return {
    suites: Object.keys(suites).filter((id) => suites[id] === role),
    files: texts.filter((text) => text.role === role).map(({ file }) => file.id),
  };
}

function hasText(draft: HybridDraft, role: TextRole): boolean {
  const { suites, files } = textsOf(draft, role);
  return suites.length + files.length > 0;
}

/** Why it cannot be started yet. */
export function problemOf(draft: HybridDraft): string | undefined {
  if (draft.source === undefined) return 'Choose the unquantized model.';
  if (budgetOf(draft) === undefined) return 'Give a size, for example 3.2 GB.';
  if (!hasText(draft, 'search')) return 'Choose at least one text for the search.';
  if (!hasText(draft, 'proof')) return 'Choose at least one text for the proof.';
  return undefined;
}

/** `seedling-4m-hybrid-Q4_K_M.gguf`. */
export function suggestedName(draft: HybridDraft, source: string | undefined): string {
  const base = (source ?? 'model').replace(/\.gguf$/i, '').replace(/[-.](?:BF16|F16|F32)$/i, '');
  return `${base}-hybrid-${budgetWord(draft).replace(/[^A-Za-z0-9._]+/g, '-')}.gguf`;
}

export function suggestedTitle(draft: HybridDraft, source: string | undefined): string {
  const { budgetKind, level, kld } = draft;
  const within =
    budgetKind === 'level'
      ? `the size of ${level}`
      : budgetKind === 'kld'
        ? `KLD at most ${kld}`
        : budgetWord(draft);
  return `Hybrid of ${source ?? 'a model'}, ${within}`;
}

function budgetWord({ budgetKind, level, size, kld }: HybridDraft): string {
  if (budgetKind === 'level') return level;
  if (budgetKind === 'kld') return `KLD${kld}`;
  return size.trim().replace(/\s+/g, '') || 'size';
}

/** What `startAllocation` is asked. Only for a draft without a problem. */
export function requestOf(draft: HybridDraft, source: string | undefined) {
  const { title, chunks, imatrix, folder, name } = draft;
  const search = textsOf(draft, 'search');
  const proof = textsOf(draft, 'proof');
  return {
    title: (title.trim() === '' ? suggestedTitle(draft, source) : title.trim()).slice(0, 300),
    source: draft.source ?? '',
    budget: budgetOf(draft) ?? { kind: 'level' as const, level: draft.level },
    profile: draft.profile,
    ...(imatrix === undefined
      ? {}
      : { imatrix: imatrix.id, imatrixTexts: draft.imatrixTexts.map(({ id }) => id) }),
    suites: [...proof.suites],
    texts: [...proof.files],
    probeSuites: [...search.suites],
    probeTexts: [...search.files],
    contextSize: draft.contextSize,
    ...(chunks === undefined ? {} : { chunks }),
    probe: draft.probe,
    probeChunks: draft.probeChunks,
    // Moves are judged at a fixed size.
    moves: draft.budgetKind === 'kld' ? 0 : draft.moves,
    tensorErrors: draft.tensorErrors,
    output: {
      ...(folder === undefined ? {} : { folder: folder.id }),
      name: name.trim() === '' ? suggestedName(draft, source) : name.trim(),
      overwrite: draft.overwrite,
    },
  };
}
