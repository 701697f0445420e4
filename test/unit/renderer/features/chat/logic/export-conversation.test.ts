import { describe, expect, it } from 'vitest';
import { conversationSchema, type Conversation } from '#src/contract/conversation.ts';
import {
  conversationToJson,
  conversationToMarkdown,
  exportName,
} from '#renderer/features/chat/logic/export-conversation.ts';

const model = (level: string) => ({
  path: `m-${level}.gguf`,
  name: `m-${level}`,
  level,
  adapters: [],
});
const conversation: Conversation = {
  version: 1,
  id: 'c',
  title: 'Fracture, first aid',
  createdAt: Date.UTC(2026, 0, 2, 3, 4),
  changedAt: 0,
  systemPrompt: 'Be brief.',
  sampling: { seed: 7, temperature: 0 },
  columns: ['Q8_0', 'Q2_K'].map((level) => ({
    id: level.replace('_', '-'),
    model: model(level),
    turns: [
      { role: 'user', text: 'What is a fracture?' },
      { role: 'assistant', text: `A break, says ${level}.` },
    ],
  })),
  votes: [{ time: 0, prompt: 'What is a fracture?', candidates: ['m-Q2_K', 'm-Q8_0'], winner: 1 }],
};

describe('an exported conversation', () => {
  it('has every prompt once and each answer under its model', () => {
    const text = conversationToMarkdown(conversation);
    expect(text.match(/## What is a fracture\?/g)).toHaveLength(1);
    expect(text).toContain('### m-Q8_0\n\nA break, says Q8_0.');
    expect(text).toContain('temp 0, seed 7');
    expect(text).toContain('- m-Q8_0 (of m-Q2_K, m-Q8_0)');
  });

  it('is read back from JSON as it was', () => {
    expect(conversationSchema.parse(JSON.parse(conversationToJson(conversation)))).toEqual(
      conversation,
    );
  });

  it('gets a name that every file system takes', () => {
    expect(exportName(conversation, 'md')).toBe('fracture-first-aid.md');
    expect(exportName({ ...conversation, title: '../../?' }, 'json')).toBe('conversation.json');
  });
});
