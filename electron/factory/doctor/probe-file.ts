// Behaviour of one file: loaded by llama.cpp in this process, asked, and measured on a page of English, against its source
// where one is given. A file that ends the process ends only this host: the caller tells that as `behaviour/crash`.
import { dirname, join } from 'node:path';
import promptsFile from '../../../configs/validation_prompts.json' with { type: 'json' };
import type { Behaviour, BehaviourParams } from '#src/contract/doctor/diagnosis.ts';
import type { StageRun } from '#src/contract/stage-events.ts';
import {
  answerQuestions,
  checkRoundTrip,
  checkVectors,
  judgePerplexity,
  loadFinding,
  type Perplexity,
} from '#src/doctor/behaviour/probe-model.ts';
import { findingOf, type Draft } from '#src/doctor/findings.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { entryNumber, entryString } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { isFolder } from '#src/jobs/open-sources.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import { roleOfGguf } from '#src/stages/library/gguf-role.ts';
import { templateOfGguf } from '#src/stages/library/template-of.ts';
import type { Question } from '#src/stages/validate/check-generation.ts';
import { isEmbeddingModel } from '#src/stages/validate/validate-model.ts';
import { parseValidationPrompts } from '#src/stages/validate/validation-prompts.ts';
import { convertTemporarily } from '../evaluate/temporary-model.ts';
import { renderInProcess } from '../library/render-in-process.ts';
import { nativeLibrary } from '../native-library.ts';
import { createValidationEngine, type ScoringModel } from '../validate/native-validation-engine.ts';

/** Half of them are context, as in llama-perplexity; enough to tell sense from noise. */
const scoredTokens = 256;
const patience = 20_000;
/** LLAMA_POOLING_TYPE_RANK: such models score pairs of texts. */
const ranks = 4;

/** Throws only what says nothing about the file: `io/*`, `native/unavailable`, cancelling. */
export async function* probeFile(
  { path, source, prompts, threads }: BehaviourParams,
  signal: AbortSignal,
): StageRun<Behaviour> {
  const start = performance.now();
  const builtIn = parseValidationPrompts(promptsFile, 'validation_prompts.json');
  const asked = prompts ?? builtIn.prompts.map(({ text }) => text);
  const drafts: Draft[] = [];
  const end = (answers: Behaviour['answers'], passed: string, skipped = false): Behaviour => ({
    check: {
      area: 'behaviour',
      state: drafts.length > 0 ? 'found' : skipped ? 'skipped' : 'passed',
      summary: drafts[0]?.message ?? passed,
      seconds: (performance.now() - start) / 1000,
    },
    findings: drafts.map((draft, index) => findingOf(`b${index + 1}`, draft)),
    answers,
  });

  yield { event: 'phase', phase: 'Loading', detail: path };
  const model = await describe(path).catch((error: unknown) => {
    drafts.push(loadFinding(error));
  });
  if (model === undefined) return end([], '');
  const reason = notAsked(model);
  if (reason !== undefined) return end([], reason, true);
  const embeddings = isEmbeddingModel(model.metadata);
  const engine = createValidationEngine(nativeLibrary());
  const loadOptions = { embeddings, ...(threads === undefined ? {} : { threads }) };
  const loaded = await engine.load(model.path, loadOptions).catch((error: unknown) => {
    drafts.push(loadFinding(error));
  });
  if (loaded === undefined) return end([], '');
  try {
    drafts.push(...checkRoundTrip(loaded, builtIn.roundTrip));
    yield { event: 'phase', phase: 'Asking', detail: path };
    if (embeddings) {
      drafts.push(...(yield* checkVectors(loaded, asked, signal)));
      return end([], `llama.cpp loads it, and ${asked.length} texts have vectors of their own.`);
    }
    const questions = await questionsOf(model.metadata, asked, signal);
    const { findings, answers } = yield* answerQuestions(loaded, questions, asked, signal);
    drafts.push(...findings);
    if (findings.length > 0) return end([...answers], '');
    yield { event: 'phase', phase: 'Reading', detail: path };
    const own = await perplexityOf(loaded, builtIn.prose);
    const other = source === undefined ? undefined : yield* sourcePerplexity(source, builtIn.prose);
    drafts.push(...judgePerplexity(own, other, loaded.vocabularySize));
    const against = other === undefined ? '' : ` (source ${other.value.toPrecision(4)})`;
    return end(
      [...answers],
      `llama.cpp loads it, ${asked.length} prompts are answered, perplexity ${own.value.toPrecision(4)}${against}.`,
    );
  } finally {
    loaded.dispose();
  }

  /** The source is loaded after the answers: both at once may not fit the memory. */
  async function* sourcePerplexity(given: string, prose: string): StageRun<Perplexity | undefined> {
    yield { event: 'phase', phase: 'Reading', detail: given };
    const temporary = (await isFolder(given))
      ? await convertTemporarily(given, { signal, emit: () => undefined, threads })
      : undefined;
    try {
      const reference = await engine.load(temporary?.path ?? given, loadOptions);
      try {
        return reference.vocabularySize === loaded?.vocabularySize
          ? await perplexityOf(reference, prose)
          : undefined;
      } finally {
        reference.dispose();
      }
    } catch (error) {
      if (!(error instanceof StudioError) || error.kind !== 'input') throw error;
      const message = `The source cannot be measured: ${error.message}`;
      yield { event: 'notice', level: 'warning', message };
      return undefined;
    } finally {
      await temporary?.remove();
    }
  }
}

