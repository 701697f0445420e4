// What is wrong with a matrix is told before its first file is written, not after hours: names, a quantized base, adapters of
// another base, texts that are too short.
import type { MatrixParams } from '#src/contract/quality/matrix.ts';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { longestAdapterName } from '#src/evaluation/matrix/matrix-names.ts';
import type { NamedText } from '#src/evaluation/suites/find-overlap.ts';
import { openFolder } from '#src/io/folder.ts';
import { isFolder, openAdapter, openPlainBase } from '#src/jobs/open-sources.ts';
import { convertPeftFolder } from '#src/stages/convert-lora/convert-lora.ts';
import { baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import { isQuantizedType } from '#src/tensors/ggml-types.ts';
import { describeMeasured, type MeasuredModel } from '../evaluate/measured-model.ts';
import { knownCalibration } from '../evaluate/known-calibration.ts';
import { referenceId, refuseOverlap, withVocabulary } from '../evaluate/prepare-measurement.ts';
import { readText, tokenizeText } from '../evaluate/read-text.ts';
import { checkAdapters } from '../methods/check-adapters.ts';
import { nativeLibrary } from '../native-library.ts';

export interface CheckContext {
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/** The adapters' texts and general text, each once. */
export function textsOf({ adapters, general }: MatrixParams): TextRequest[] {
  const texts = new Map<string, TextRequest>();
  for (const text of [general, ...adapters.map((adapter) => adapter.text)]) {
    const known = texts.get(text.id.toLowerCase());
    if (known === undefined) texts.set(text.id.toLowerCase(), text);
    else if (!isSameText(known, text)) {
      throw new StudioError('usage/invalid', `Two texts have the id "${text.id}".`, {
        hint: 'Give each its own.',
      });
    }
  }
  return [...texts.values()];
}

function isSameText(left: TextRequest, right: TextRequest): boolean {
  const key = ({ id, paths, parseSpecial }: TextRequest) =>
    JSON.stringify([id, paths, parseSpecial]);
  return key(left) === key(right);
}

/**
 * Gives the base. Throws `usage/invalid`, `quantize/requantize`, `adapter/wrong-base` naming the adapter, `adapter/unsupported`
 * for one that has only one of both forms, `evaluation/text`, and what reading the files throws.
 */
export async function checkMatrix(
  params: MatrixParams,
  { signal, emit }: CheckContext,
): Promise<MeasuredModel> {
  checkNames(params);
  const texts = textsOf(params);
  await refuseCalibrated(texts, params, emit);
  const onFile = (path: string) => emit({ event: 'phase', phase: 'Reading', detail: path });
  const label = params.base.split(/[\\/]/).filter(Boolean).at(-1) ?? params.base;
  const request = { id: referenceId, label, form: 'stock', path: params.base, adapters: [] } as const; // prettier-ignore
  const base = await describeMeasured({ ...request, adapters: [] }, { signal, onFile });
  refuseQuantized(base);
  await checkFits(params, { signal, emit });
  await checkForms(params, { signal, emit });
  await withVocabulary(base, nativeLibrary(), async (model) => {
    const library = nativeLibrary();
    const vocabulary = library.models.vocabulary(model);
    for (const text of texts) tokenizeText(await readText(text), library, vocabulary, params);
  });
  return base;
}

/** Of the texts that are named, else of those that the importance matrix names. Throws `evaluation/overlap`. */
async function refuseCalibrated(
  texts: readonly TextRequest[],
  { calibrationTexts, imatrix }: MatrixParams,
  emit: EventSink,
): Promise<void> {
  const known =
    calibrationTexts.length > 0 ? calibrationTexts : await knownCalibration([], { imatrix, emit });
  if (known.length === 0) return;
  const heldOut: NamedText[] = [];
  for (const text of texts) heldOut.push({ name: text.title, text: (await readText(text)).text });
  await refuseOverlap(heldOut, known);
}

function checkNames({ adapters, levels }: MatrixParams): void {
  const seen = new Set<string>();
  for (const { name } of adapters) {
    if (seen.has(name.toLowerCase())) {
      throw new StudioError('usage/invalid', `There are two adapters with the name "${name}".`, {
        hint: 'Give each its own.',
      });
    }
    seen.add(name.toLowerCase());
    if (name.length > longestAdapterName) {
      throw new StudioError('usage/invalid', `The adapter's name "${name}" is too long.`, {
        hint: `At most ${longestAdapterName} characters: it names files.`,
      });
    }
  }
  const twice = levels.find((level, index) => levels.indexOf(level) !== index);
  if (twice === undefined) return;
  throw new StudioError('usage/invalid', `The level ${twice} is there twice.`, {
    hint: 'Name each level once.',
  });
}

function refuseQuantized({ subject, tensors }: MeasuredModel): void {
  const quantized = tensors.filter(({ type }) => isQuantizedType(type));
  const [first] = quantized;
  if (first === undefined) return;
  throw new StudioError(
    'quantize/requantize',
    `${subject.path} is quantized already (${quantized.length} tensors, ${first.name}: ${first.type}); a matrix starts from the unquantized model.`,
    { hint: 'Give the Hugging Face folder, or the F32, F16 or BF16 file that it was made from.' },
  );
}

async function checkFits({ base, adapters }: MatrixParams, context: CheckContext): Promise<void> {
  // What is no adapter at all has an error of its own.
  for (const { path } of adapters) await (await openAdapter(path)).content.close();
  const paths = adapters.map(({ path }) => path);
  const fits = await checkAdapters({ base, adapters: paths }, context);
  for (const [index, { adapter, fits: isFitting, reason = '' }] of fits.entries()) {
    if (isFitting) continue;
    throw new StudioError(
      'adapter/wrong-base',
      `The adapter "${adapters[index]?.name ?? adapter}" (${adapter}) does not fit ${base}: ${reason}`,
      { hint: 'Leave it out, or give the base that it was trained on.', details: { adapter } },
    );
  }
}

/**
 * Some adapters can only be merged (DoRA), others only switched on (activated LoRA): told before the first is measured. Plans
 * only: names and shapes are read.
 */
async function checkForms({ base, adapters }: MatrixParams, context: CheckContext): Promise<void> {
  for (const { path, scale } of adapters) {
    const opened = await openPlainBase(base, context);
    const adapter = await openAdapter(path);
    try {
      if (await isFolder(path)) {
        const target = baseOfModel(opened.content);
        await (await convertPeftFolder(await openFolder(path), target, 'f32')).close();
      }
      await mergeAdapters(opened.content, [{ adapter: adapter.content, weight: scale }], {
        method: 'sum',
      });
    } finally {
      await Promise.all([opened.content.close(), adapter.content.close()]);
    }
  }
}
