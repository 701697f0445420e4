// The emotion of the line that is being tested: by the family's companion model where there is one, else by the lexicon, as
// serving does it. One reader is kept, for the family that is edited.
import { dirname } from 'node:path';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { familyEngine, type FamilyEngine } from '#src/serving/family-engine.ts';
import { openFamilyFiles } from '#src/serving/family-files.ts';
import type { EngineCall } from '#src/serving/family.ts';
import { emotionReader, type ReadEmotion } from '#src/serving/read-emotion.ts';

export interface RouterEmotions {
  /** Undefined where the manifest has no emotion step or it is off. */
  read(path: string, manifest: RouterManifest, text: string, signal: AbortSignal): ReturnType<ReadEmotion>; // prettier-ignore
  dispose(): Promise<void>;
}

interface KeptReader {
  readonly key: string;
  readonly engine: FamilyEngine;
  readonly read: ReadEmotion;
}

export function routerEmotions(call: EngineCall): RouterEmotions {
  let kept: KeptReader | undefined;
  const end = async () => {
    const ending = kept;
    kept = undefined;
    await ending?.engine.close().catch(() => undefined);
  };
  return {
    read(path, manifest, text, signal) {
      // Other edits need no other reader, and a companion stays loaded while examples are typed.
      const key = JSON.stringify([path, manifest.companions, manifest.steps]);
      if (kept?.key !== key) {
        void end();
        const engine = familyEngine({ manifest }, openFamilyFiles(dirname(path)), {
          path,
          engine: call,
        });
        // Why a companion is not used is told by verify and by serving; the line shows where the emotion is from.
        kept = { key, engine, read: emotionReader(manifest, engine, () => undefined) };
      }
      return kept.read(text, signal);
    },
    dispose: end,
  };
}
