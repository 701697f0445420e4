// README.md of a package: what is in it, how good it was measured, where it comes from, under which licence. Names come
// from files of others and are text only. What people write above and below the marks survives a rebuild.
import type { Run } from '#src/contract/quality/run.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { rankRun } from '#src/evaluation/ranking/rank-run.ts';
import { escapeMarkdown, markdownReport, table } from '#src/evaluation/report/markdown-report.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import type { ParentFacts } from './parent-facts.ts';

export const modelCardName = 'README.md';

const begin = '<!-- gguf-studio:begin -->';
const end = '<!-- gguf-studio:end -->';

export interface ModelCard {
  readonly manifest: RouterManifest;
  /** By the parent's file as the manifest names it. */
  readonly facts: ReadonlyMap<string, ParentFacts>;
  /** Measured runs that hold any of the parents; others are ignored. */
  readonly runs: readonly Run[];
}

/** The card's text: between the marks of `existing` when it has them, else a new one. Undefined for a foreign README. */
export function modelCardText(card: ModelCard, existing: string | undefined): string | undefined {
  const body = `${begin}\n\n${bodyOf(card)}\n\n${end}`;
  if (existing === undefined) return `${frontMatter(card)}\n${body}\n`;
  const from = existing.indexOf(begin);
  const to = existing.indexOf(end, from);
  if (from === -1 || to === -1) return undefined;
  return `${existing.slice(0, from)}${body}${existing.slice(to + end.length)}`;
}

function bodyOf({ manifest, facts, runs }: ModelCard): string {
  const { parents, routes, companions, name } = manifest;
  const total = [...parents, ...companions].reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  const counts = [
    counted(parents.length, 'parent'),
    counted(routes.length, 'route'),
    ...(companions.length === 0 ? [] : [counted(companions.length, 'companion')]),
  ];
  return [
    `# ${escapeMarkdown(name)}`,
    `A family of GGUF models for [llama.cpp](https://github.com/ggml-org/llama.cpp) runtimes: ${counts.join(', ')}, ${formatBytes(total)}. \`router.json\` says which request goes where.`,
    parentTable(manifest),
    ...(routes.length === 0 ? [] : [routeTable(manifest)]),
    ...(companions.length === 0 ? [] : [companionTable(manifest)]),
    qualityOf(manifest, runs),
    provenanceOf(manifest, facts),
    licencesOf(manifest, facts),
    useOf(manifest),
  ].join('\n\n');
}

function parentTable({ parents }: RouterManifest): string {
  const rows = parents.map((parent) => [
    parent.file,
    parent.base,
    parent.quantization,
    formatBytes(parent.bytes),
    formatCount(parent.bytes),
    parent.contextWindow === undefined ? '' : formatCount(parent.contextWindow),
    parent.adapters.map(({ id, source }) => (source === 'merged' ? `${id} (merged)` : id)).join(', '), // prettier-ignore
  ]);
  const header = ['Parent', 'Base', 'Level', 'Size', 'Bytes', 'Window', 'Adapters'];
  return `## Parents\n\n${table(header, rows)}`;
}

function routeTable({ routes }: RouterManifest): string {
  const rows = routes.map(({ id, parent, adapter, examples, keywords, note }) => [
    id,
    adapter === undefined ? parent : `${parent}: ${adapter}`,
    formatCount(examples.length),
    formatCount(keywords.length),
    note ?? '',
  ]);
  return `## Routes\n\n${table(['Route', 'Answers', 'Examples', 'Keywords', 'Note'], rows)}`;
}

function companionTable({ companions }: RouterManifest): string {
  const rows = companions.map(({ id, role, file, bytes, needs = [] }) => [
    id ?? role,
    role,
    file,
    bytes === undefined ? '' : formatBytes(bytes),
    needs.join(', '),
  ]);
  return `## Companions\n\nPackaged apart, loaded by whoever needs them, never part of a parent.\n\n${table(['Companion', 'Role', 'File', 'Size', 'Needs'], rows)}`;
}

