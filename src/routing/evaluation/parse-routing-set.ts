// Routing sets as they come from a disk: checked against their schema, and that no test prompt was trained on.
import { routingSetSchema, type RoutingSet } from '#src/contract/routing/evaluation.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { parseJsonText } from '#src/recipe/json-text.ts';
import { parseWithSchema } from '#src/recipe/schema-problems.ts';
import { normalizeText } from '../stable-hash.ts';
import { findPromptOverlaps } from './prompt-overlap.ts';

/** Throws `routing/set` naming the place, the prompts that overlap, or the prompt that stands there twice. */
export function parseRoutingSet(text: string, label: string): RoutingSet {
  const json = parseJsonText(text, label, 'routing/set');
  refuseWithoutOffTopic(json.value, label);
  const set = parseWithSchema(routingSetSchema, json, 'routing/set');
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

/**
 * The routes that a routing set has prompts of, whatever else is wrong with it; undefined for a file of another kind: a
 * manifest, prompts of emotions or intents. Throws `routing/set` for what is no JSON.
 */
export function routesOfSet(text: string, label: string): readonly string[] | undefined {
  const { value } = parseJsonText(text, label, 'routing/set');
  const routes = isRecord(value) ? value['routes'] : undefined;
  return isRecord(routes) ? Object.keys(routes) : undefined;
}

/** The part that is forgotten most easily, told with what it is for. */
function refuseWithoutOffTopic(value: unknown, label: string): void {
  if (!isRecord(value) || !isRecord(value['routes']) || 'offTopic' in value) return;
  throw new StudioError(
    'routing/set',
    `${label} has no "offTopic": no prompts that belong to none of its routes.`,
    {
      hint: 'Add "offTopic": { "test": ["What time is it?", ...] }. Only they show whether the router leaves alone what is not its own; an empty list measures the routes alone.',
    },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function testPrompts({ routes, offTopic }: RoutingSet): string[] {
  return [...Object.values(routes).flatMap(({ test }) => test), ...offTopic.test];
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 97)}...` : text);
}
