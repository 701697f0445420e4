// The tensors that are there against those that llama.cpp asks for. It refuses the file for each of them: one that is
// missing, one of another shape, one more than it knows.
import type { Draft } from '../findings.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import type { SizeCheck } from './check-sizes.ts';
import { knowsTensorsOf, loaderTensors } from './loader-tensors.ts';
import { statedNumber, type ModelFacts } from './model-facts.ts';

/** Names in messages; all are in the finding's list. */
const namedTensors = 5;
/** Loaded for every family when they are there (llama_model_base::load_tensors). */
const alwaysAllowed = /\.(?:scale|input_scale)$/;

export function checkTensors(facts: ModelFacts, sizes: SizeCheck, complete: boolean): Draft[] {
  const { architecture, byName } = facts;
  const { blocks, embedding, vocabulary, feedForward, heads } = sizes;
  const isPlain = (statedNumber(facts, 'expert_count') ?? 0) === 0;
  if (!knowsTensorsOf(architecture) || !isPlain || byName.size === 0) return [];
  if (blocks === undefined || embedding === undefined || heads === undefined) return [];
  if (vocabulary === undefined || feedForward === undefined) return [];
  const anyJoined = facts.tensors.some(({ name }) => name.endsWith('.attn_qkv.weight'));
  const expected = loaderTensors(
    architecture,
    {
      blocks,
      embedding,
      vocabulary,
      feedForward,
      ...heads,
      rotary: statedNumber(facts, 'rope.dimension_count') ?? heads.keyLength,
      context: sizes.context ?? 0,
      tokenTypes: tokenTypeCount(facts),
      isLongRope: entryString(facts.metadata, `${architecture}.rope.scaling.type`) === 'longrope',
    },
    (block) => anyJoined && !byName.has(`blk.${block}.attn_q.weight`),
  );
  const known = new Set(expected.map(({ name }) => name));
  const missing = expected.filter(({ name, optional }) => !optional && !byName.has(name));
  const unexpected = facts.tensors.filter(
    ({ name }) => !known.has(name) && !alwaysAllowed.test(name),
  );
  const misshapen = expected.flatMap(({ name, shape }) => {
    const found = byName.get(name)?.shape;
    return found === undefined || shape.length === 0 || sameShape(found, shape)
      ? []
      : [{ name, found, shape }];
  });
  return [
    ...(complete && missing.length > 0 ? [missingTensors(missing.map(({ name }) => name))] : []),
    ...(unexpected.length > 0 ? [unexpectedTensors(unexpected.map(({ name }) => name))] : []),
    ...misshapen.map(({ name, found, shape }): Draft => ({
      code: 'metadata/tensor-shape',
      message: `${name} has the shape ${found.join(' × ')}; llama.cpp asks for ${shape.join(' × ')}.`,
      evidence: { shape: found, expected: shape },
      tensors: [name],
      remedy: 'Derives it again from the source, or takes it from another level.',
      fix: { kind: 'recover-tensors', tensors: [{ name }] },
    })),
  ];
}

function tokenTypeCount(facts: ModelFacts): number {
  return (
    facts.byName.get('token_types.weight')?.shape[1] ?? statedNumber(facts, 'token_type_count') ?? 1
  );
}

/** Trailing ones say nothing: ggml fills every shape up with them. */
function sameShape(left: readonly number[], right: readonly number[]): boolean {
  const length = Math.max(left.length, right.length);
  return Array.from({ length }, (_, index) => (left[index] ?? 1) === (right[index] ?? 1)).every(
    Boolean,
  );
}

function missingTensors(names: readonly string[]): Draft {
  return {
    code: 'metadata/tensor-missing',
    message: `${countOf(names)} missing: ${listOf(names)}.`,
    evidence: { count: names.length },
    tensors: [...names],
    fix: { kind: 'recover-tensors', tensors: names.map((name) => ({ name })) },
  };
}

function unexpectedTensors(names: readonly string[]): Draft {
  return {
    code: 'metadata/tensor-unexpected',
    message: `${countOf(names)} not part of a model of this architecture: ${listOf(names)}.`,
    evidence: { count: names.length },
    tensors: [...names],
  };
}

function countOf(names: readonly string[]): string {
  return names.length === 1 ? 'One tensor is' : `${names.length} tensors are`;
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, namedTensors).join(', ');
  return names.length > namedTensors ? `${shown} and ${names.length - namedTensors} more` : shown;
}
