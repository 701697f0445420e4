// Which special tokens a tokenizer puts around a text, read off tokenizer.json's post-processor as gguf-py does it
// (gguf/vocab.py, _try_load_from_tokenizer_json). Its guesses are kept with their quirks, since they end up in the file:
// a bos token given as an object never equals the template's string, and a template's last token replaces eos.
import { arrayField, jsonField, objectField, stringField, type JsonObject, type JsonValue } from '#src/formats/huggingface/json.ts'; // prettier-ignore

export interface PostProcessorFindings {
  /** The kinds of special token to look for, extended by `eot` and `eom` when eos was replaced. */
  readonly kinds: readonly string[];
  /** tokenizer_config.json with the tokens that were inferred. */
  readonly settings: ReadonlyMap<string, JsonValue>;
  /** Whether a token of this kind is added, by kind. */
  readonly added: ReadonlyMap<string, boolean>;
}

/** The state that gguf-py's loop over processors changes. */
interface State {
  kinds: readonly string[];
  readonly settings: Map<string, JsonValue>;
  readonly added: Map<string, boolean>;
  /** False when there is no tokenizer_config.json: then nothing is remembered in `settings`. */
  readonly hasSettings: boolean;
  bos: JsonValue | undefined;
  cls: JsonValue | undefined;
  eos: JsonValue | undefined;
  sep: JsonValue | undefined;
}

export function parsePostProcessor(
  tokenizer: JsonObject,
  settings: ReadonlyMap<string, JsonValue>,
  kinds: readonly string[],
): PostProcessorFindings {
  const state: State = {
    kinds,
    settings: new Map(settings),
    added: new Map(),
    hasSettings: settings.size > 0,
    bos: settings.get('bos_token'),
    cls: settings.get('cls_token'),
    eos: settings.get('eos_token'),
    sep: settings.get('sep_token'),
  };
  if (!state.bos && state.cls) remember(state, 'bos', state.cls);
  if (!state.eos && state.sep) remember(state, 'eos', state.sep);

  const postProcessor = objectField(tokenizer, 'post_processor');
  const processors =
    postProcessor !== undefined && Object.hasOwn(postProcessor, 'processors')
      ? arrayField(postProcessor, 'processors')
      : [postProcessor];
  for (const processor of processors) {
    const type = stringField(processor, 'type');
    if (type === 'RobertaProcessing') applyRoberta(state, processor);
    if (type === 'TemplateProcessing') applyTemplate(state, processor);
  }
  return state;
}

function remember(state: State, kind: 'bos' | 'cls' | 'eos' | 'sep', value: JsonValue): void {
  state[kind] = value;
  if (state.hasSettings) state.settings.set(`${kind}_token`, value);
}

function applyRoberta(state: State, processor: JsonValue | undefined): void {
  for (const kind of ['bos', 'eos', 'sep']) state.added.set(kind, true);
  if (!state.hasSettings) return;
  if (!state.cls) remember(state, 'cls', arrayField(processor, 'cls')[0] ?? state.bos ?? null);
  if (!state.sep) remember(state, 'sep', arrayField(processor, 'sep')[0] ?? state.eos ?? null);
}

function applyTemplate(state: State, processor: JsonValue | undefined): void {
  const single = arrayField(processor, 'single');
  let first: string | undefined;
  let last: string | undefined;
  if (single.length > 1) {
    first = specialTokenId(single[0]);
    last = specialTokenId(single.at(-1));
    if (first !== undefined) applyFirst(state, first);
    if (last !== undefined) applyLast(state, last);
  }
  applyPair(state, arrayField(processor, 'pair'), first, last);
}

function applyFirst(state: State, first: string): void {
  if (!state.hasSettings) {
    state.bos = first;
  } else if (first !== state.bos && first !== state.cls) {
    if (!state.bos) remember(state, 'bos', first);
    if (!state.cls) remember(state, 'cls', first);
  }
  state.added.set('bos', first === state.bos || first === state.cls);
}

function applyLast(state: State, last: string): void {
  if (!state.hasSettings) {
    state.eos = last;
  } else if (last !== state.eos) {
    const substitute = ['eot', 'eom'].find((kind) => !state.kinds.includes(kind));
    if (substitute !== undefined) {
      state.kinds = [...state.kinds, substitute];
      state.settings.set(`${substitute}_token`, state.eos ?? null);
    }
    remember(state, 'eos', last);
  }
  state.added.set('eos', last === state.eos);
}

/** A [sep] [eos] B: is a separator put between two texts? */
function applyPair(
  state: State,
  pair: readonly JsonValue[],
  first: string | undefined,
  last: string | undefined,
): void {
  const start = first !== undefined && specialTokenId(pair[0]) === first ? 1 : 0;
  const stop = last !== undefined && specialTokenId(pair.at(-1)) === last ? -1 : pair.length;
  const inner = pair.slice(start, stop);
  if (sequenceId(inner[0]) !== 'A' || sequenceId(inner.at(-1)) !== 'B') return;
  const middle = inner.slice(1, -1);
  if (middle.length === 0) return;

  const isSeparator = (token: string | undefined): boolean =>
    token !== undefined && (token === state.sep || token === state.eos);
  let addsSeparator = isSeparator(specialTokenId(middle[0])) && last === undefined;
  if (middle.length === 2 && isSeparator(specialTokenId(middle[1]))) addsSeparator = true;
  state.added.set('sep', addsSeparator);
  if (addsSeparator && !state.sep && state.hasSettings) {
    state.settings.set('sep_token', state.eos ?? null);
  }
}

/** The id of a template's special token, or undefined when it is a sequence or empty. */
function specialTokenId(part: JsonValue | undefined): string | undefined {
  return stringField(jsonField(part, 'SpecialToken'), 'id') || undefined;
}

function sequenceId(part: JsonValue | undefined): string | undefined {
  return stringField(jsonField(part, 'Sequence'), 'id');
}
