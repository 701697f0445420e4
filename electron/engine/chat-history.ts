// A conversation as the window keeps it, turned into node-llama-cpp's history. Thoughts are shown between <think> tags in
// an answer's text; in a history they become segments again, so that templates can leave them out of later turns.
import type { ChatHistoryItem } from 'node-llama-cpp';
import type { ChatMessage } from '#src/contract/column.ts';

export const thoughtStart = '<think>\n';
export const thoughtEnd = '\n</think>\n\n';

const thought = /^<think>\n([\s\S]*?)\n<\/think>\n\n/;

/** Ends with a model item: what is generated goes there (after the text of a last assistant message, when there is one). */
export function toChatHistory(messages: readonly ChatMessage[]): ChatHistoryItem[] {
  const history = messages.map(toItem);
  if (history.at(-1)?.type !== 'model') history.push({ type: 'model', response: [] });
  return history;
}

function toItem({ role, text }: ChatMessage): ChatHistoryItem {
  if (role !== 'assistant') return { type: role, text };
  const match = thought.exec(text);
  if (match === null) return { type: 'model', response: [text] };
  return {
    type: 'model',
    response: [
      { type: 'segment', segmentType: 'thought', text: match[1] ?? '', ended: true },
      text.slice(match[0].length),
    ],
  };
}
