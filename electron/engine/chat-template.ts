// How a model's prompts are wrapped: its file's own chat template, a family's known form where that is the same, or a
// generic form for files whose template does not work or that have none.
import {
  ChatMLChatWrapper,
  GemmaChatWrapper,
  GeneralChatWrapper,
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

/** Renders a sample, so that a template that throws is found before the first prompt. */
export function resolveChatTemplate(model: LlamaModel): ChatTemplate {
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
    const wrapper = resolveChatWrapper(model, {
      fallbackToOtherWrappersOnJinjaError: false,
      warningLogs: false,
    });
    wrapper.generateContextState({ chatHistory: sample });
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
