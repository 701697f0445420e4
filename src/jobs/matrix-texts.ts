// Which texts an adapter × level matrix is measured on when nobody names them: the evaluation suite that is called like the
// adapter, and the suite `general`. The command line and the window find them alike.
import { basename } from 'node:path';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import type { FoundSuite } from '#src/contract/quality/suites.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** An adapter's name from its file or folder; what an id may not have becomes dashes. */
export function adapterNameOf(path: string): string {
  const name = basename(path).replace(/\.gguf$/i, '');
  const id = name.replace(/[^A-Za-z0-9._+-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return id === '' ? 'adapter' : id;
}

/** By its subdomain, else by its own id. */
export function suiteOfAdapter(
  adapter: string,
  suites: readonly FoundSuite[],
): FoundSuite | undefined {
  const name = adapter.toLowerCase();
  return (
    suites.find(({ subdomain }) => subdomain?.toLowerCase() === name) ??
    suites.find(({ id }) => id.toLowerCase() === name)
  );
}

/** Throws `evaluation/unknown-suite` naming the adapter. */
export function ownTextOf(adapter: string, suites: readonly FoundSuite[]): TextRequest {
  const suite = suiteOfAdapter(adapter, suites);
  if (suite !== undefined) return requestOf(suite, `the adapter "${adapter}"`);
  const known = suites.flatMap(({ subdomain }) => (subdomain === undefined ? [] : [subdomain]));
  throw new StudioError(
    'evaluation/unknown-suite',
    `There is no held-out text for the adapter "${adapter}".`,
    {
      hint: `Give it one (-f ${adapter}=TEXT), or name it in evaluation_suites.json of the workspace, as the subdomain of a suite. Texts are known for: ${known.join(', ')}.`,
      details: { adapter },
    },
  );
}

/** Throws `evaluation/unknown-suite`. */
export function generalTextOf(suites: readonly FoundSuite[]): TextRequest {
  const suite = suites.find(({ id }) => id === 'general');
  if (suite !== undefined) return requestOf(suite, 'general text');
  throw new StudioError('evaluation/unknown-suite', 'There is no suite "general".', {
    hint: 'Name a text for all adapters (--general TEXT).',
  });
}

function requestOf(suite: FoundSuite, what: string): TextRequest {
  const { id, title, domain, paths, parseSpecial, problem } = suite;
  if (problem !== undefined) {
    throw new StudioError('evaluation/unknown-suite', `The suite "${id}" of ${what}: ${problem}`, {
      hint: 'Correct it in evaluation_suites.json, or give a text of your own.',
    });
  }
  const ofDomain = domain === undefined ? {} : { domain };
  return { id, title, ...ofDomain, paths: [...paths], parseSpecial };
}
