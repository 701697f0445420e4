// What a decision costs with 50 routes of 50 examples: by words alone, and by vectors without the model's own call. Prompts of
// the Seedling set, each route a mixture of its own, so that words are shared as they are in real sets.
import { readFile } from 'node:fs/promises';
import type { ManifestClassifier, RouterManifest } from '#src/contract/routing/manifest.ts';
import { embeddedRoutingSetPath } from '#src/io/routing-files.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { parseRoutingSet } from '#src/routing/evaluation/parse-routing-set.ts';
import { createRouter, type EmbedTexts } from '#src/routing/router.ts';
import { normalizeText, stableHash } from '#src/routing/stable-hash.ts';

const routeCount = 50;
const examplesPerRoute = 50;
const decisions = 2000;
/** Numbers of a small sentence-embedding model. */
const vectorLength = 384;

export interface RoutingResult {
  readonly routes: number;
  readonly examples: number;
  readonly rows: readonly {
    readonly classifier: string;
    readonly trainSeconds: number;
    readonly p50: number;
    readonly p95: number;
  }[];
}

/** Milliseconds of `decide`, after a warm-up. */
export async function measureRouting(): Promise<RoutingResult> {
  const set = parseRoutingSet(await readFile(embeddedRoutingSetPath(), 'utf8'), 'seedling.json');
  const prompts = Object.values(set.routes).map(({ train }) => train);
  const words = [...new Set(prompts.flat().flatMap((text) => normalizeText(text).split(' ')))];
  const random = mulberry32(5);
  const pick = <Value>(values: readonly Value[]) =>
    values[Math.floor(random() * values.length)] as Value;
  const examplesOf = (route: number) => {
    const own = Array.from({ length: 40 }, () => pick(words));
    const texts = prompts[route % prompts.length] ?? [];
    return Array.from(
      { length: examplesPerRoute },
      () => `${pick(texts)} ${pick(own)} ${pick(own)}`,
    );
  };
  const examples = Array.from({ length: routeCount }, (_, route) => examplesOf(route));
  const tests = [...Object.values(set.routes).flatMap(({ test }) => test), ...set.offTopic.test];
  const rows = [];
  for (const kind of ['lexical', 'embedding'] as const) {
    const begin = performance.now();
    const router = await createRouter(manifestOf(examples, kind), randomVectors);
    const trainSeconds = (performance.now() - begin) / 1000;
    const times: number[] = [];
    for (let count = -200; count < decisions; count++) {
      const { milliseconds } = await router.decide(tests[(count + 200) % tests.length] ?? '');
      if (count >= 0) times.push(milliseconds);
    }
    times.sort((left, right) => left - right);
    const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
    rows.push({ classifier: kind, trainSeconds, p50: at(0.5), p95: at(0.95) });
  }
  return { routes: routeCount, examples: examplesPerRoute, rows };
}

export function describeRouting({ routes, examples, rows }: RoutingResult): string {
  const lines = rows.map(
    ({ classifier, trainSeconds, p50, p95 }) =>
      `| ${classifier}${classifier === 'embedding' ? ', without the embedding call' : ''} | ${p50.toFixed(2)} | ${p95.toFixed(2)} | ${trainSeconds.toFixed(2)} |`,
  );
  return [
    `Routing, ${routes} routes of ${examples} examples`,
    '',
    '| classifier | p50 ms | p95 ms | training s |',
    '|---|---:|---:|---:|',
    ...lines,
    '',
  ].join('\n');
}

function manifestOf(
  examples: readonly (readonly string[])[],
  kind: ManifestClassifier['kind'],
): RouterManifest {
  return {
    version: 1,
    name: 'bench',
    parents: [
      {
        id: 'parent',
        domain: 'bench',
        base: 'bench',
        file: 'parent.gguf',
        sha256: '0'.repeat(64),
        bytes: 0,
        quantization: 'Q4_K_M',
        adapters: [],
      },
    ],
    companions: [],
    steps: [],
    routes: examples.map((texts, index) => ({
      id: `bench/${index}`,
      domain: 'bench',
      parent: 'parent',
      examples: [...texts],
      keywords: [],
    })),
    fallback: { parent: 'parent' },
    classifier: { kind },
    policy: { preload: [], keepAliveSeconds: 0 },
  };
}

/** Stands for a model, whose own time is not what is measured here. Vectors are made before. */
const known = new Map<string, Float32Array>();
const randomVectors: EmbedTexts = (texts) =>
  Promise.resolve(
    texts.map((text) => {
      const kept = known.get(text);
      if (kept !== undefined) return kept;
      const random = mulberry32(stableHash(text));
      const vector = Float32Array.from({ length: vectorLength }, () => random() - 0.5);
      known.set(text, vector);
      return vector;
    }),
  );
