// What a manifest's schema cannot say: references that lead nowhere, ids that stand there twice, fallbacks that run in a
// circle, routes without anything to tell them by. Pure: files and hashes are looked at by `verify`.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { isInnerPath } from '#src/io/inner-path.ts';

export interface ManifestProblem {
  /** A sentence. */
  readonly message: string;
  readonly hint?: string;
  /** JSON pointer to what it is about: `/routes/3/parent`. */
  readonly at: string;
  /** Errors keep a manifest from routing; warnings do not. */
  readonly severity: 'error' | 'warning';
}

/** Everything that is wrong, errors first, each group in the order of the file. */
export function checkManifest(manifest: RouterManifest): ManifestProblem[] {
  const problems = [
    ...checkIds(manifest),
    ...checkTargets(manifest),
    ...checkFallbacks(manifest),
    ...checkExamples(manifest),
    ...checkClassifier(manifest),
    ...checkCompanions(manifest),
    ...checkPaths(manifest),
  ];
  return [
    ...problems.filter(({ severity }) => severity === 'error'),
    ...problems.filter(({ severity }) => severity === 'warning'),
  ];
}

function error(at: string, message: string, hint?: string): ManifestProblem {
  return { severity: 'error', at, message, ...(hint === undefined ? {} : { hint }) };
}

function warning(at: string, message: string, hint?: string): ManifestProblem {
  return { ...error(at, message, hint), severity: 'warning' };
}

function checkIds({ parents, routes, companions }: RouterManifest): ManifestProblem[] {
  return [
    ...twice(parents, 'parents', 'parent'),
    ...twice(routes, 'routes', 'route'),
    ...twice(
      companions.map((companion) => ({ id: companion.id ?? companion.role })),
      'companions',
      'companion',
    ),
    ...parents.flatMap(({ adapters }, index) =>
      twice(adapters, `parents/${index}/adapters`, 'adapter'),
    ),
    ...routes.flatMap(({ id }, index) =>
      id === 'auto'
        ? [error(`/routes/${index}/id`, '"auto" asks the router and cannot be a route.')]
        : [],
    ),
  ];
}

function twice(
  entries: readonly { readonly id: string }[],
  at: string,
  kind: string,
): ManifestProblem[] {
  const seen = new Set<string>();
  return entries.flatMap(({ id }, index) => {
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [error(`/${at}/${index}/id`, `There are two ${kind}s "${id}".`, 'Rename one of them.')];
  });
}

function checkTargets(manifest: RouterManifest): ManifestProblem[] {
  const parents = new Map(manifest.parents.map((parent) => [parent.id, parent]));
  const check = (
    at: string,
    who: string,
    target: { parent: string; adapter?: string | undefined },
  ) => {
    const parent = parents.get(target.parent);
    if (parent === undefined) {
      return [
        error(
          `${at}/parent`,
          `${who} goes to the parent "${target.parent}", which is not there.`,
          knownHint([...parents.keys()]),
        ),
      ];
    }
    if (target.adapter === undefined) return [];
    const adapter = parent.adapters.find(({ id }) => id === target.adapter);
    if (adapter === undefined) {
      return [
        error(
          `${at}/adapter`,
          `${who} asks for the adapter "${target.adapter}", which ${parent.id} does not have.`,
          knownHint(parent.adapters.map(({ id }) => id)),
        ),
      ];
    }
    return adapter.source === 'merged'
      ? [
          error(
            `${at}/adapter`,
            `${who} asks for the adapter "${adapter.id}", which is merged into ${parent.id} and cannot be switched.`,
            'Take "adapter" out of it: the parent answers so by itself.',
          ),
        ]
      : [];
  };
  return [
    ...manifest.routes.flatMap((route, index) =>
      check(`/routes/${index}`, `Route ${route.id}`, route),
    ),
    ...check('/fallback', 'The fallback', manifest.fallback),
    ...manifest.policy.preload.flatMap((id, index) =>
      parents.has(id)
        ? []
        : [
            error(
              `/policy/preload/${index}`,
              `"${id}" is to be preloaded and is no parent.`,
              knownHint([...parents.keys()]),
            ),
          ],
    ),
    ...manifest.parents.flatMap((parent, index) =>
      parent.adapters.flatMap((adapter, position) =>
        adapter.source === 'file' && adapter.file === undefined
          ? [
              error(
                `/parents/${index}/adapters/${position}`,
                `Adapter "${adapter.id}" has the source "file" and names none.`,
              ),
            ]
          : [],
      ),
    ),
  ];
}

