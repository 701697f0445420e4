// Context, rotary settings and the declared level: values that no tensor's shape shows, judged by what llama.cpp accepts
// and by what any model could have.
import type { Draft } from '../findings.ts';
import { entryNumber, entryString, entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { levelOfGguf } from '#src/stages/library/level-of-gguf.ts';
import { levels, type Level } from '#src/tensors/levels.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { copyFix, numberFix, textFix } from './fix-value.ts';
import { statedNumber, type ModelFacts } from './model-facts.ts';

type Source = readonly GgufEntry[] | undefined;

/** Models claim up to 10 million tokens. */
const longestContext = 100_000_000;

export function checkContext(facts: ModelFacts, source: Source): Draft[] {
  const key = `${facts.architecture}.context_length`;
  const stated = entryNumber(facts.metadata, key);
  if (stated === undefined || (stated >= 1 && stated <= longestContext)) return [];
  const fix = copyFix(key, source === undefined ? undefined : entryValue(source, key));
  return [
    {
      code: 'metadata/context',
      severity: stated === 0 ? 'error' : 'warning',
      message: `${key} is ${stated}: no model can read so many tokens.`,
      evidence: { stated },
      keys: [key],
      remedy:
        fix === undefined
          ? 'Name the model that the file was made from (--source), or look its context up and set it.'
          : "Sets the source's context length.",
      ...(fix === undefined ? {} : { fix }),
    },
  ];
}

/** LLAMA_ROPE_SCALING_TYPES; another text ends llama.cpp's process. */
const scalingTypes = ['none', 'linear', 'yarn', 'longrope'];
/** Refused when the rotary length is not the whole head (load_hparams). */
const rotatesWholeHeads = /^(?:llama|deci|falcon|llama-embed)$/;

export function checkRope(
  facts: ModelFacts,
  keyLength: number | undefined,
  source: Source,
): Draft[] {
  const { architecture: arch, metadata } = facts;
  const findings: Draft[] = [];
  const add = (name: string, message: string, fix: Draft['fix'], isFatal: boolean) => {
    const key = `${arch}.${name}`;
    const known = source === undefined ? undefined : entryValue(source, key);
    const best = copyFix(key, known) ?? fix;
    findings.push({
      code: 'metadata/rope',
      severity: isFatal ? 'error' : 'warning',
      message: `${key} ${message}`,
      evidence: { value: entryNumber(metadata, key) ?? entryString(metadata, key) ?? null },
      keys: [key],
      remedy:
        best === undefined
          ? 'Name the model that the file was made from (--source), or convert it again.'
          : known !== undefined
            ? "Sets the source's value."
            : `Sets ${key} to ${best.kind === 'set-metadata' ? String(best.value.value) : ''}.`,
      ...(best === undefined ? {} : { fix: best }),
    });
  };
  const rotary = statedNumber(facts, 'rope.dimension_count');
  if (rotary !== undefined && keyLength !== undefined && keyLength > 0) {
    const fix = numberFix(`${arch}.rope.dimension_count`, 'uint32', keyLength);
    if (rotatesWholeHeads.test(arch) && rotary !== keyLength) {
      add('rope.dimension_count', `is ${rotary}, but a head has ${keyLength} values.`, fix, true);
    } else if (rotary > keyLength || rotary === 0 || rotary % 2 !== 0) {
      const whole = rotary > keyLength ? fix : undefined;
      add('rope.dimension_count', `is ${rotary}; a head has ${keyLength} values.`, whole, true);
    }
  }
  for (const name of ['rope.freq_base', 'rope.freq_base_swa']) {
    const base = statedNumber(facts, name);
    // Published models have 10,000 to 100 million.
    if (base !== undefined && !(base >= 100 && base <= 1e10)) {
      add(name, `is ${base}; models have 10,000 and more.`, undefined, !(base > 0));
    }
  }
  for (const name of ['rope.scaling.factor', 'rope.scaling.attn_factor']) {
    const factor = statedNumber(facts, name);
    if (factor !== undefined && !(factor >= 0 && factor <= 10_000)) {
      add(name, `is ${factor}.`, undefined, false);
    }
  }
  const scaling = entryString(metadata, `${arch}.rope.scaling.type`);
  if (scaling !== undefined && !scalingTypes.includes(scaling)) {
    const near = scalingTypes.find((type) => type === scaling.trim().toLowerCase());
    add(
      'rope.scaling.type',
      `is "${scaling.slice(0, 50)}"; llama.cpp knows ${scalingTypes.join(', ')} and stops at others.`,
      near === undefined ? undefined : textFix(`${arch}.rope.scaling.type`, near),
      true,
    );
  }
  return findings;
}

/** Norm epsilons: 1e-12 (BERT) to 1e-5 are real. */
export function checkEpsilon(facts: ModelFacts, source: Source): Draft[] {
  return ['attention.layer_norm_rms_epsilon', 'attention.layer_norm_epsilon'].flatMap((name) => {
    const key = `${facts.architecture}.${name}`;
    const value = entryNumber(facts.metadata, key);
    if (value === undefined || (value >= 0 && value <= 0.1)) return [];
    const fix = copyFix(key, source === undefined ? undefined : entryValue(source, key));
    const draft: Draft = {
      code: 'metadata/contradiction',
      message: `${key} is ${value}; real ones lie between 1e-12 and 1e-3.`,
      evidence: { value: String(value) },
      keys: [key],
      remedy:
        fix === undefined
          ? 'Name the model that the file was made from (--source), or convert it again.'
          : "Sets the source's value.",
      ...(fix === undefined ? {} : { fix }),
    };
    return [draft];
  });
}

/** LLAMA_FTYPE_GUESSED. */
const guessedFlag = 1024;

/** The level that `general.file_type` declares against the types of the matrices. */
export function checkFileType({ metadata, tensors }: ModelFacts): Draft[] {
  const key = 'general.file_type';
  const declared = entryNumber(metadata, key);
  const typed = tensors.flatMap(({ name, shape, type }) =>
    type === undefined ? [] : [{ name, shape, type }],
  );
  const isHybrid = metadata.some(({ key: name }) => name.startsWith('studio.allocation.'));
  if (declared === undefined || isHybrid || typed.length !== tensors.length) return [];
  const known = (Object.entries(levels) as [Level, (typeof levels)[Level]][]).find(
    ([, { fileType }]) => fileType === (declared & ~guessedFlag),
  );
  const level = levelOfGguf(metadata, typed);
  if (level === undefined || known?.[0] === level) return [];
  // Levels of other tools, and mixtures of one family of types, are no contradiction.
  if (known === undefined && declared < guessedFlag) return [];
  if (known !== undefined && typed.some(({ type }) => type === (known[1].defaultType as GgmlType)))
    return [];
  const right = Object.hasOwn(levels, level) ? levels[level as Level].fileType : undefined;
  return [
    {
      code: 'metadata/file-type',
      message: `${key} declares ${known?.[0] ?? declared}, but the tensors are those of ${level}.`,
      evidence: { declared, declaredLevel: known?.[0] ?? null, level },
      keys: [key],
      remedy:
        right === undefined
          ? 'Nothing needs to be done: llama.cpp only shows the declared level.'
          : `Sets ${key} to ${right} (${level}).`,
      ...(right === undefined ? {} : { fix: numberFix(key, 'uint32', right) }),
    },
  ];
}
