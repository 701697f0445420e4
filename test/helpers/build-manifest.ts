// A router manifest as a build writes one: two parents, three routes, made by code.
import { routerManifestSchema, type RouterManifest } from '#src/contract/routing/manifest.ts';

const hash = (digit: string) => digit.repeat(64);

/** Changed by `change`; checked against the schema. */
export function buildManifest(change: (manifest: RouterManifest) => void = () => undefined) {
  const adapter = (domain: string, subdomain: string) => ({
    id: `${domain}/${subdomain}`,
    domain,
    subdomain,
    scale: 1,
    sha256: hash('a'),
    source: 'bundled' as const,
  });
  const parent = (domain: string, subdomains: readonly string[]) => ({
    id: `tiny-${domain}-Q4_K_M`,
    domain,
    base: 'tiny',
    file: `tiny-${domain}-Q4_K_M.gguf`,
    sha256: hash('b'),
    bytes: 1000,
    quantization: 'Q4_K_M',
    contextWindow: 512,
    adapters: subdomains.map((subdomain) => adapter(domain, subdomain)),
  });
  const route = (domain: string, subdomain: string, examples: string[]) => ({
    id: `${domain}/${subdomain}`,
    domain,
    parent: `tiny-${domain}-Q4_K_M`,
    adapter: `${domain}/${subdomain}`,
    examples,
    keywords: [],
  });
  const manifest: RouterManifest = {
    version: 1,
    name: 'tiny',
    parents: [parent('care', ['conditions', 'anatomy']), parent('trade', ['finance'])],
    companions: [],
    steps: [{ kind: 'emotion', language: 'en', labels: ['neutral', 'sad'], note: 'kept' }],
    routes: [
      route('care', 'conditions', ['My knee hurts', 'I have a fever']),
      route('care', 'anatomy', ['Name the bones of the hand', 'Where is the liver?']),
      route('trade', 'finance', ['What is interest?', 'How do taxes work?']),
    ],
    fallback: { parent: 'tiny-care-Q4_K_M' },
    classifier: { kind: 'lexical' },
    policy: { preload: ['tiny-care-Q4_K_M'], keepAliveSeconds: 300 },
    note: 'written by hand',
  };
  change(manifest);
  return routerManifestSchema.parse(manifest);
}
