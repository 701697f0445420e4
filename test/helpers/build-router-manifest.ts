// A small router manifest for tests: two parents, three routes, examples enough to tell them apart.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';

const sha256 = 'a'.repeat(64);

export function buildRouterManifest(changes: Partial<RouterManifest> = {}): RouterManifest {
  const adapter = (id: string) => ({
    id,
    domain: id.split('/')[0] ?? '',
    subdomain: id.split('/')[1] ?? '',
    scale: 1,
    sha256,
    source: 'bundled' as const,
  });
  const parent = (id: string, adapters: readonly string[]) => ({
    id,
    domain: id,
    base: 'seedling-4m',
    file: `${id}.gguf`,
    sha256,
    bytes: 1,
    quantization: 'Q4_K_M',
    adapters: adapters.map(adapter),
  });
  return {
    version: 1,
    name: 'Test family',
    parents: [parent('care', ['care/body']), parent('trade', ['trade/money', 'trade/cooking'])],
    companions: [],
    steps: [],
    routes: [
      {
        id: 'care/body',
        domain: 'care',
        parent: 'care',
        adapter: 'care/body',
        examples: [
          'My knee is swollen and hurts',
          'I have had a fever for two days',
          'What helps against a sore throat?',
          'My back hurts when I sit',
          'Is a rash on the arm dangerous?',
          'Why do I cough at night?',
          'My stomach hurts after eating',
          'Could this headache be a migraine?',
        ],
        keywords: ['pain', 'fever', 'doctor', 'swollen'],
      },
      {
        id: 'trade/money',
        domain: 'trade',
        parent: 'trade',
        adapter: 'trade/money',
        examples: [
          'How do I open a savings account?',
          'What is compound interest?',
          'Should I buy stocks or bonds?',
          'How are capital gains taxed?',
          'Can I pay off my mortgage early?',
          'What does a broker charge?',
          'Explain the interest rate of a loan',
          'How do I make a household budget?',
        ],
        keywords: ['bank', 'money', 'loan', 'tax'],
      },
      {
        id: 'trade/cooking',
        domain: 'trade',
        parent: 'trade',
        adapter: 'trade/cooking',
        examples: [
          'How long do I boil an egg?',
          'Give me a recipe for tomato soup',
          'How do I bake bread?',
          'Which spices go with lamb?',
          'How do I cook rice without burning it?',
          'What can I make with old bread and eggs?',
          'How hot should the oven be for pizza?',
          'Can I fry fish in butter?',
        ],
        keywords: ['recipe', 'oven', 'soup', 'bake'],
      },
    ],
    fallback: {
      parent: 'care',
      examples: [
        'Who won the football match?',
        'Tell me a joke',
        'Which laptop should I get for gaming?',
        'Play some music',
        'What time is it in Tokyo?',
        'How do I reset my router password?',
        'Recommend a movie for tonight',
        'Hello, how are you?',
      ],
    },
    classifier: { kind: 'lexical' },
    policy: { preload: [], keepAliveSeconds: 300 },
    ...changes,
  };
}
