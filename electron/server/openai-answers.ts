// Answers in OpenAI's shapes, with the decision beside them: in headers, and as `gguf_studio` in the body.
import { randomUUID } from 'node:crypto';
import type { Decision } from '#src/contract/routing/decision.ts';
import type { FamilyAnswer, FamilyModel } from '#src/serving/family.ts';

export interface AnswerFrame {
  readonly id: string;
  readonly created: number;
  readonly isChat: boolean;
}

export function newFrame(isChat: boolean): AnswerFrame {
  const prefix = isChat ? 'chatcmpl' : 'cmpl';
  return {
    id: `${prefix}-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    isChat,
  };
}

/** What answered, as a request can name it. */
export function modelName({ target }: Decision): string {
  return target.adapter === undefined ? target.parent : `${target.parent}:${target.adapter}`;
}

export function decisionHeaders(decision: Decision): Record<string, string> {
  const { route, target, by, emotion } = decision;
  return {
    'x-gguf-studio-route': headerValue(route ?? 'none'),
    'x-gguf-studio-parent': headerValue(target.parent),
    ...(target.adapter !== undefined && { 'x-gguf-studio-adapter': headerValue(target.adapter) }),
    'x-gguf-studio-decided-by': by,
    ...(emotion !== undefined && { 'x-gguf-studio-emotion': emotion.label }),
  };
}

/** Names may hold any character; headers may not. */
function headerValue(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text);
}

export function completeBody({ id, created, isChat }: AnswerFrame, answered: FamilyAnswer): object {
  const { answer, decision } = answered;
  const finish = finishReason(answer.stopReason);
  return {
    id,
    object: isChat ? 'chat.completion' : 'text_completion',
    created,
    model: modelName(decision),
    choices: [
      isChat
        ? {
            index: 0,
            message: { role: 'assistant', content: answer.text, refusal: null },
            logprobs: null,
            finish_reason: finish,
          }
        : { index: 0, text: answer.text, logprobs: null, finish_reason: finish },
    ],
    usage: usageOf(answered),
    gguf_studio: studioField(answered),
  };
}

export type Chunk =
  | { readonly kind: 'start'; readonly decision: Decision }
  | { readonly kind: 'text'; readonly decision: Decision; readonly text: string }
  | { readonly kind: 'end'; readonly answered: FamilyAnswer }
  | { readonly kind: 'usage'; readonly answered: FamilyAnswer };

/** One event of a stream. With `includesUsage` every event but the last says `usage: null`, as OpenAI does. */
export function chunkBody(frame: AnswerFrame, chunk: Chunk, includesUsage: boolean): object {
  const { id, created, isChat } = frame;
  const decision = 'answered' in chunk ? chunk.answered.decision : chunk.decision;
  const choice = (text: string | undefined, finish: string | null) =>
    isChat
      ? {
          index: 0,
          delta: {
            ...(chunk.kind === 'start' && { role: 'assistant' }),
            ...(text !== undefined && { content: text }),
          },
          logprobs: null,
          finish_reason: finish,
        }
      : { index: 0, text: text ?? '', logprobs: null, finish_reason: finish };
  return {
    id,
    object: isChat ? 'chat.completion.chunk' : 'text_completion',
    created,
    model: modelName(decision),
    choices:
      chunk.kind === 'usage'
        ? []
        : chunk.kind === 'end'
          ? [choice(undefined, finishReason(chunk.answered.answer.stopReason))]
          : [choice(chunk.kind === 'text' ? chunk.text : '', null)],
    ...(includesUsage && { usage: chunk.kind === 'usage' ? usageOf(chunk.answered) : null }),
    ...(chunk.kind === 'start' && { gguf_studio: { decision } }),
    ...(chunk.kind === 'end' && { gguf_studio: studioField(chunk.answered) }),
  };
}

/** Events of text as JSON, one after another: everything but the text is the same in all of them and made once. */
export function textChunks(
  frame: AnswerFrame,
  decision: Decision,
  includesUsage: boolean,
): (text: string) => string {
  const mark = randomUUID();
  const json = JSON.stringify(
    chunkBody(frame, { kind: 'text', decision, text: mark }, includesUsage),
  );
  const [before = '', after = ''] = json.split(JSON.stringify(mark));
  return (text) => before + JSON.stringify(text) + after;
}

export function modelBody(model: FamilyModel, created: number): object {
  const { id, ...about } = model;
  return { id, object: 'model', created, owned_by: 'gguf-studio', gguf_studio: about };
}

/** Vectors as OpenAI's clients ask for them: numbers, or the bytes of little-endian floats. */
export function embeddingBody(
  model: string,
  vectors: readonly Float32Array[],
  tokens: number,
  isBase64: boolean,
): object {
  const encode = (vector: Float32Array) => {
    if (!isBase64) return [...vector];
    const bytes = Buffer.alloc(vector.length * 4);
    for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
    return bytes.toString('base64');
  };
  return {
    object: 'list',
    model,
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encode(vector),
    })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

function finishReason(stopReason: string): 'stop' | 'length' {
  return stopReason === 'maxTokens' || stopReason === 'window' ? 'length' : 'stop';
}

function usageOf({ answer }: FamilyAnswer): object {
  return {
    prompt_tokens: answer.promptTokens,
    completion_tokens: answer.tokens,
    total_tokens: answer.promptTokens + answer.tokens,
    prompt_tokens_details: { cached_tokens: answer.cachedTokens ?? 0 },
  };
}

function studioField({ answer, decision, notices }: FamilyAnswer): object {
  return {
    decision,
    notices,
    stop_reason: answer.stopReason,
    context: {
      used: answer.windowUsed,
      size: answer.contextSize,
      window: answer.windowSize,
      grown: answer.grown,
      forgotten_messages: answer.forgottenMessages,
      forgotten_tokens: answer.forgottenTokens,
    },
    seed: answer.seed,
    waited_seconds: answer.waitedSeconds,
    first_token_seconds: answer.firstTokenSeconds,
    tokens_per_second: answer.tokensPerSecond,
  };
}
