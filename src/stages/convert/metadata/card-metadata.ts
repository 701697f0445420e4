// From model card, configuration and folder name to what the reference knows about a model's origin
// (gguf/metadata.py, apply_metadata_heuristic). The first source that says something wins.
import { modelNameParts, titleOf, type ModelNameParts } from './model-name.ts';
import type { CardValue, ModelCard } from './model-card.ts';

/** Fields that are single texts, in the order in which they are written. */
export const authorshipFields = [
  'name',
  'author',
  'version',
  'organization',
  'finetune',
  'basename',
  'description',
  'size_label',
  'license',
  'license_name',
  'license_link',
  'source_url',
  'source_doi',
  'source_uuid',
  'source_repo_url',
] as const;

export type AuthorshipField = (typeof authorshipFields)[number];

/** One base model or dataset. */
export type SourceReference = ReadonlyMap<string, string>;

export interface Authorship {
  readonly fields: Map<AuthorshipField, string>;
  readonly baseModels?: readonly SourceReference[];
  readonly datasets?: readonly SourceReference[];
  readonly tags?: readonly string[];
  readonly languages?: readonly string[];
}

export interface AuthorshipSources {
  readonly card: ModelCard;
  /** `_name_or_path` of config.json. */
  readonly nameOrPath: string | undefined;
  readonly folderName: string;
  readonly parameterCount: number;
}

export function authorshipOf(sources: AuthorshipSources): Authorship {
  const { card, nameOrPath, folderName, parameterCount } = sources;
  const fields = new Map<AuthorshipField, string>();
  const set = (field: AuthorshipField, value: string | undefined) => {
    if (value !== undefined && !fields.has(field)) fields.set(field, value);
  };
  for (const [field, keys] of cardFields) {
    for (const key of keys) set(field, textOf(card.get(key), field === 'license'));
  }
  const setParts = (parts: ModelNameParts) => {
    set('name', parts.fullName === undefined ? undefined : titleOf(parts.fullName));
    set('organization', parts.organization === undefined ? undefined : titleOf(parts.organization));
    set('basename', parts.basename);
    set('finetune', parts.finetune);
    set('version', parts.version);
    set('size_label', parts.sizeLabel);
  };
  // A model name, not the path of some computer.
  if (nameOrPath !== undefined && nameOrPath.split('/').length <= 2) {
    setParts(modelNameParts(nameOrPath, parameterCount));
  }
  setParts(modelNameParts(folderName, parameterCount));
  return {
    fields,
    ...list('baseModels', referencesOf(card, baseModelKeys, parameterCount)),
    ...list('datasets', referencesOf(card, datasetKeys, parameterCount)),
    ...list('tags', textsOf(card, ['tags', 'pipeline_tag'])),
    ...list('languages', textsOf(card, ['languages', 'language'])),
  };
}

/** Keys of a card by field, in the order in which they are tried. */
const cardFields: readonly (readonly [AuthorshipField, readonly string[]])[] = [
  ['name', ['name', 'model_name']],
  ['author', ['author', 'model_author', 'model_creator']],
  ['version', ['version', 'model_version']],
  ['organization', ['organization', 'model_organization']],
  ['description', ['description', 'model_description']],
  ['finetune', ['finetune', 'model_finetune']],
  ['basename', ['basename', 'model_basename', 'model_type']],
  ['size_label', ['size_label', 'model_size_label']],
  ['source_url', ['url', 'model_url']],
  ['source_doi', ['doi', 'model_doi']],
  ['source_uuid', ['uuid', 'model_uuid']],
  ['source_repo_url', ['repo_url', 'model_repo_url']],
  ['license', ['license']],
  ['license_name', ['license_name']],
  ['license_link', ['license_link']],
];

const baseModelKeys = ['base_model', 'base_models', 'base_model_sources'];
const datasetKeys = ['datasets', 'dataset', 'dataset_sources'];

/** A text; where `joined`, also a list of texts (several licences). Null and other values say nothing. */
function textOf(value: CardValue | undefined, joined: boolean): string | undefined {
  if (typeof value === 'string') return value;
  if (!joined || !Array.isArray(value)) return undefined;
  return value.filter((item) => typeof item === 'string').join(',');
}

/** The texts of several keys, one after the other; undefined when none of the keys holds anything. */
function textsOf(card: ModelCard, keys: readonly string[]): string[] | undefined {
  const values = keys
    .map((key) => card.get(key))
    .filter((value) => value !== undefined && value !== null);
  if (values.length === 0) return undefined;
  return values.flatMap((value) => itemsOf(value).filter((item) => typeof item === 'string'));
}

function itemsOf(value: CardValue): readonly CardValue[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly CardValue[]) : [];
}

/** Base models or datasets: names, addresses, or maps that are taken as they are. */
function referencesOf(
  card: ModelCard,
  keys: readonly string[],
  parameterCount: number,
): SourceReference[] | undefined {
  const key = keys.find((candidate) => card.has(candidate));
  if (key === undefined) return undefined;
  return itemsOf(card.get(key) ?? null).map((item) => referenceOf(item, parameterCount));
}

function referenceOf(item: CardValue, parameterCount: number): SourceReference {
  if (item instanceof Map) {
    return new Map(
      [...(item as ReadonlyMap<string, CardValue>)].flatMap(([field, value]) =>
        typeof value === 'string' ? [[field, value] as const] : [],
      ),
    );
  }
  if (typeof item !== 'string') return new Map();
  const isAddress = /^(?:https?|ssh):\/\//.test(item);
  const id = isAddress ? /^https?:\/\/huggingface.co\/([^/]+\/[^/]+)$/.exec(item)?.[1] : item;
  const parts = id === undefined ? {} : modelNameParts(id, parameterCount);
  const reference = new Map<string, string>();
  if (isAddress) reference.set('repo_url', item);
  if (parts.fullName !== undefined) reference.set('name', titleOf(parts.fullName));
  if (parts.organization !== undefined) reference.set('organization', titleOf(parts.organization));
  if (parts.version !== undefined) reference.set('version', parts.version);
  if (!isAddress && parts.organization !== undefined && parts.fullName !== undefined) {
    reference.set('repo_url', `https://huggingface.co/${parts.organization}/${parts.fullName}`);
  }
  return reference;
}

/** Under exactOptionalPropertyTypes an absent list has no property. */
function list<Key extends string, Item>(
  key: Key,
  items: readonly Item[] | undefined,
): { [K in Key]?: readonly Item[] } {
  return (items === undefined ? {} : { [key]: items }) as { [K in Key]?: readonly Item[] };
}
