// Which route a request takes, and by whom that was decided: the router, a name in the request, a person.
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Router, Turn } from '#src/routing/router.ts';
import { chainOf, type ChainLink } from './answer-chain.ts';
import type { FamilyRequest } from './family.ts';
import { resolveModelName } from './model-names.ts';

export interface DecidedRequest {
  readonly decision: Decision;
  /** Who may answer, in order; never empty. */
  readonly chain: readonly ChainLink[];
  /** A parent or an adapter was named: no route's or fallback's prompt, sampling and tone apply. */
  readonly isBare?: boolean;
}

/** Throws `serving/unknown-model` and `routing/...`. */
export async function decideRequest(
  manifest: RouterManifest,
  router: Router,
  request: FamilyRequest,
  turns: readonly Turn[],
  signal: AbortSignal | undefined,
): Promise<DecidedRequest> {
  if (request.route !== undefined) {
    return named(manifest, request.route, 'person', 'A person chose this route.');
  }
  const model = resolveModelName(manifest, request.model);
  if (model.kind === 'route') {
    return named(manifest, model.route.id, 'address', 'The request names this route.');
  }
  if (model.kind === 'target') {
    const { parent, adapter } = model;
    const decision = byRule(null, 'address', 'The request names what answers it.', {
      parent: parent.id,
      ...(adapter !== undefined && { adapter: adapter.id }),
    });
    return { decision, chain: [{ parent, adapter, route: undefined }], isBare: true };
  }
  const decision = await router.decide(lastText(request), {
    turns,
    ...(signal !== undefined && { signal }),
  });
  return { decision, chain: chainOf(manifest, decision.route) };
}

/** What the router looks at: the user's last message, or the text to be continued. */
export function lastText({ input }: FamilyRequest): string {
  if ('prompt' in input) return input.prompt;
  return input.messages.findLast(({ role }) => role === 'user')?.text ?? '';
}

function named(
  manifest: RouterManifest,
  id: string,
  by: 'address' | 'person',
  message: string,
): DecidedRequest {
  const chain = chainOf(manifest, id);
  const [first] = chain;
  if (first?.route?.id !== id) {
    throw new StudioError(
      'serving/unknown-model',
      `This family has no route "${id.slice(0, 200)}".`,
      {
        hint: 'Choose a route that the manifest lists.',
      },
    );
  }
  const { parent, adapter } = first;
  const target = { parent: parent.id, ...(adapter !== undefined && { adapter: adapter.id }) };
  return { decision: byRule(id, by, message, target), chain };
}

function byRule(
  route: string | null,
  by: Decision['by'],
  message: string,
  target: Decision['target'],
): Decision {
  return {
    route,
    target,
    scores: {},
    threshold: 0,
    why: [{ kind: 'rule', message, ...(route !== null && { route }) }],
    by,
    intents: [],
    milliseconds: 0,
  };
}