/** Only what was measured of these very files is shown. */
function qualityOf(manifest: RouterManifest, runs: readonly Run[]): string {
  const hashes = new Set(manifest.parents.map(({ sha256 }) => sha256));
  const reports = runs.flatMap((run) => {
    const subjects = run.subjects.filter(({ sha256 }) => hashes.has(sha256));
    if (subjects.length === 0) return [];
    const ids = new Set(subjects.map(({ id }) => id));
    const own = <Item extends { readonly subject: string }>(items: readonly Item[]) =>
      items.filter(({ subject }) => ids.has(subject));
    const part: Run = {
      ...run,
      subjects,
      measurements: own(run.measurements),
      speed: own(run.speed),
      tasks: own(run.tasks),
      tensors: own(run.tensors),
      matrix: [],
    };
    return [markdownReport(part, rankRun(part)).trimEnd()];
  });
  const text =
    reports.length === 0
      ? 'Nothing was measured of these files. Measure them: `gguf-studio eval`, or wire an evaluate step into the recipe.'
      : reports.join('\n\n');
  return `## Quality\n\n${text}`;
}

function provenanceOf({ parents }: RouterManifest, facts: ModelCard['facts']): string {
  const rows = parents.flatMap((parent) => {
    const { library, base, sourceSha256 } = facts.get(parent.file) ?? {};
    return [
      [parent.file, library ?? '', base ?? parent.base, short(sourceSha256), short(parent.sha256)],
      ...parent.adapters.map(({ id, sha256, source }) => ['', '', `${id} (${source})`, short(sha256), '']), // prettier-ignore
    ];
  });
  return `## Provenance\n\nEvery parent carries its own recipe (\`studio.recipe\`) and a hash per tensor; hashes here are the first 16 digits.\n\n${table(['Parent', 'Encoded by', 'Source', 'Source SHA-256', 'File SHA-256'], rows)}`;
}

/** What the sources' own metadata say; nothing is guessed. */
function licencesOf({ parents }: RouterManifest, facts: ModelCard['facts']): string {
  const rows = parents.map(({ file }) => {
    const { licence, licenceName, licenceLink, author, origin } = facts.get(file) ?? {};
    return [file, licenceName ?? licence ?? 'not said', licenceLink ?? '', author ?? '', origin ?? '']; // prettier-ignore
  });
  const isSaid = rows.some(([, licence]) => licence !== 'not said');
  const text = isSaid
    ? table(['Parent', 'Licence', 'Text', 'By', 'From'], rows)
    : "The sources' metadata name no licence. Ask whoever made the base and the adapters before you pass this on.";
  return `## Licence\n\n${text}`;
}

function useOf({ parents, routes }: RouterManifest): string {
  const [first] = parents;
  const example = routes.find(({ examples }) => examples.length > 0)?.examples[0];
  const lines = [
    'gguf-studio verify .',
    'gguf-studio serve router.json',
    ...(example === undefined ? [] : ['gguf-studio route test "TEXT" --manifest router.json']),
    ...(first === undefined || /[^A-Za-z0-9._/-]/.test(first.file) ? [] : [`llama-cli -m ${first.file}`]), // prettier-ignore
  ];
  return `## Use\n\n\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n\nA runtime that knows nothing of bundles loads a bundled parent as its plain base; \`gguf-studio unpack\` takes the adapters out.`;
}

/** Hugging Face's card metadata; written once, then the reader's own. */
function frontMatter({ manifest, facts }: ModelCard): string {
  const licences = [...new Set([...facts.values()].flatMap(({ licence }) => licence ?? []))];
  const origins = [...new Set([...facts.values()].flatMap(({ origin }) => origin ?? []))];
  const [licence] = licences;
  return [
    '---',
    // JSON strings are YAML strings, whatever a file calls itself.
    ...(licences.length === 1 && licence !== undefined ? [`license: ${JSON.stringify(licence)}`] : []), // prettier-ignore
    ...(origins.length === 0 ? [] : [`base_model: ${JSON.stringify(origins)}`]),
    'tags: ["gguf", "gguf-studio"]',
    `model_name: ${JSON.stringify(manifest.name)}`,
    '---',
    '',
  ].join('\n');
}

function short(sha256: string | undefined): string {
  return sha256?.slice(0, 16) ?? '';
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
