// What a route makes of a request before it is answered: its system prompt, the emotion's tone, its sampling. What the client
// sent itself comes last and wins.
import type { ChatMessage } from '#src/contract/column.ts';
import { samplingSchema, type Sampling } from '#src/contract/sampling.ts';

/** The client's own system prompt stands behind the others, as one with them: templates know one at the start. */
export function prepareMessages(
  messages: readonly ChatMessage[],
  systemPrompts: readonly (string | undefined)[],
): readonly ChatMessage[] {
  const own = messages.filter(({ role }) => role === 'system').map(({ text }) => text);
  const prompts = [...systemPrompts, ...own].filter(
    (text): text is string => text !== undefined && text.trim() !== '',
  );
  if (prompts.length === 0) return messages.filter(({ role }) => role !== 'system');
  return [
    { role: 'system', text: prompts.join('\n\n') },
    ...messages.filter(({ role }) => role !== 'system'),
  ];
}

/** Later ones win. Values of a manifest that no chat knows are left out; a manifest is edited by hand. */
export function joinSampling(
  ...samplings: readonly (Readonly<Record<string, number | undefined>> | undefined)[]
): Sampling {
  const joined: Record<string, unknown> = {};
  for (const sampling of samplings) {
    for (const [name, value] of Object.entries(sampling ?? {})) {
      if (value === undefined || !Object.hasOwn(samplingSchema.shape, name)) continue;
      if (samplingSchema.safeParse({ [name]: value }).success) joined[name] = value;
    }
  }
  return samplingSchema.parse(joined);
}
