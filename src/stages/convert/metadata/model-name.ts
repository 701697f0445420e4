// What a Hugging Face model name says: basename, size, fine-tune, version. A port of gguf-py's heuristics
// (gguf/metadata.py, get_model_id_components and id_to_title), because the reference writes their findings as metadata.
// Only digraphs with a title case of their own and sizes in non-Latin digits come out differently.

export interface ModelNameParts {
  readonly fullName?: string;
  readonly organization?: string;
  readonly basename?: string;
  readonly finetune?: string;
  readonly version?: string;
  readonly sizeLabel?: string;
}

type PartKind = 'basename' | 'size_label' | 'finetune' | 'version' | 'type';

interface NamePart {
  text: string;
  readonly kinds: Set<PartKind>;
}

const versionPattern = /^(?:v|iter)?\p{Nd}+(?:[.]\p{Nd}+)*$/iu;
const typePattern = /^(?:i?q\p{Nd}(?:_\w)*|b?fp?(?:16|32))$/iu;
const sizePattern =
  /^(?:(?:[A]|\p{Nd}+[x])?\p{Nd}+(?:[._]\p{Nd}+)?[KMBT]\p{Nd}?|small|mini|medium|large|x?xl)$/iu;
const finetunePattern = /^(?:chat|instruct|vision|lora)$/iu;

/**
 * Takes a model name apart. `parameterCount` decides whether "128k" is a size or a context length; 0 is unknown. For an
 * adapter it is negative: minus the parameters of the tensors that it changes, of which the model has more.
 */
export function modelNameParts(modelId: string, parameterCount = 0): ModelNameParts {
  // A sentence is a name and nothing more.
  if (modelId.includes(' ')) return { fullName: modelId };
  const slash = modelId.indexOf('/');
  const organization = slash < 0 ? undefined : modelId.slice(0, slash);
  const fullName = slash < 0 ? modelId : modelId.slice(slash + 1);
  const parts: NamePart[] = fullName
    .split('-')
    .filter((text) => text.length > 0)
    .map((text) => ({ text, kinds: new Set<PartKind>() }));
  parts.forEach((part, index) => {
    annotate(part, index, parameterCount);
  });
  dropWordSizes(parts);
  markBasename(parts);

  const join = (wanted: (kinds: ReadonlySet<PartKind>) => boolean) =>
    parts.filter((part) => wanted(part.kinds)).map((part) => part.text);
  const sizeLabel = [...new Set(join((kinds) => kinds.has('size_label')))].join('-');
  const finetune = join((kinds) => kinds.has('finetune')).join('-');
  const version = join((kinds) => kinds.has('version') && !kinds.has('basename')).join('-');
  const basename = join((kinds) => kinds.has('basename')).join('-');
  const ambiguous = sizeLabel === '' && finetune === '' && version === '';
  return {
    fullName,
    // './model' is a path, not an organization.
    ...(organization === undefined || organization.startsWith('.') ? {} : { organization }),
    ...(basename === '' || ambiguous ? {} : { basename }),
    ...(finetune === '' ? {} : { finetune }),
    ...(version === '' ? {} : { version }),
    ...(sizeLabel === '' ? {} : { sizeLabel }),
  };
}

function annotate(part: NamePart, index: number, parameterCount: number): void {
  if (versionPattern.test(part.text)) {
    part.kinds.add('version');
  } else if (typePattern.test(part.text)) {
    part.kinds.add('type');
    part.text = part.text.toUpperCase();
  } else if (index > 0 && sizePattern.test(part.text)) {
    part.text = normalizedSize(part.text);
    if (isFarFrom(part.text, parameterCount)) {
      part.kinds.add('finetune');
      part.text = part.text.slice(0, -1) + part.text.slice(-1).toLowerCase();
    } else {
      part.kinds.add('size_label');
    }
  } else if (index > 0 && finetunePattern.test(part.text)) {
    // In the name of an adapter "lora" says nothing.
    part.kinds.add(parameterCount < 0 && part.text.toLowerCase() === 'lora' ? 'type' : 'finetune');
  }
}

/** `1_5b` -> `1.5B`, bloom's `7b1` -> `7.1B`; words stay as they are. */
function normalizedSize(text: string): string {
  let size = text.replaceAll('_', '.');
  if (/\p{Nd}$/u.test(size)) size = `${size.slice(0, -2)}.${size.slice(-1)}${size.slice(-2, -1)}`;
  if (size.length > 1 && /\p{Nd}[kmbt]$/u.test(size)) {
    size = size.slice(0, -1) + size.slice(-1).toUpperCase();
  }
  return size;
}

/** A number far from the model's own size is a context length, not a size. */
function isFarFrom(size: string, parameterCount: number): boolean {
  if (parameterCount === 0 || !/^\d+(?:\.\d+)?$/.test(size.slice(0, -1))) return false;
  const claimed = Number(size.slice(0, -1)) * 1000 ** ' KMBT'.indexOf(size.slice(-1));
  if (parameterCount < 0) return claimed < Math.floor(-parameterCount / 8);
  return Math.abs(claimed - parameterCount) > Math.floor((7 * parameterCount) / 8);
}

/** "mini" says nothing beside "3.8B". */
function dropWordSizes(parts: readonly NamePart[]): void {
  const sizes = parts.filter((part) => part.kinds.has('size_label'));
  if (!sizes.some((part) => /\p{Nd}/u.test(part.text))) return;
  for (const part of sizes) {
    if (/^\p{L}+$/u.test(part.text)) part.kinds.delete('size_label');
  }
}

function markBasename(parts: readonly NamePart[]): void {
  let atStart = true;
  for (const { text, kinds } of parts) {
    if (atStart && ((kinds.size === 0 && /^\p{L}/u.test(text)) || kinds.has('version'))) {
      kinds.add('basename');
    } else {
      atStart = false;
      if (kinds.size === 0) kinds.add('finetune');
    }
  }
  // A version at the end is a version, not part of the basename.
  for (const { kinds } of [...parts].reverse()) {
    if (!kinds.has('basename') || kinds.size === 1) break;
    kinds.delete('basename');
  }
}

/** `tiny-llama-v2` -> `Tiny Llama v2`: words in title case, acronyms and versions as they are. */
export function titleOf(modelId: string): string {
  return modelId
    .trim()
    .replaceAll('-', ' ')
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map((word) =>
      isLowerCase(word) && !/^(?:v\p{Nd}+(?:\.\p{Nd}+)*$|\p{Nd})/u.test(word)
        ? titleCase(word)
        : word,
    )
    .join(' ');
}

/** Python's `islower`: some letter has a case, and none is upper case. */
function isLowerCase(text: string): boolean {
  return /\p{Ll}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text);
}

/** Python's `title`: a letter after a letter is lower case, any other letter is upper case. */
function titleCase(text: string): string {
  return text.replace(
    /[\p{Ll}\p{Lu}\p{Lt}]+/gu,
    (letters) => letters.slice(0, 1).toUpperCase() + letters.slice(1).toLowerCase(),
  );
}
