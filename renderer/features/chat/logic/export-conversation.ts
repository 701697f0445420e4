// A conversation as a document: Markdown for people (columns under each prompt), JSON as the workspace keeps it.
import type { ColumnModel, Conversation, Turn } from '#src/contract/conversation.ts';
import { endNote, figuresLine } from './answer-figures.ts';
import { candidateName } from './column-name.ts';
import { changedNames, samplerFields } from './sampler-fields.ts';

export function conversationToJson(conversation: Conversation): string {
  return `${JSON.stringify(conversation, undefined, 2)}\n`;
}

/** Turn by turn; a prompt that several columns got stands once, their answers below it under the models' names. */
export function conversationToMarkdown(conversation: Conversation): string {
  const lines = [
    `# ${conversation.title === '' ? 'Untitled conversation' : conversation.title}`,
    '',
  ];
  lines.push(
    `${new Date(conversation.createdAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  );
  lines.push('', `Sampling: ${samplingLine(conversation)}`);
  if (conversation.contextSize !== undefined) lines.push(`Window: ${conversation.contextSize}`);
  if (conversation.systemPrompt !== '')
    lines.push('', 'System prompt:', '', quote(conversation.systemPrompt));
  const longest = Math.max(0, ...conversation.columns.map(({ turns }) => turns.length));
  for (let turn = 0; turn < longest; turn++) {
    let prompt: string | undefined;
    for (const column of conversation.columns) {
      const said = column.turns[turn];
      if (said === undefined) continue;
      if (said.role === 'user') {
        if (said.text !== prompt) lines.push('', `## ${oneLine(said.text)}`, ...rest(said.text));
        prompt = said.text;
      } else {
        lines.push(
          '',
          `### ${nameOf(column.model)}`,
          '',
          said.text,
          ...footnotes(said, conversation),
        );
      }
    }
  }
  if (conversation.votes.length > 0) {
    lines.push('', '## Blind votes', '');
    for (const { candidates, winner, prompt } of conversation.votes) {
      lines.push(
        `- ${winner === null ? 'Tie' : (candidates[winner] ?? '?')} (of ${candidates.join(', ')}): ${oneLine(prompt)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** A name that every file system takes: `fracture-first-aid.md`. */
export function exportName(conversation: Conversation, extension: string): string {
  const plain = conversation.title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${plain === '' ? 'conversation' : plain}.${extension}`;
}

function samplingLine({ sampling }: Conversation): string {
  const changed = changedNames(sampling);
  const named = samplerFields
    .filter(({ name }) => changed.includes(name))
    .map(({ key, name }) => `${name} ${sampling[key] ?? ''}`);
  return [...named, `seed ${sampling.seed ?? 'random'}`, "llama.cpp's defaults otherwise"].join(
    ', ',
  );
}

function nameOf(model: ColumnModel | null): string {
  return model === null ? 'No model' : candidateName(model);
}

function oneLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}

function rest(text: string): string[] {
  const more = text.trim().split('\n').slice(1).join('\n').trim();
  return more === '' ? [] : ['', more];
}

function footnotes(turn: Turn, { sampling }: Conversation): string[] {
  const notes = [
    turn.problem === undefined ? undefined : `Broke off: ${turn.problem.message}`,
    endNote(turn.measured, sampling.maxTokens),
    turn.measured === undefined ? undefined : figuresLine(turn.measured),
  ].filter((note) => note !== undefined);
  return notes.length === 0 ? [] : ['', `*${notes.join(' · ')}*`];
}

function quote(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}
