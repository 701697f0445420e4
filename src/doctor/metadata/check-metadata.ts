// The metadata check: what llama.cpp demands of a model's entries and tensors, whether they fit each other, and where the
// source is given what differs from it.
import type { Check, Draft } from '../findings.ts';
import { entryNumber, entryString } from '#src/formats/gguf/entries.ts';
import { checkArchitecture } from './check-architecture.ts';
import { checkEntries } from './check-entries.ts';
import { checkContext, checkEpsilon, checkFileType, checkRope } from './check-numbers.ts';
import { checkSizes } from './check-sizes.ts';
import { checkTensors } from './check-tensors.ts';
import { compareEntries } from './compare-with-source.ts';
import { modelFactsOf, shownSizes, statedNumber } from './model-facts.ts';
import { sourceOf } from './same-model.ts';

export const checkMetadata: Check = async function* (subject, context) {
  // Nothing to wait for: a generator like the other checks.
  await Promise.resolve();
  const skip = (summary: string) => ({ summary, skipped: true });
  if (subject.survey.byteOrder === 'big') return skip('Big-endian files are not looked into.');
  if (subject.kind !== 'model' && !looksLikeModel(subject.kind, subject.metadata.length)) {
    return skip('Only models have the entries that are checked here.');
  }
  const { metadata, tensors, complete } = subject;
  const type = entryString(metadata, 'general.type') ?? 'model';
  if (type !== 'model')
    return skip(`A file of the type "${type.slice(0, 50)}" is not checked here.`);
  const { architecture, findings } = checkArchitecture(metadata, tensors);
  yield* complete ? findings : findings.filter(({ fix }) => fix !== undefined);
  if (architecture === undefined || architecture === 'clip') {
    return skip('Its architecture is not one that llama.cpp runs.');
  }
  const source = sourceOf(subject, context.source);
  const facts = modelFactsOf(architecture, metadata, tensors);
  const shown = shownSizes(facts);
  const sizes = checkSizes(facts, shown, complete);
  const sourceEntries = source?.architecture === architecture ? source.metadata : undefined;
  const entries = checkEntries(facts, shown, {
    source: sourceEntries,
    isVocabularyOnly: tensors.length === 0,
  });
  const headLength =
    sizes.heads?.keyLength ?? shown.headLength ?? statedNumber(facts, 'attention.key_length');
  const drafts: Draft[] = [
    ...(complete ? entries : entries.filter(({ code }) => code !== 'metadata/missing')),
    ...sizes.findings,
    ...checkContext(facts, sourceEntries),
    ...checkRope(facts, headLength, sourceEntries),
    ...checkEpsilon(facts, sourceEntries),
    ...checkTensors(facts, sizes, complete),
    ...checkFileType(facts),
  ];
  const once = withoutRepeats(drafts);
  yield* once;
  if (sourceEntries !== undefined) {
    const known = new Set(once.flatMap(({ keys = [] }) => keys));
    yield* compareEntries(facts, sourceEntries, known);
  }
  const blocks = entryNumber(metadata, `${architecture}.block_count`);
  return {
    summary: `The metadata fit ${architecture}${blocks === undefined ? '' : `, ${blocks} layers`}${tensors.length === 0 ? '' : ` and its ${tensors.length} tensors`}.`,
  };
};

/** A model that lost its architecture is not told from other GGUFs. */
function looksLikeModel(kind: string, entries: number): boolean {
  return kind === 'other-gguf' && entries > 0;
}

/** One finding for a key: the first says most. */
function withoutRepeats(drafts: readonly Draft[]): Draft[] {
  const seen = new Set<string>();
  return drafts.filter(({ keys = [] }) => {
    const isNew = keys.length === 0 || keys.some((key) => !seen.has(key));
    for (const key of keys) seen.add(key);
    return isNew;
  });
}
