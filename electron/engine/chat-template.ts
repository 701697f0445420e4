// How a model's prompts are wrapped: its file's own chat template, a family's known form where that is the same, or a
// generic form for files whose template does not work or that have none.
import {
  ChatMLChatWrapper,
  GemmaChatWrapper,
  GeneralChatWrapper,
  JinjaTemplateChatWrapper,
  Llama3ChatWrapper,
  resolveChatWrapper,
  type ChatHistoryItem,
  type ChatWrapper,
  type LlamaModel,
} from 'node-llama-cpp';

export interface ChatTemplate {
  readonly wrapper: ChatWrapper;
  readonly name: string;
  /** The file's template cannot be used: why, and what is used instead. */
  readonly problem?: string;
  /** Something to know that is no problem of the file. */
  readonly notice?: string;
}

/** Two turns after a system prompt, with an answer to be generated: what every chat template must render. */
const sample: ChatHistoryItem[] = [
  { type: 'system', text: 'Be kind.' },
  { type: 'user', text: 'Hello' },
  { type: 'model', response: ['Hello!'] },
  { type: 'user', text: 'How are you?' },
  { type: 'model', response: [] },
];

/**
 * Known forms by what they were found with: comparing a template with all of them blocks the engine for 0.3 s, and columns
 * are mostly levels of one model. Forms made from a file's own template belong to its model and are not kept.
 */
const knownForms = new Map<string, ChatWrapper>();
const mostKnownForms = 64;

/**
 * Renders a sample, so that a template that throws is found before the first prompt. `vocabulary` is the same for two
 * models whose tokens are the same.
 */
export function resolveChatTemplate(model: LlamaModel, vocabulary: string): ChatTemplate {
  const template = model.fileInfo.metadata.tokenizer?.chat_template;
  if (typeof template !== 'string' || template.trim() === '') {
    const known = resolveChatWrapper(model, { warningLogs: false });
    const wrapper = known instanceof GeneralChatWrapper ? genericWrapper(model) : known;
    return {
      wrapper,
      name: wrapper.wrapperName,
      notice: `The file has no chat template: prompts are wrapped in the form "${wrapper.wrapperName}". A base model may just continue the text.`,
    };
  }
  try {
    const key = formKey(model, vocabulary, template);
    const known = knownForms.get(key);
    if (known !== undefined) return { wrapper: known, name: known.wrapperName };
    const wrapper = resolveChatWrapper(model, {
      fallbackToOtherWrappersOnJinjaError: false,
      warningLogs: false,
    });
    wrapper.generateContextState({ chatHistory: sample });
    if (!(wrapper instanceof JinjaTemplateChatWrapper)) {
      if (knownForms.size >= mostKnownForms) knownForms.clear();
      knownForms.set(key, wrapper);
    }
    return { wrapper, name: wrapper.wrapperName };
  } catch (error) {
    const wrapper = genericWrapper(model);
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown reason';
    return {
      wrapper,
      name: wrapper.wrapperName,
      problem: `The file's chat template cannot be used (${reason.slice(0, 300)}); prompts are wrapped in the form "${wrapper.wrapperName}" instead.`,
    };
  }
}

/** All that node-llama-cpp looks at when it chooses a form, but for the file's name, which only orders its attempts. */
function formKey(model: LlamaModel, vocabulary: string, template: string): string {
  const { general } = model.fileInfo.metadata;
  const { bosString, eosString } = model.tokens;
  const parents = Object.values(general.base_model ?? {}).map((parent) =>
    typeof parent === 'object' ? parent.name : parent,
  );
  const { architecture, name, basename, size_label: size } = general;
  const parts = [vocabulary, template, bosString, eosString, architecture, name, basename, size];
  // As texts: a file may hold anything in these places.
  return JSON.stringify([...parts, ...parents].map(String));
}

/** Markers of the common chat formats, each one token of a vocabulary whose model was trained on that format. */
const formats = [
  { marker: '<|im_start|>', create: () => new ChatMLChatWrapper() },
  { marker: '<|start_header_id|>', create: () => new Llama3ChatWrapper() },
  { marker: '<start_of_turn>', create: () => new GemmaChatWrapper() },
] as const;

/** The format whose markers the vocabulary has, else plain headings. */
function genericWrapper(model: LlamaModel): ChatWrapper {
  const format = formats.find(({ marker }) => model.tokenize(marker, true).length === 1);
  return format?.create() ?? new GeneralChatWrapper();
}
