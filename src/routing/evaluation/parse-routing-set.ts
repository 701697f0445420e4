// Routing sets as they come from a disk: checked against their schema, and that no test prompt was trained on.
import { routingSetSchema, type RoutingSet } from '#src/contract/routing/evaluation.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { parseJsonText } from '#src/recipe/json-text.ts';
import { parseWithSchema } from '#src/recipe/schema-problems.ts';
import { normalizeText } from '../stable-hash.ts';
import { findPromptOverlaps } from './prompt-overlap.ts';

/** Throws `routing/set` naming the place, the prompts that overlap, or the prompt that stands there twice. */
export function parseRoutingSet(text: string, label: string): RoutingSet {
  const set = parseWithSchema(
    routingSetSchema,
    parseJsonText(text, label, 'routing/set'),
    'routing/set',
  );
  const overlaps = findPromptOverlaps(set);
  const [first] = overlaps;
  if (first !== undefined) {
    const more = overlaps.length > 1 ? ` (and ${overlaps.length - 1} more)` : '';
    throw new StudioError(
      'routing/set',
      `${label}: the test prompt ${quote(first.test)} shares "${first.words}" with ${quote(first.other)}${more}.`,
      {
        hint: 'Word one of them differently: a prompt tests only what was not learned.',
        details: { overlaps: overlaps.slice(0, 50) },
      },
    );
  }
  const seen = new Set<string>();
  for (const prompt of testPrompts(set)) {
    const key = normalizeText(prompt);
    if (seen.has(key)) {
      throw new StudioError(
        'routing/set',
        `${label}: the test prompt ${quote(prompt)} stands there twice.`,
        {
          hint: 'Remove one of them: each prompt counts once.',
        },
      );
    }
    seen.add(key);
  }
  return set;
}

function testPrompts({ routes, offTopic }: RoutingSet): string[] {
  return [...Object.values(routes).flatMap(({ test }) => test), ...offTopic.test];
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 97)}...` : text);
}
