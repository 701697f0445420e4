// Opens a family for serving: reads its manifest, trains its router, and answers requests with its parents. The way of a
// request: decide (decide-request), feel (emotion), prepare (prepare-request), compute (family-engine), fall back (answer-chain).
import { setMaxListeners } from 'node:events';
import type { Decision } from '#src/contract/routing/decision.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import { answerSettings, emotionalContext } from '#src/routing/emotion/apply-tone.ts';
import { createRouter, type EmbedTexts, type Router } from '#src/routing/router.ts';
import { mayFallBack, type ChainLink } from './answer-chain.ts';
import { Conversations } from './conversations.ts';
import { decideRequest, lastText } from './decide-request.ts';
import { eitherSignal } from './either-signal.ts';
import { embeddingModelOf } from './embedding-model.ts';
import { familyEngine } from './family-engine.ts';
import { openFamilyFiles } from './family-files.ts';
import { watchFamily } from './family-watch.ts';
import type { Family, FamilyAnswer, FamilyEvents, FamilyRequest, OpenFamily } from './family.ts';
import { listModels, resolveModelName } from './model-names.ts';
import { joinSampling, prepareMessages } from './prepare-request.ts';
import { readFamily } from './read-family.ts';
import { openTrace } from './trace-file.ts';
import { emotionReader } from './read-emotion.ts';
import { noticesOf } from './answer-notices.ts';

/** See OpenFamily. */
export const openFamily: OpenFamily = async (options) => {
  const read = await readFamily(options.path);
  const { manifest } = read;
  const files = openFamilyFiles(read.folder);
  const engine = familyEngine(read, files, options);
  const conversations = new Conversations();
  const watch = watchFamily(() => engine.describe());
  const trace = openTrace(options.traceFile);
  const ending = new AbortController();
  // Every request listens to it: hundreds at once are no leak.
  setMaxListeners(0, ending.signal);
  const running = new Set<Promise<unknown>>();
  const feel = emotionReader(manifest, engine, (message) =>
    options.onEvent?.({ event: 'notice', level: 'warning', message }),
  );

  const embedTexts: EmbedTexts = async (texts) => {
    const { vectors } = await engine.embed(embeddingModelOf(manifest), texts, { cut: true });
    return vectors;
  };
  // Opening a family loads no model: an embedding classifier is trained with the first request that needs it.
  let router: Promise<Router> | undefined;
  const route = (): Promise<Router> => {
    router ??= createRouter(manifest, embedTexts).catch((error: unknown) => {
      router = undefined;
      throw error;
    });
    return router;
  };
  if (manifest.classifier.kind === 'lexical') await route();

  const answer = async (
    request: FamilyRequest,
    events: FamilyEvents,
    signal: AbortSignal,
  ): Promise<FamilyAnswer> => {
    signal.throwIfAborted();
    const messages = 'messages' in request.input ? request.input.messages : [];
    const conversation = conversations.find(request.conversation, messages);
    const text = lastText(request);
    const decided = await decideRequest(
      manifest,
      await route(),
      request,
      conversation.turns,
      signal,
    );
    const isBare = decided.isBare ?? false;
    const felt = isBare ? undefined : await feel(text, signal);
    const notices: string[] = [];
    let told: Decision | undefined;

    const attempt = async (link: ChainLink): Promise<FamilyAnswer> => {
      const route = link.route?.id ?? null;
      const emotion = felt === undefined ? undefined : emotionalContext(manifest, route, felt);
      const decision: Decision = {
        ...decided.decision,
        target: {
          parent: link.parent.id,
          ...(link.adapter !== undefined && { adapter: link.adapter.id }),
        },
        ...(emotion !== undefined && { emotion }),
      };
      const settings = isBare ? undefined : answerSettings(manifest, { ...decision, route });
      const tell = () => {
        if (told !== undefined) return;
        told = decision;
        events.onDecision?.(decision);
      };
      const served = await engine.complete(link, {
        input:
          'prompt' in request.input
            ? request.input
            : { messages: [...prepareMessages(messages, [settings?.systemPrompt])] },
        sampling: joinSampling(settings?.sampling, request.sampling),
        stop: request.stop ?? [],
        conversation: conversation.id,
        signal,
        onText: (piece, tokens) => {
          tell();
          events.onText?.(piece, tokens);
        },
      });
      tell();
      return { answer: served, decision, notices: [...notices, ...noticesOf(served)] };
    };

    const [first, ...others] = decided.chain;
    let link = first!;
    let mayRetry = true;
    for (;;) {
      try {
        const answered = await attempt(link);
        if ('messages' in request.input) {
          const turn = { text, route: answered.decision.route };
          conversations.remember(
            conversation,
            request.conversation,
            messages,
            answered.answer.text,
            turn,
          );
        }
        void trace.add(text, conversation.turns, answered.decision);
        return answered;
      } catch (error) {
        if (told !== undefined || isAbort(error)) throw error;
        // The engine ended while it answered, perhaps through another request: a new one is asked once.
        if (mayRetry && error instanceof StudioError && error.code === 'native/crashed') {
          mayRetry = false;
          continue;
        }
        const next = mayFallBack(error) ? others.shift() : undefined;
        if (next === undefined || !mayFallBack(error)) throw error;
        notices.push(
          `${link.route?.id ?? link.parent.id} cannot answer (${error.message.replace(/\.$/, '')}); ${next.route?.id ?? next.parent.id} answers instead.`,
        );
        link = next;
      }
    }
  };

  const family: Family = {
    manifest,
    sha256: read.sha256,
    path: read.path,
    async answer(request, events = {}) {
      const done = watch.begin();
      const { signal, release } = eitherSignal(events.signal ?? ending.signal, ending.signal);
      const result = answer(request, events, signal);
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
        release();
        done();
      }
    },
    models: () => listModels(manifest),
    async embed(texts, { model, cut = false, signal } = {}) {
      const done = watch.begin();
      try {
        return await engine.embed(namedEmbedding(model), texts, { cut, signal });
      } finally {
        done();
      }
    },
    state: () => watch.state(),
    onState: (listener) => watch.listen(listener),
    async preload(signal) {
      const problems: string[] = [];
      const all = manifest.parents.map(({ id }) => id);
      const asked = options.preload ?? manifest.policy.preload;
      for (const id of asked.includes('all') ? all : asked) {
        const parent = manifest.parents.find((candidate) => candidate.id === id);
        if (parent === undefined) {
          problems.push(`${id} is not preloaded: the family has no such parent.`);
          continue;
        }
        try {
          await engine.open(parent, manifest.policy.warmUp ?? false, signal);
        } catch (error) {
          if (isAbort(error)) throw error;
          problems.push(`${id} is not preloaded: ${(error as Error).message}`);
        }
        watch.look();
      }
      return problems;
    },
    async dispose() {
      ending.abort(new StudioError('cancelled', 'The family is not served any more.'));
      await Promise.allSettled(running);
      watch.end();
      await trace.end();
      await engine.close();
    },
  };

  function namedEmbedding(name: string | undefined) {
    const model = embeddingModelOf(manifest);
    if (name === undefined || name === 'auto' || name === model.file) return model;
    const found = resolveModelName(manifest, name);
    if (found.kind === 'target') return found.parent;
    if (found.kind === 'auto') return model;
    return manifest.parents.find(({ id }) => id === found.route.parent) ?? model;
  }

  return family;
};