/** A route's fallback is a route; following them must end. */
function checkFallbacks({ routes }: RouterManifest): ManifestProblem[] {
  const next = new Map(routes.map(({ id, fallback }) => [id, fallback]));
  const reported = new Set<string>();
  return routes.flatMap(({ id, fallback }, index) => {
    const at = `/routes/${index}/fallback`;
    if (fallback === undefined) return [];
    if (!next.has(fallback)) {
      return [
        error(
          at,
          `Route ${id} falls back to "${fallback}", which is no route.`,
          knownHint([...next.keys()]),
        ),
      ];
    }
    const chain = new Set([id]);
    for (let current = fallback; ;) {
      if (chain.has(current)) {
        // Told once for every circle, by the first of its routes, and not again by those that lead into it.
        if (current !== id || reported.has(id)) return [];
        for (const member of chain) reported.add(member);
        return [
          error(
            at,
            `The fallbacks run in a circle: ${[...chain, id].join(' -> ')}.`,
            "Take one of them out: after the last route comes the manifest's own fallback.",
          ),
        ];
      }
      chain.add(current);
      const following = next.get(current);
      if (following === undefined) return [];
      current = following;
    }
  });
}

function checkExamples({ routes, fallback }: RouterManifest): ManifestProblem[] {
  const owners = new Map<string, string>();
  const problems = routes.flatMap((route, index) => {
    const at = `/routes/${index}`;
    const blank = route.examples.findIndex((example) => example.trim() === '');
    const found = [
      ...(blank < 0
        ? []
        : [
            error(
              `${at}/examples/${blank}`,
              `Route ${route.id} has an empty example.`,
              'Remove it, or write what a person would ask.',
            ),
          ]),
      ...(route.examples.length + route.keywords.length > 0
        ? []
        : [
            warning(
              `${at}/examples`,
              `Route ${route.id} has neither examples nor keywords: nothing can reach it but its name.`,
              'Add a dozen prompts that belong to it.',
            ),
          ]),
    ];
    for (const [position, example] of route.examples.entries()) {
      const key = example.trim().toLowerCase();
      const owner = owners.get(key);
      if (owner !== undefined && owner !== route.id && key !== '') {
        found.push(
          warning(
            `${at}/examples/${position}`,
            `An example of ${route.id} is also one of ${owner}: ${JSON.stringify(example.slice(0, 80))}.`,
            'Keep it where it belongs.',
          ),
        );
      }
      owners.set(key, route.id);
    }
    return found;
  });
  const blank = fallback.examples?.findIndex((example) => example.trim() === '') ?? -1;
  if (blank >= 0)
    problems.push(
      error(`/fallback/examples/${blank}`, 'The fallback has an empty example.', 'Remove it.'),
    );
  if (routes.length === 0)
    problems.push(warning('/routes', 'There are no routes: the fallback answers everything.'));
  return problems;
}

function checkClassifier({ classifier, parents }: RouterManifest): ManifestProblem[] {
  if (classifier.kind === 'lexical') return [];
  return classifier.parent === undefined || parents.some(({ id }) => id === classifier.parent)
    ? []
    : [
        error(
          '/classifier/parent',
          `The classifier uses the parent "${classifier.parent}", which is not there.`,
          knownHint(parents.map(({ id }) => id)),
        ),
      ];
}

function checkCompanions({ companions }: RouterManifest): ManifestProblem[] {
  const roles = new Set(companions.map(({ role }) => role));
  return companions.flatMap(({ id, role, needs = [] }, index) =>
    needs
      .filter((need) => !roles.has(need))
      .map((need) =>
        error(
          `/companions/${index}/needs`,
          `The companion ${id ?? role} (${role}) needs one of the role ${need}, and there is none.`,
          `Add the ${need} that belongs to it, or take the ${role} out.`,
        ),
      ),
  );
}

/** Files are relative to the manifest's folder and stay in it: a manifest may come from anyone. */
function checkPaths({ parents, companions, classifier }: RouterManifest): ManifestProblem[] {
  const files: [string, string | undefined][] = [
    ...parents.flatMap((parent, index): [string, string | undefined][] => [
      [`/parents/${index}/file`, parent.file],
      ...parent.adapters.map(({ file }, position): [string, string | undefined] => [
        `/parents/${index}/adapters/${position}/file`,
        file,
      ]),
    ]),
    ...companions.map(({ file }, index): [string, string] => [`/companions/${index}/file`, file]),
    ['/classifier/file', classifier.kind === 'lexical' ? undefined : classifier.file],
  ];
  return files.flatMap(([at, file]) =>
    file === undefined || isInnerPath(file)
      ? []
      : [
          error(
            at,
            `${JSON.stringify(file)} does not stay in the manifest's folder.`,
            'Put the file beside the manifest and name it relative to it.',
          ),
        ],
  );
}

function knownHint(known: readonly string[]): string {
  if (known.length === 0) return 'There are none.';
  const shown = known.slice(0, 12).join(', ');
  return `Known: ${shown}${known.length > 12 ? ', ...' : ''}.`;
}
