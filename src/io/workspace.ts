// A workspace is a folder with gguf-studio.json: models, adapters and recipes of one person or team, found upward from
// the current folder. Its model mapping says what `build domain` and `build universal` build.
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';

export const workspaceFileName = 'gguf-studio.json';

const relativePath = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^[^\u0000-\u001f]*$/, 'no control characters');

export const workspaceSchema = z
  .strictObject({
    $schema: z.string().max(1_000).optional(),
    version: z.literal(1),
    name: z.string().max(200).optional(),
    mapping: relativePath
      .default('model_mapping.json')
      .describe("The model mapping, relative to this file's folder."),
    outputs: relativePath.default('outputs').describe('Where builds go, relative to this file.'),
  })
  .describe('Marks the folder of a GGUF Studio workspace.');

export interface Workspace {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  readonly mappingPath: string;
  readonly outputFolder: string;
}

/** The workspace that a folder belongs to, or undefined. Throws `recipe/invalid` for a gguf-studio.json that is wrong. */
export async function findWorkspace(from: string): Promise<Workspace | undefined> {
  let folder = resolve(from);
  for (;;) {
    if (await isFile(join(folder, workspaceFileName))) return openWorkspace(folder);
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

/** Opens the workspace in a folder. Throws `io/not-found` without gguf-studio.json, `recipe/invalid` for a wrong one. */
export async function openWorkspace(givenFolder: string): Promise<Workspace> {
  const folder = resolve(givenFolder);
  const file = join(folder, workspaceFileName);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw toIoError(error, file);
  });
  const { name, mapping, outputs } = parseWorkspace(text, file);
  return {
    folder,
    name: name ?? folder,
    mappingPath: resolve(folder, mapping),
    outputFolder: resolve(folder, outputs),
  };
}

function parseWorkspace(text: string, file: string): z.output<typeof workspaceSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StudioError(
      'recipe/invalid',
      `${file} is not valid JSON: ${(error as Error).message}.`,
      {
        hint: 'Correct the file; the smallest one is {"version": 1}.',
        cause: error,
      },
    );
  }
  const result = workspaceSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new StudioError(
    'recipe/invalid',
    `${file}, ${issue?.path.join('.') || 'top level'}: ${issue?.message ?? 'invalid'}.`,
    { hint: 'Correct the file; the smallest one is {"version": 1}.' },
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}
