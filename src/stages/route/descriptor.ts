// Options of `route`.
import { overwriteOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

export const routeDescriptor = describeCommand({
  name: 'route',
  title: 'Route',
  summary: 'Decide which route takes a text, prove it on held-out prompts, and train thresholds',
  description: [
    'test says where a text goes and why. eval asks held-out prompts and shows accuracy with intervals, the confusion matrix, and what was left to the fallback. train chooses thresholds on examples that were held out and writes them into the manifest, which keeps its notes and formatting. replay decides a recorded trace again and fails when a route changed. export writes the configuration of another server.',
    'Without --manifest the embedded Seedling family is used, and its routing set with it. Another manifest without --set is measured on every fifth of its own examples, which are then not trained on.',
  ],
  forms: ['test TEXT', 'eval', 'train', 'replay TRACE', 'export --format FORMAT'],
  positionals: { minimum: 1, maximum: 2 },
  options: {
    manifest: {
      kind: 'path',
      aliases: ['-m'],
      valueName: 'FILE',
      label: 'Manifest',
      description:
        'A router.json or the folder it lies in. Without it: the embedded Seedling family.',
    },
    set: {
      kind: 'path',
      valueName: 'FILE',
      label: 'Routing set',
      description:
        'With eval: prompts to ask. With train: prompts that become examples, and calibrate thresholds.',
    },
    classifier: {
      kind: 'choice',
      choices: ['lexical', 'embedding', 'cascade'],
      label: 'Classifier',
      valueName: 'KIND',
      description: "Instead of the manifest's own. embedding and cascade load a model.",
    },
    embedding: {
      kind: 'path',
      valueName: 'GGUF',
      label: 'Embedding model',
      description:
        "For embedding and cascade. Without it: the manifest's, else the hidden states of its fallback's parent.",
    },
    after: {
      kind: 'text',
      repeatable: true,
      valueName: 'ROUTE',
      label: 'Earlier turn',
      description:
        'With test: route of an earlier turn of the conversation, oldest first; none is the fallback. May be repeated.',
    },
    trace: {
      kind: 'path',
      valueName: 'FILE',
      label: 'Trace',
      description: 'With test: add the decision to this file, one line of JSON, for replay.',
    },
    compare: {
      kind: 'path',
      valueName: 'FILE',
      label: 'Compare with',
      description: 'With eval: a second manifest, asked the same prompts, compared in pairs.',
    },
    markdown: {
      kind: 'path',
      valueName: 'FILE',
      label: 'Report',
      description: 'With eval: write the figures and the matrix as Markdown.',
    },
    format: {
      kind: 'choice',
      choices: ['llama-server', 'llama-swap', 'ollama', 'lm-studio'],
      valueName: 'FORMAT',
      label: 'Format',
      description:
        "With export: llama-server's router preset, llama-swap's configuration, Ollama's Modelfiles (merged parents only) or LM Studio's folder layout.",
    },
    output: {
      kind: 'path',
      aliases: ['-o'],
      valueName: 'FILE',
      label: 'Output',
      description:
        'With train: write here and leave the manifest as it is. With export: a folder for the texts and all that they name, adapters unpacked; without it they are printed.',
    },
    overwrite: overwriteOption,
  },
  examples: [
    {
      command: 'gguf-studio route test "My joints are swollen"',
      explains: 'Where it goes, and why',
    },
    {
      command: 'gguf-studio route test "And at night?" --after healthcare/conditions',
      explains: 'The same within a conversation',
    },
    {
      command: 'gguf-studio route eval',
      explains: 'Accuracy of the embedded family on held-out prompts',
    },
    {
      command: 'gguf-studio route train --manifest family/router.json',
      explains: 'Choose thresholds and write them into the manifest',
    },
    {
      command: 'gguf-studio route replay trace.jsonl -m family',
      explains: 'Does it still decide as it did?',
    },
  ],
});
