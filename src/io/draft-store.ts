// Unsaved edits of canvases and manifests, kept in the studio's home per workspace: a crash loses none of them, and a workspace on a
// read-only disk has them too. One file per canvas.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { draftKinds } from '#src/contract/studio/recipes.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

const storedDraftSchema = z.object({
  kind: z.enum(draftKinds).default('recipe'),
  document: z.string().min(1).max(200),
  title: z.string().max(200),
  /** Absolute path of the file that was edited. */
  path: z.string().max(4096).exactOptional(),
  baseHash: z.string().max(200).exactOptional(),
  text: z.string().max(50_000_000),
  run: z.object({ job: z.string().max(64), text: z.string().max(50_000_000) }).exactOptional(),
  changedAt: z.number(),
  /** The studio whose window holds the edits. */
  owner: z
    .object({ pid: z.number(), host: z.string().max(300), startedAt: z.string().max(100) })
    .exactOptional(),
});

export type StoredDraft = z.infer<typeof storedDraftSchema>;
export type DraftToKeep = z.input<typeof storedDraftSchema>;

/** A draft's text and what JSON adds to it. */
const maximumBytes = 120_000_000;
/** Canvases that nobody came back to; the oldest make room. */
const maximumDrafts = 100;

export interface DraftStore {
  keep(draft: DraftToKeep): Promise<void>;
  drop(document: string): Promise<void>;
  /** Newest first; files that cannot be read are left where they are. */
  list(): Promise<StoredDraft[]>;
}

/** The drafts of one workspace. Calls are carried out in their order. */
export function openDraftStore(home: string, workspaceFolder: string): DraftStore {
  const folder = join(home, 'drafts', shortHash(workspaceFolder));
  const pathOf = (document: string) => join(folder, `${shortHash(document)}.json`);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    keep: (draft) =>
      inTurn(async () => {
        const path = pathOf(draft.document);
        const text = JSON.stringify(draft);
        if (text.length > maximumBytes) {
          throw new StudioError('studio/limit', 'What is unsaved is too large to be kept.', {
            hint: 'Save it now.',
          });
        }
        await makeRoom(folder, path);
        await writeFileAtomically(path, text);
      }),
    drop: (document) =>
      inTurn(async () => {
        const path = pathOf(document);
        await rm(path, { force: true }).catch((error: unknown) => {
          throw toIoError(error, path);
        });
      }),
    list: () =>
      inTurn(async () => {
        const drafts: StoredDraft[] = [];
        for (const { path } of (await files(folder)).slice(0, maximumDrafts)) {
          const draft = await readDraft(path);
          if (draft !== undefined) drafts.push(draft);
        }
        return drafts.sort((a, b) => b.changedAt - a.changedAt);
      }),
  };
}

async function readDraft(path: string): Promise<StoredDraft | undefined> {
  try {
    const { size } = await stat(path);
    if (size > maximumBytes) return undefined;
    const parsed = storedDraftSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the oldest drafts when a new one would be one too many. */
async function makeRoom(folder: string, path: string): Promise<void> {
  const others = (await files(folder)).filter((file) => file.path !== path);
  for (const { path: oldest } of others.slice(maximumDrafts - 1)) await rm(oldest, { force: true });
}

/** Newest first. */
async function files(folder: string): Promise<{ path: string; modified: number }[]> {
  const names = await readdir(folder).catch(() => []);
  const all = await Promise.all(
    names
      .filter((name) => /^[0-9a-f]{32}\.json$/.test(name))
      .map(async (name) => {
        const path = join(folder, name);
        const modified = await stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        );
        return { path, modified };
      }),
  );
  return all.sort((a, b) => b.modified - a.modified);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
