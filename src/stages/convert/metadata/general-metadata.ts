// `general.*` in the reference's order (gguf/metadata.py, set_gguf_meta_model): sampling defaults from
// generation_config.json, then who made the model from what. gguf-py writes no empty string and no empty list.
import {
  float32Entry,
  int32Entry,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { jsonField, type JsonObject } from '#src/formats/huggingface/json.ts';
import {
  authorshipFields,
  type Authorship,
  type AuthorshipField,
  type SourceReference,
} from './card-metadata.ts';

/** `general.sampling.*` key, fields of generation_config.json (the first that is there), value type. */
const samplingFields: readonly (readonly [
  string,
  readonly string[],
  'string' | 'int' | 'float',
])[] = [
  ['sequence', ['sequence'], 'string'],
  ['top_k', ['top_k'], 'int'],
  ['top_p', ['top_p'], 'float'],
  ['min_p', ['min_p'], 'float'],
  ['xtc_probability', ['xtc_probability'], 'float'],
  ['xtc_threshold', ['xtc_threshold'], 'float'],
  ['temp', ['temperature'], 'float'],
  ['penalty_last_n', ['penalty_last_n'], 'int'],
  ['penalty_repeat', ['penalty_repeat', 'repetition_penalty'], 'float'],
  ['mirostat', ['mirostat'], 'int'],
  ['mirostat_tau', ['mirostat_tau'], 'float'],
  ['mirostat_eta', ['mirostat_eta'], 'float'],
];

/** The sampling settings that the model's authors recommend. */
export function samplingEntries(generationConfig: JsonObject | undefined): GgufEntry[] {
  return samplingFields.flatMap(([name, fields, type]) => {
    const field = fields.find((candidate) => jsonField(generationConfig, candidate) !== undefined);
    const value = field === undefined ? undefined : jsonField(generationConfig, field);
    const key = `general.sampling.${name}`;
    if (type === 'string') {
      return typeof value === 'string' && value !== '' ? [stringEntry(key, value)] : [];
    }
    if (typeof value !== 'number' || !Number.isFinite(value)) return [];
    if (type === 'float') return [float32Entry(key, value)];
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? [int32Entry(key, value)] : [];
  });
}

/** Where the key is not `general.<field>`. */
const keyOfField: Partial<Record<AuthorshipField, string>> = {
  license_name: 'general.license.name',
  license_link: 'general.license.link',
  source_url: 'general.source.url',
  source_doi: 'general.source.doi',
  source_uuid: 'general.source.uuid',
  source_repo_url: 'general.source.repo_url',
};

export function authorshipEntries(authorship: Authorship): GgufEntry[] {
  const texts = authorshipFields.flatMap((field) =>
    text(keyOfField[field] ?? `general.${field}`, authorship.fields.get(field)),
  );
  return [
    ...texts,
    ...references('general.base_model', authorship.baseModels),
    ...references('general.dataset', authorship.datasets),
    ...texted('general.tags', authorship.tags),
    ...texted('general.languages', authorship.languages),
  ];
}

const referenceFields = [
  'name',
  'author',
  'version',
  'organization',
  'description',
  'url',
  'doi',
  'uuid',
  'repo_url',
];

function references(key: string, list: readonly SourceReference[] | undefined): GgufEntry[] {
  if (list === undefined) return [];
  return [
    uint32Entry(`${key}.count`, list.length),
    ...list.flatMap((reference, index) =>
      referenceFields.flatMap((field) => text(`${key}.${index}.${field}`, reference.get(field))),
    ),
  ];
}

function text(key: string, value: string | undefined): GgufEntry[] {
  return value === undefined || value === '' ? [] : [stringEntry(key, value)];
}

function texted(key: string, values: readonly string[] | undefined): GgufEntry[] {
  return values === undefined || values.length === 0 ? [] : [stringArrayEntry(key, values)];
}
