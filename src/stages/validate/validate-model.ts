// Validating a GGUF: what is on the disk first, then what llama.cpp makes of it. Each check reports its evidence; one
// that fails does not keep the others from running where they still can.
import type { StageRun } from '#src/contract/stage-events.ts';
import type { CheckResult, ValidationReport } from '#src/contract/validation.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import { endOfTensors, openMember, readBundle } from '#src/formats/bundle/read-bundle.ts';
import { entryNumber, entryString, entryValue } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { joinGgufParts, type GgufPart } from '#src/model/gguf-parts.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { readChatTemplate } from './ask-as-chat.ts';
import { checkAdapters } from './check-adapters.ts';
import { checkEmbeddings } from './check-embeddings.ts';
import { checkGeneration } from './check-generation.ts';
import { failed, passed, runCheck, skipped, type Finding } from './check-result.ts';
import { checkTensors } from './check-tensors.ts';
import { checkTokenizer } from './check-tokenizer.ts';
import type { LoadedModel, ValidationPorts } from './validation-ports.ts';
import type { ValidationPrompts } from './validation-prompts.ts';

export interface ValidationInput {
  /** Where llama.cpp loads it from. */
  readonly path: string;
  /** The file's bytes; closed by the caller. */
  readonly source: ByteSource;
  /** Opens another part of a split model in the same folder. */
  readonly openSibling: (fileName: string) => Promise<ByteSource>;
}

export interface ValidationOptions {
  /** `structure`: header, tensors and hashes; `full`: also loaded by llama.cpp and asked. */
  readonly depth: 'structure' | 'full';
  readonly prompts: ValidationPrompts;
  /** Threads for generating; the engine's choice when absent. */
  readonly threads?: number;
  readonly signal: AbortSignal;
}

interface Structure {
  readonly parts: readonly GgufPart[];
  readonly metadata: readonly GgufEntry[];
  readonly members: readonly PlacedMember[];
}

/** Runs all checks that apply. Throws only what says nothing about the file: cancel, disk errors, bugs. */
export async function* validateModel(
  input: ValidationInput,
  options: ValidationOptions,
  ports: ValidationPorts,
): StageRun<ValidationReport> {
  const checks: CheckResult[] = [];
  const siblings: ByteSource[] = [];
  try {
    yield { event: 'phase', phase: 'Checking', detail: input.source.label };
    let structure: Structure | undefined;
    checks.push(
      await runCheck('structure', ports.now, async () => {
        const found = await readStructure(input, siblings);
        structure = found.structure;
        return found.finding;
      }),
    );
    if (structure === undefined) {
      checks.push(skipped('tensors', 'The structure is not sound.'));
    } else {
      checks.push(...(yield* checkContents(input, structure, options, ports)));
      const sound = checks.every((check) => check.status !== 'failed');
      if (options.depth === 'full') {
        // llama.cpp ends its process where it trusts a wrong value, so it gets only what is sound so far.
        if (!sound) checks.push(skipped('load', 'An earlier check failed.'));
        else if (entryString(structure.metadata, 'general.type') === 'adapter') {
          checks.push(skipped('load', 'A LoRA adapter loads only with its base: chat --lora.'));
        } else checks.push(...(yield* checkLoaded(input, structure, options, ports)));
      }
    }
  } finally {
    await Promise.all(siblings.map((source) => source.close()));
  }
  return {
    path: input.path,
    bytes: input.source.size,
    passed: checks.every((check) => check.status !== 'failed'),
    checks,
  };
}

async function readStructure(
  input: ValidationInput,
  siblings: ByteSource[],
): Promise<{ structure: Structure; finding: Finding }> {
  const { source } = input;
  const header = await readGgufHeader(source);
  const count = entryNumber(header.metadata, 'split.count') ?? 1;
  const joined =
    count <= 1
      ? { parts: [{ source, header }], metadata: header.metadata }
      : await joinGgufParts({ source, header }, count, async (fileName) => {
          const sibling = await input.openSibling(fileName);
          siblings.push(sibling);
          return sibling;
        });
  const members = readBundle(source, header);
  const tensors = joined.parts.flatMap((part) => part.header.tensors).length;
  const architecture = entryString(joined.metadata, 'general.architecture');
  const behind = members.length > 0 ? 0 : Math.max(0, source.size - endOfTensors(header));
  const evidence = {
    version: header.version,
    architecture: architecture ?? null,
    metadataEntries: joined.metadata.length,
    tensors,
    parts: joined.parts.length,
    adapters: members.length,
    ...(behind > 64 ? { bytesBehindTensors: behind } : {}),
  };
  const finding =
    architecture === undefined || architecture === ''
      ? failed('The metadata has no "general.architecture".', evidence)
      : tensors === 0
        ? failed('The file has no tensors.', evidence)
        : passed(`GGUF v${header.version}, ${architecture}, ${tensors} tensors.`, evidence);
  return { structure: { parts: joined.parts, metadata: joined.metadata, members }, finding };
}

