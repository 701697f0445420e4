// The model card: the YAML front matter of README.md (gguf/metadata.py, load_model_card). Every scalar is kept as the
// text that its author wrote, because metadata holds text: `version: 1.0` is "1.0" and the language `no` is Norwegian.
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { readTextFile } from '#src/formats/huggingface/read-json.ts';
import { parseDocument } from 'yaml';

export type CardValue = string | null | readonly CardValue[] | ReadonlyMap<string, CardValue>;

export type ModelCard = ReadonlyMap<string, CardValue>;

/** Model cards with thousands of benchmark results have about 200 kB. */
const maximumCardBytes = 16 * 2 ** 20;

/** Reads the card; empty when there is none. A broken one is reported and ignored: it holds no weights. */
export async function readModelCard(
  folder: FolderPort,
  onNotice: (message: string) => void,
): Promise<ModelCard> {
  if (!(await folder.has('README.md'))) return new Map();
  try {
    return parseModelCard(await readTextFile(folder, 'README.md', maximumCardBytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'unreadable';
    onNotice(`${folder.label}/README.md: the model card is ignored (${reason ?? 'unreadable'}).`);
    return new Map();
  }
}

/** Parses the text of a README. Throws what the YAML parser throws. */
export function parseModelCard(text: string): ModelCard {
  // The line ends that Python's splitlines knows.
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines[0] !== '---') return new Map();
  const end = lines.indexOf('---', 1);
  const yaml = lines
    .slice(1, end < 0 ? lines.length : end)
    .join('\n')
    .replaceAll('\t', '  ');
  const document = parseDocument(`${yaml}\n`, {
    schema: 'failsafe',
    customTags: ['null'],
    merge: true,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  if (document.errors[0] !== undefined) throw document.errors[0];
  const value: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  return value instanceof Map ? (value as ModelCard) : new Map();
}
