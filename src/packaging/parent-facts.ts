// What a parent's own metadata say for a manifest and a model card: base, level, window, adapters, licence, provenance.
import { basename } from 'node:path';
import type { ManifestAdapter } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import { adapterName, baseName } from '#src/recipe/node-names.ts';
import type { Recipe } from '#src/recipe/recipe-schema.ts';
import { levelOfGguf } from '#src/stages/library/level-of-gguf.ts';
import { roleOfGguf } from '#src/stages/library/gguf-role.ts';
import { refuseCompanion } from '#src/stages/library/refuse-companion.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import { baseNameOf } from './file-names.ts';
import { generalTypeOf, type OpenParent } from './bundle/open-parent.ts';
import { bundledNodes, recipeOfHeader } from './bundle/recipe-with-adapters.ts';

export interface ParentFacts {
  /** The base that it was made of, by its recipe, else by its name. */
  readonly base: string;
  readonly sourceSha256?: string;
  readonly level: string;
  readonly contextWindow?: number;
  /** Of the package step, or of all its adapters. */
  readonly domain?: string;
  /** What rides in it and what is merged into it. */
  readonly adapters: readonly ManifestAdapter[];
  /** `llama.cpp v0.5.0`, for a file that GGUF Studio built. */
  readonly library?: string;
  readonly licence?: string;
  readonly licenceName?: string;
  readonly licenceLink?: string;
  readonly author?: string;
  /** Repository or name of the model that it comes from. */
  readonly origin?: string;
}

/** `domain`: for files that do not say theirs. */
export function parentFacts(parent: OpenParent, domain?: string): ParentFacts {
  const { metadata, tensors } = parent.header;
  const recipe = recipeOfHeader(parent.header, parent.path);
  const provenance = readProvenance(metadata);
  const baseNode = recipe?.nodes.find((node) => node.kind === 'base');
  const packageNode = recipe?.nodes.find((node) => node.kind === 'package');
  const adapters = [
    ...bundledOf(parent, recipe),
    ...mergedOf(recipe, packageNode?.domain ?? domain),
  ];
  const domains = [...new Set(adapters.map((adapter) => adapter.domain))];
  const own = packageNode?.domain ?? (domains.length === 1 ? domains[0] : undefined) ?? domain;
  const level = levelOfGguf(metadata, tensors);
  const text = (key: string) => entryString(metadata, key);
  return defined({
    base: baseNode === undefined ? baseNameOf(basename(parent.path)).name : baseName(baseNode).name,
    sourceSha256: baseNode?.sha256,
    level: level ?? 'F32',
    contextWindow: provenance?.contextWindow,
    domain: own,
    adapters,
    library: provenance?.library,
    licence: text('general.license'),
    licenceName: text('general.license.name'),
    licenceLink: text('general.license.link'),
    author: text('general.author') ?? text('general.organization'),
    origin:
      text('general.base_model.0.repo_url') ?? text('general.source.url') ?? text('general.url'),
  });
}

/** Throws `companion/mismatch` for what cannot be a parent: adapters, matrices, projectors, vocoders, voices, recognizers. */
export function refuseAsParent(parent: OpenParent): void {
  const { metadata, tensors } = parent.header;
  const type = generalTypeOf(parent.header);
  const refuse = (what: string, hint: string): never => {
    throw new StudioError('companion/mismatch', `${parent.path} is ${what}, not a parent.`, {
      hint,
    });
  };
  if (type === 'adapter') refuse('a LoRA adapter', `Give the base that it belongs to, and: --lora ${parent.path}.`); // prettier-ignore
  if (type === 'imatrix') refuse('an importance matrix', 'It is used when quantizing: --imatrix.');
  refuseCompanion(parent.path, parent.header, 'a parent');
  const architecture = entryString(metadata, 'general.architecture') ?? '';
  if (roleOfGguf(architecture, metadata, tensors.length).kind !== 'companion') return;
  refuse(`of a kind that answers nothing (${architecture})`, 'Give a model that llama.cpp runs; if it belongs beside one: --companion ROLE=FILE.'); // prettier-ignore
}

function bundledOf(parent: OpenParent, recipe: Recipe | undefined): ManifestAdapter[] {
  // The recipe names the sources (a PEFT folder's hash), the bundle what was made of them.
  const nodes = recipe === undefined ? [] : bundledNodes(recipe);
  return parent.members.map((member, index) => ({
    id: `${member.domain}/${member.name}`,
    domain: member.domain,
    subdomain: member.name,
    scale: nodes[index]?.scale ?? member.scale,
    sha256: nodes[index]?.sha256 ?? member.sha256,
    source: 'bundled',
  }));
}

function mergedOf(recipe: Recipe | undefined, domain: string | undefined): ManifestAdapter[] {
  if (recipe === undefined) return [];
  const merges = new Set(recipe.nodes.filter(({ kind }) => kind === 'merge').map(({ id }) => id));
  const ids = new Set(recipe.edges.filter(({ to }) => merges.has(to)).map(({ from }) => from));
  return recipe.nodes.flatMap((node) => {
    if (node.kind !== 'adapter' || !ids.has(node.id)) return [];
    const own = node.domain ?? domain ?? 'general';
    const subdomain = adapterName(node);
    const { scale, sha256 = '0'.repeat(64) } = node;
    return [{ id: `${own}/${subdomain}`, domain: own, subdomain, scale, sha256, source: 'merged' }];
  });
}

/** Without the fields that nothing is known of. */
function defined<Facts extends object>(facts: {
  [Name in keyof Facts]: Facts[Name] | undefined;
}): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Facts; // prettier-ignore
}