/** Tensors, hashes and the bundle's adapters: everything that needs no loading. */
async function* checkContents(
  input: ValidationInput,
  structure: Structure,
  options: ValidationOptions,
  ports: ValidationPorts,
): StageRun<CheckResult[]> {
  const { members } = structure;
  const start = ports.now();
  const run = checkTensors(structure.parts, structure.metadata, ports, options.signal);
  const findings = yield* run;
  const seconds = ports.now() - start;
  const results: CheckResult[] = [
    { check: 'tensors', ...findings.tensors, seconds },
    findings.hashes === undefined
      ? skipped('hashes', 'The file carries no hashes.')
      : { check: 'hashes', ...findings.hashes, seconds: 0 },
  ];
  if (members.length === 0) return results;
  yield { event: 'phase', phase: 'Checking adapters', detail: input.source.label };
  const bundle = await runCheck('bundle', ports.now, async () => {
    for (const member of members) {
      options.signal.throwIfAborted();
      const slice = await openMember(input.source, member, (source) => hashSource(source, ports));
      await readGgufHeader(slice);
    }
    const names = members.map((member) => member.name);
    return passed(
      `${members.length === 1 ? 'The adapter has' : `All ${members.length} adapters have`} the SHA-256 that was packed.`,
      { names },
    );
  });
  return [...results, bundle];
}

async function* checkLoaded(
  input: ValidationInput,
  structure: Structure,
  options: ValidationOptions,
  ports: ValidationPorts,
): StageRun<CheckResult[]> {
  const { prompts, signal } = options;
  const embeddings = isEmbeddingModel(structure.metadata);
  yield { event: 'phase', phase: 'Loading', detail: input.source.label };
  const path = structure.parts[0]?.source.label ?? input.path;
  let model: LoadedModel | undefined;
  const load = await runCheck('load', ports.now, async () => {
    const threads = options.threads === undefined ? {} : { threads: options.threads };
    const loadPath = structure.parts.length > 1 ? path : input.path;
    model = await ports.engine.load(loadPath, { embeddings, ...threads });
    const { description, parameterCount } = model;
    // llama.cpp writes a size that it has no name for as `?B`.
    const name = description.replace(' ?B', '');
    return passed(`llama.cpp loads it: ${name}.`, { description, parameterCount });
  });
  if (model === undefined) return [load];
  const loaded = model;
  const results = [load];
  const template = readChatTemplate(structure.metadata);
  try {
    const texts = [...prompts.prompts.map(({ text }) => text), ...prompts.roundTrip];
    const tokenizer = () => Promise.resolve(checkTokenizer(loaded, texts));
    results.push(await runCheck('tokenizer', ports.now, tokenizer));
    yield { event: 'phase', phase: 'Asking', detail: input.source.label };
    if (embeddings) {
      const run = checkEmbeddings(loaded, prompts.prompts, signal);
      results.push(yield* runStageCheck('embeddings', ports.now, run));
      return results;
    }
    if (template.problem !== undefined) {
      const message = `The chat template is not used: ${template.problem}.`;
      yield { event: 'notice', level: 'warning', message };
    }
    const questions = prompts.prompts.map((prompt) => template.ask(prompt));
    const generation = checkGeneration(loaded, questions, signal);
    results.push(yield* runStageCheck('generation', ports.now, generation));
    const [question] = questions;
    if (structure.members.length > 0 && question !== undefined) {
      const extract = (member: PlacedMember) => ports.extractMember(input.source, member);
      const run = checkAdapters(loaded, structure.members, question, extract, signal);
      results.push(yield* runStageCheck('adapters', ports.now, run));
    }
    return results;
  } finally {
    loaded.dispose();
  }
}

/** The same as runCheck, for a check that reports progress. */
async function* runStageCheck(
  check: CheckResult['check'],
  now: () => number,
  run: StageRun<Finding>,
): StageRun<CheckResult> {
  const start = now();
  let finding: Finding | undefined;
  let thrown: { error: unknown } | undefined;
  try {
    finding = yield* run;
  } catch (error) {
    thrown = { error };
  }
  const result = await runCheck(check, now, () => {
    if (thrown !== undefined) throw thrown.error;
    return Promise.resolve(finding ?? failed('It gave no result.'));
  });
  return { ...result, seconds: now() - start };
}

/** BERT and its kin attend both ways; others say that they pool. */
export function isEmbeddingModel(metadata: readonly GgufEntry[]): boolean {
  const architecture = entryString(metadata, 'general.architecture') ?? '';
  const causal = entryValue(metadata, `${architecture}.attention.causal`);
  const pooling = entryNumber(metadata, `${architecture}.pooling_type`) ?? 0;
  return (causal?.type === 'bool' && !causal.value) || pooling > 0;
}

async function hashSource(source: ByteSource, ports: ValidationPorts): Promise<string> {
  const hash = ports.createSha256();
  const step = 4 << 20;
  for (let offset = 0; offset < source.size; offset += step) {
    hash.update(await readBytes(source, offset, Math.min(step, source.size - offset)));
  }
  return hash.digest();
}
