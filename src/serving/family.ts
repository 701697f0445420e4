// What a family is to whoever serves it: the server's `/v1`, the window's chat, tests. A request names a model or leaves the
// choice to the router; an answer brings the decision with it. Nothing here knows HTTP.
import type { ChatMessage } from '#src/contract/column.ts';
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { Sampling } from '#src/contract/sampling.ts';
import type { ServedAnswer, ServedState } from '#src/contract/serving.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import type { OpenHost } from '#src/io/open-host.ts';

/** The engine host's calls: of the command line's host or of the studio's. */
export type EngineCall = OpenHost<EngineContract>['call'];

/** The model name that leaves the choice to the router. */
export const autoModel = 'auto';

export interface FamilyRequest {
  /** `auto`, a route, a parent (without adapter), or `parent:adapter`. */
  readonly model: string;
  /** A chat, or a text that is continued as it stands. */
  readonly input: { readonly messages: readonly ChatMessage[] } | { readonly prompt: string };
  /** On top of the route's own sampling and the emotion's tone. */
  readonly sampling?: Sampling | undefined;
  readonly stop?: readonly string[] | undefined;
  /** Names the conversation; without it, it is recognized by its history. */
  readonly conversation?: string | undefined;
  /** A person overrules the router: this route takes the turn, and the conversation from here on. */
  readonly route?: string | undefined;
}

export interface FamilyEvents {
  readonly signal?: AbortSignal | undefined;
  /** Called once, before any text. */
  readonly onDecision?: ((decision: Decision) => void) | undefined;
  readonly onText?: ((text: string, tokens: number) => void) | undefined;
}

export interface FamilyAnswer {
  readonly answer: ServedAnswer;
  readonly decision: Decision;
  /** What the user should know: another route answered, turns were forgotten, the window is full. */
  readonly notices: readonly string[];
}

export interface FamilyModel {
  /** As a request names it. */
  readonly id: string;
  readonly kind: 'auto' | 'route' | 'parent' | 'adapter' | 'embedding';
  readonly parent?: string;
  readonly adapter?: string;
  readonly quantization?: string;
  readonly contextWindow?: number;
}

export interface FamilyState {
  readonly loaded: readonly ServedState[];
  readonly requests: { readonly running: number; readonly waiting: number; readonly done: number };
}

export interface Family {
  readonly manifest: RouterManifest;
  /** Of the manifest's bytes as they are served. */
  readonly sha256: string;
  readonly path: string;
  /**
   * Decides, loads what is needed, answers. Throws StudioError: `serving/unknown-model`, `routing/...`, `memory/short`,
   * `chat/too-long`, `native/crashed`, `cancelled` ...
   */
  answer(request: FamilyRequest, events?: FamilyEvents): Promise<FamilyAnswer>;
  /** What `model` may be, `auto` first. */
  models(): readonly FamilyModel[];
  /** By the family's embedding model, or the base of the parent that `model` names. */
  embed(
    texts: readonly string[],
    options?: { readonly model?: string; readonly cut?: boolean; readonly signal?: AbortSignal },
  ): Promise<{ readonly vectors: readonly Float32Array[]; readonly tokens: number }>;
  state(): FamilyState;
  /** Calls back with every change of the state; answers how to stop. */
  onState(listener: (state: FamilyState) => void): () => void;
  /** Loads the parents that the policy names; what cannot be loaded is told as a notice, not thrown. */
  preload(signal?: AbortSignal): Promise<readonly string[]>;
  /** Ends running answers and frees the parents. */
  dispose(): Promise<void>;
}

export interface OpenFamilyOptions {
  /** A router.json, or the folder that it lies in. */
  readonly path: string;
  readonly engine: EngineCall;
  /** Instead of the manifest's policy. */
  readonly memoryBudgetBytes?: number | undefined;
  readonly keepAliveSeconds?: number | undefined;
  /** Parents that `preload` loads; `all` names every one. */
  readonly preload?: readonly string[] | undefined;
  /** For every parent. */
  readonly gpu?: 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off' | undefined;
  readonly threads?: number | undefined;
  /** Answers of one parent at once. */
  readonly streams?: number | undefined;
  /** Every decision is added to this file as a line (opt-in). */
  readonly traceFile?: string | undefined;
  readonly onEvent?: ((event: StageEvent) => void) | undefined;
}

/** Where a family can be served over HTTP: the browser mode's own server, or a listener that Electron opens. */
export interface FamilyHost {
  /** Serves it instead of what was served; `address` ends in `/v1`. */
  serve(family: Family): Promise<{
    readonly address: string;
    readonly token: string;
    /** Stops answering; the family stays the caller's. */
    stop(): Promise<void>;
  }>;
}

/**
 * `src/serving/open-family.ts`: reads and checks the manifest; parents are loaded when they are needed. Throws
 * `routing/...` and `io/...`.
 */
export type OpenFamily = (options: OpenFamilyOptions) => Promise<Family>;