interface Described {
  /** What llama.cpp loads: the first part of a split. */
  readonly path: string;
  readonly architecture: string;
  readonly metadata: readonly GgufEntry[];
  readonly tensorCount: number;
}

async function describe(path: string): Promise<Described> {
  const model = await openGgufModel(await openFileByteSource(path), (name) =>
    openFileByteSource(join(dirname(path), name)),
  );
  await model.close();
  const { architecture, metadata, tensors, label } = model;
  const isWhole = label === path || label.endsWith(path);
  const first = isWhole ? path : join(dirname(path), label.split(/[/\\]/).at(-1) ?? label);
  return { path: first, architecture, metadata, tensorCount: tensors.length };
}

/** Why a file is not asked: it is no model of its own, or one that llama.cpp asks in another way. */
function notAsked({ architecture, metadata, tensorCount }: Described): string | undefined {
  const type = entryString(metadata, 'general.type') ?? 'model';
  if (type === 'adapter') return 'A LoRA adapter answers only with its base.';
  if (type !== 'model') return `A file of the type "${type.slice(0, 50)}" does not answer.`;
  if (tensorCount === 0) return 'It holds a vocabulary and no weights.';
  const { kind } = roleOfGguf(architecture, metadata, tensorCount);
  if (kind === 'companion') return 'It works only beside another model.';
  if (/^t5/.test(architecture)) return 'Models that encode before they decode are not asked here.';
  return entryNumber(metadata, `${architecture}.pooling_type`) === ranks
    ? 'Models that score pairs of texts are not asked here.'
    : undefined;
}

/** In the model's chat template where it has a usable one. */
async function questionsOf(
  metadata: readonly GgufEntry[],
  prompts: readonly string[],
  signal: AbortSignal,
): Promise<Question[]> {
  const question = (text: string, addSpecial: boolean, index: number): Question => ({
    id: `prompt ${index + 1}`,
    text,
    addSpecial,
  });
  const plain = () => prompts.map((text, index) => question(text, true, index));
  const template = templateOfGguf(metadata);
  if (template === undefined) return plain();
  const conversations = prompts.map((content) => [{ role: 'user', content }]);
  const bounds = { milliseconds: patience, signal };
  const rendered = await renderInProcess({ ...template, conversations }, bounds);
  const { bosToken } = template;
  return (
    rendered.prompts?.map((text, index) =>
      question(text, bosToken === '' || !text.startsWith(bosToken), index),
    ) ?? plain()
  );
}

async function perplexityOf(model: ScoringModel, prose: string): Promise<Perplexity> {
  const all = model.tokenize(prose, { addSpecial: true, parseSpecial: false });
  const tokens = all.slice(0, Math.min(scoredTokens, model.contextSize));
  const from = Math.max(1, Math.floor(tokens.length / 2));
  const mean = await model.scoreTokens(tokens, from);
  return { value: Math.exp(mean), tokens: tokens.length - from };
}
