// The manifest that is being edited, and the way back. Pure steps from one state to the next; what is kept is whole
// manifests, which share all that an edit left alone.
import type { FileReference } from '#src/contract/studio/files.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { ManifestDocument } from '#src/contract/studio/router.ts';

/** A prompt whose route a person changed; null: none of these. */
export interface MovedPrompt {
  readonly text: string;
  readonly route: string | null;
}

export type FileProblem = ManifestDocument['problems'][number];

/** What a step of the history goes back to. */
interface Edited {
  readonly manifest: RouterManifest;
  readonly moved: readonly MovedPrompt[];
}

/** What a draft holds. */
export type DraftedManifest = Edited;

interface HistoryEntry extends Edited {
  /** What the step that led away from this state did: `Re-map finance`. */
  readonly step: string;
}

export interface RouterDocument extends Edited {
  /** Names its draft. */
  readonly key: string;
  readonly file: FileReference;
  /** Of the bytes on the disk, as they were read or written last. */
  readonly sha256: string;
  readonly saved: RouterManifest;
  /** As the studio found them beside the file. */
  readonly fileProblems: readonly FileProblem[];
  readonly dirty: boolean;
  /** Hash of what another program wrote while there were unsaved edits; told, and nothing is overwritten. */
  readonly changedOnDisk: string | undefined;
  readonly past: readonly HistoryEntry[];
  readonly future: readonly HistoryEntry[];
  readonly lastEdit: { readonly key: string; readonly at: number } | undefined;
}

const maximumSteps = 500;
/** Edits of one field within this many milliseconds are one step. */
const oneStep = 1_500;

export function openRouterDocument(opened: ManifestDocument, key: string): RouterDocument {
  return {
    key,
    file: opened.file,
    sha256: opened.sha256,
    saved: opened.manifest,
    fileProblems: opened.problems,
    manifest: opened.manifest,
    moved: [],
    dirty: false,
    changedOnDisk: undefined,
    past: [],
    future: [],
    lastEdit: undefined,
  };
}

export interface EditOptions {
  /** For the undo button. */
  readonly step: string;
  /** Edits with this key are joined while they follow each other closely. */
  readonly joins?: string | undefined;
  /** Replaces the list of moved prompts, too. */
  readonly moved?: readonly MovedPrompt[] | undefined;
  readonly now?: number;
}

/** The document with another manifest; the same one changes nothing. */
export function edited(
  document: RouterDocument,
  manifest: RouterManifest,
  { step, joins, moved = document.moved, now = Date.now() }: EditOptions,
): RouterDocument {
  if (manifest === document.manifest && moved === document.moved) return document;
  const { lastEdit } = document;
  const joined = joins !== undefined && lastEdit?.key === joins && now - lastEdit.at < oneStep;
  const before = { manifest: document.manifest, moved: document.moved, step };
  return {
    ...showing(document, { manifest, moved }),
    past: joined ? document.past : [...document.past, before].slice(-maximumSteps),
    future: [],
    lastEdit: joins === undefined ? undefined : { key: joins, at: now },
  };
}

export function undone(document: RouterDocument): RouterDocument {
  const entry = document.past.at(-1);
  if (entry === undefined) return document;
  const after = { manifest: document.manifest, moved: document.moved, step: entry.step };
  return {
    ...showing(document, entry),
    past: document.past.slice(0, -1),
    future: [...document.future, after],
    lastEdit: undefined,
  };
}

export function redone(document: RouterDocument): RouterDocument {
  const entry = document.future.at(-1);
  if (entry === undefined) return document;
  const before = { manifest: document.manifest, moved: document.moved, step: entry.step };
  return {
    ...showing(document, entry),
    past: [...document.past, before],
    future: document.future.slice(0, -1),
    lastEdit: undefined,
  };
}

/** After a save: what was written is what is saved now. Edits that were made meanwhile stay unsaved. */
export function wasSaved(document: RouterDocument, written: ManifestDocument): RouterDocument {
  return {
    ...document,
    file: written.file,
    sha256: written.sha256,
    saved: written.manifest,
    fileProblems: written.problems,
    dirty: !isSame(document.manifest, written.manifest),
    changedOnDisk: undefined,
  };
}

/** Another program's version becomes what undo leads back from, so that nothing is lost. */
export function rebased(document: RouterDocument, opened: ManifestDocument): RouterDocument {
  const base = { ...document, sha256: opened.sha256, saved: opened.manifest };
  return {
    ...edited(base, opened.manifest, { step: 'Take the file’s version' }),
    fileProblems: opened.problems,
    dirty: false,
    changedOnDisk: undefined,
  };
}

/** The edits of a draft over the file that they were made on; `baseHash` is that file's as it was then. */
export function restored(
  document: RouterDocument,
  { manifest, moved }: DraftedManifest,
  baseHash: string | undefined,
): RouterDocument {
  const changed = baseHash !== undefined && baseHash !== document.sha256;
  return {
    ...edited(document, manifest, { step: 'Restore unsaved edits', moved }),
    changedOnDisk: changed ? document.sha256 : undefined,
  };
}

function showing(document: RouterDocument, { manifest, moved }: Edited): RouterDocument {
  return { ...document, manifest, moved, dirty: !isSame(manifest, document.saved) };
}

function isSame(left: RouterManifest, right: RouterManifest): boolean {
  return left === right || canonical(left) === canonical(right);
}

/** Keys in order, so that a property that was taken out and put back changes nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
