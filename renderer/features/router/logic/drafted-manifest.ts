// A draft of a manifest as text: the manifest and the prompts that were moved. It comes from a disk, so it is read as
// carefully as a manifest.
import type { RecipeDraft } from '#src/contract/studio/recipes.ts';
import { draftedManifestSchema } from '#src/contract/studio/router.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';
import type { DraftedManifest } from './router-document.ts';

export function writeDraft({ manifest, moved }: DraftedManifest): string {
  return JSON.stringify({ manifest, moved });
}

/** Throws `routing/manifest` for a text that holds none. */
export function readDraft({ text, title }: Pick<RecipeDraft, 'text' | 'title'>): DraftedManifest {
  const label = `The draft of ${title}`;
  const parsed = draftedManifestSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new StudioError('routing/manifest', `${label} cannot be read.`, {
      hint: 'Discard it; the file itself is as it was saved last.',
    });
  }
  const { manifest, moved } = parsed.data;
  return { manifest: parseManifest(JSON.stringify(manifest) ?? '', label), moved };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
