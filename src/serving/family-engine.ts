// The engine as one family uses it: its parents with checked files, the policy's limits, names of its own, so that two
// families in one engine (a manifest that was edited and is served again) do not take each other's parents away.
import { randomUUID } from 'node:crypto';
import type { EventOf } from '#src/contract/contract.ts';
import type { AdapterChoice, EngineContract } from '#src/contract/engine.contract.ts';
import type { ManifestAdapter, ManifestParent } from '#src/contract/routing/manifest.ts';
import type { Sampling } from '#src/contract/sampling.ts';
import type { ServedAnswer, ServedParent, ServedState } from '#src/contract/serving.ts';
import type { FamilyFiles } from './family-files.ts';
import type { OpenFamilyOptions } from './family.ts';
import type { Addressed } from './model-names.ts';
import type { ReadFamily } from './read-family.ts';

export interface CompleteOptions {
  readonly input:
    { messages: { role: 'system' | 'user' | 'assistant'; text: string }[] } | { prompt: string };
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  readonly conversation: string;
  readonly signal: AbortSignal | undefined;
  readonly onText: (text: string, tokens: number) => void;
}

export interface FamilyEngine {
  complete(addressed: Addressed, options: CompleteOptions): Promise<ServedAnswer>;
  /** By a model of the family that is no parent: a companion. */
  completeFile(
    model: { readonly file: string; readonly sha256: string },
    options: CompleteOptions,
  ): Promise<ServedAnswer>;
  /** Loads a parent with all its adapters. */
  open(parent: ManifestParent, warmUp: boolean, signal?: AbortSignal): Promise<ServedState>;
  /** By an embedding file of the family, or a parent's base. */
  embed(
    model: { readonly file: string; readonly sha256?: string | undefined } | ManifestParent,
    texts: readonly string[],
    options: { readonly cut: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<{ vectors: Float32Array[]; tokens: number }>;
  /** What the engine holds of this family, without the family's own part of the names. */
  describe(): Promise<readonly ServedState[]>;
  close(): Promise<void>;
}

export function familyEngine(
  { manifest }: Pick<ReadFamily, 'manifest'>,
  files: FamilyFiles,
  options: OpenFamilyOptions,
): FamilyEngine {
  const { engine } = options;
  const prefix = `${randomUUID().slice(0, 8)}/`;
  const opened = new Set<string>();
  const { policy } = manifest;

  const specOf = (name: string, path: string, contextWindow?: number): ServedParent => {
    const memoryBudgetBytes = options.memoryBudgetBytes ?? policy.memoryBudgetBytes;
    const { initial, whenFull } = policy.context ?? {};
    opened.add(prefix + name);
    return {
      parent: prefix + name,
      path,
      keepAliveSeconds: options.keepAliveSeconds ?? policy.keepAliveSeconds,
      ...(contextWindow !== undefined && { contextWindow: Math.max(16, contextWindow) }),
      ...(initial !== undefined && { contextInitial: initial }),
      ...(whenFull !== undefined && { whenFull }),
      ...(memoryBudgetBytes !== undefined && { memoryBudgetBytes }),
      ...(options.gpu !== undefined && { gpu: options.gpu }),
      ...(options.threads !== undefined && { threads: options.threads }),
      ...(options.streams !== undefined && { streams: options.streams }),
    };
  };
  const parentSpec = async (parent: ManifestParent, signal?: AbortSignal) =>
    specOf(
      parent.id,
      await files.verified(parent.file, parent.sha256, signal),
      parent.contextWindow,
    );
  const choiceOf = async (
    adapter: ManifestAdapter,
    signal?: AbortSignal,
  ): Promise<AdapterChoice[]> => {
    if (adapter.source === 'merged') return [];
    // The bundle knows the scale that the adapter was packed with.
    if (adapter.source === 'bundled') return [{ bundled: adapter.subdomain, scale: 1 }];
    const path = await files.verified(adapter.file ?? '', adapter.sha256, signal);
    return [{ path, scale: adapter.scale }];
  };
  type Event = EventOf<EngineContract, 'openParent'>;
  const forward = (event: Event) => options.onEvent?.(event);

  return {
    async complete({ parent, adapter }, { signal, onText, stop, ...rest }) {
      return engine(
        'completeServed',
        {
          served: await parentSpec(parent, signal),
          adapters: adapter === undefined ? [] : await choiceOf(adapter, signal),
          ...(adapter !== undefined && { adapter: adapter.id }),
          stop: [...stop],
          ...rest,
        },
        {
          signal,
          onEvent: (event) => {
            if (event.event === 'text') onText(event.text, event.tokens);
            else forward(event);
          },
        },
      );
    },

    async completeFile({ file, sha256 }, { signal, onText, stop, ...rest }) {
      const served = {
        ...specOf(file, await files.verified(file, sha256, signal)),
        contextWindow: 1024,
        streams: 1,
      };
      return engine(
        'completeServed',
        { served, stop: [...stop], ...rest },
        {
          signal,
          onEvent: (event) => {
            if (event.event === 'text') onText(event.text, event.tokens);
            else forward(event);
          },
        },
      );
    },

    async open(parent, warmUp, signal) {
      const adapters = [];
      for (const adapter of parent.adapters) adapters.push(...(await choiceOf(adapter, signal)));
      return engine(
        'openParent',
        { served: await parentSpec(parent, signal), adapters, warmUp },
        { signal, onEvent: forward },
      );
    },

    async embed(model, texts, { cut, signal }) {
      const path = await files.verified(model.file, model.sha256, signal);
      const name = 'quantization' in model ? model.id : model.file;
      const { vectors, tokens } = await engine(
        'embed',
        { served: specOf(name, path), texts: [...texts], cut },
        { signal, onEvent: forward },
      );
      return { vectors: vectors.map((vector) => Float32Array.from(vector)), tokens };
    },

    async describe() {
      // Asking would start an engine that nobody needs yet.
      if (opened.size === 0) return [];
      const states = await engine('describeServed', {});
      return states
        .filter(({ parent }) => parent.startsWith(prefix))
        .map((state) => ({ ...state, parent: state.parent.slice(prefix.length) }));
    },

    async close() {
      const names = [...opened];
      opened.clear();
      await Promise.allSettled(names.map((parent) => engine('closeParent', { parent })));
    },
  };
}
