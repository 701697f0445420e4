import { describe, expect, it } from 'vitest';
import { stringArrayEntry, stringEntry } from '#src/formats/gguf/entries.ts';
import { refuseCompanion } from '#src/stages/library/refuse-companion.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const file = (architecture: string, ...more: ReturnType<typeof stringEntry>[]) => ({
  metadata: [stringEntry('general.architecture', architecture), ...more],
  tensors: [{}],
});
const labels = stringArrayEntry('bert.classifier.output_labels', ['joy', 'anger', 'fear']);

describe('a companion given where it would be merged or bundled', () => {
  it.each([
    ['qwen3tts', 'tts', file('qwen3tts')],
    ['wavtokenizer-dec', 'vocoder', file('wavtokenizer-dec')],
    ['whisper', 'asr', file('whisper')],
    ['clip', 'mmproj', file('clip')],
    ['bert', 'emotion', file('bert', labels)],
  ])(
    'is refused by name, with the role that it can have: %s as %s',
    async (architecture, role, given) => {
      const refused = Promise.resolve().then(() => refuseCompanion('a.gguf', given, 'an adapter'));
      const error = await expectRefusal(refused, 'companion/mismatch');
      expect(error.message).toContain(`(${architecture}), a companion and not an adapter`);
      expect(error.hint).toContain(`--companion ${role}=a.gguf`);
    },
  );

  it('is told from models that are none and from files that nothing is known of', () => {
    for (const given of [file('llama'), file('bert'), file('imatrix-of-nothing'), file('llama', stringEntry('general.type', 'imatrix'))]) {
      expect(() => refuseCompanion('a.gguf', given, 'an adapter')).not.toThrow();
    } // prettier-ignore
  });
});
