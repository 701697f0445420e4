// The one chip that tells where a manifest stands: unsaved, saved, served, or differing from what is served.
import type { ServerState } from '#src/contract/studio/router.ts';
import type { RouterDocument } from './router-document.ts';

export type DocumentState = 'unsaved' | 'saved' | 'served' | 'differs';

export interface StateWords {
  readonly state: DocumentState;
  readonly word: string;
  readonly tone: 'neutral' | 'ok' | 'warn';
  readonly title: string;
}

const words: Readonly<Record<DocumentState, Omit<StateWords, 'state'>>> = {
  unsaved: {
    word: 'unsaved',
    tone: 'warn',
    title: 'There are edits that are not in the file yet.',
  },
  saved: { word: 'saved', tone: 'neutral', title: 'The file holds what you see.' },
  served: { word: 'served', tone: 'ok', title: 'Requests are routed by what you see.' },
  differs: {
    word: 'differs from served',
    tone: 'warn',
    title: 'The file holds what you see; requests are still routed by an older version.',
  },
};

export function documentState(
  document: Pick<RouterDocument, 'dirty' | 'file' | 'sha256'>,
  server: ServerState | undefined,
): StateWords {
  const state = stateOf(document, server);
  return { state, ...words[state] };
}

function stateOf(
  { dirty, file, sha256 }: Pick<RouterDocument, 'dirty' | 'file' | 'sha256'>,
  server: ServerState | undefined,
): DocumentState {
  if (dirty) return 'unsaved';
  if (server?.state !== 'running' || server.manifest?.path !== file.path) return 'saved';
  return server.sha256 === sha256 ? 'served' : 'differs';
}
