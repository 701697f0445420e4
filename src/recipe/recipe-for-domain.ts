// Makes the recipes of `build domain NAME` and `build universal` from the model mapping. What they build is then an
// ordinary recipe: it can be saved, opened on the canvas and changed.
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ModelMapping, UseCase } from './model-mapping.ts';
import { recipeVersion, type RecipeInput, type RecipeLevel } from './recipe-schema.ts';
import { suggestion } from './schema-problems.ts';

export interface DomainRecipeOptions {
  /** Levels to write; default: the use case's. */
  readonly levels?: readonly RecipeLevel[] | undefined;
  /** A use case of the mapping; default: the domain's own, else the mapping's default. */
  readonly useCase?: string | undefined;
  /** Default: the use case's; clamped to the trained window when it is built. */
  readonly contextWindow?: number | undefined;
  /** Default `bundled`. */
  readonly form?: 'bundled' | 'merged' | undefined;
  /** Output folder, relative to the recipe's. Default `.`. */
  readonly folder?: string | undefined;
  /** Output file name (`{level}` stands for the level); only where there is one parent. */
  readonly fileName?: string | undefined;
  /** An importance matrix, relative to the recipe's folder; only where there is one base. */
  readonly imatrix?: string | undefined;
  readonly allowRequantize?: boolean | undefined;
}

export interface UniversalRecipeOptions extends DomainRecipeOptions {
  /** List the emotion step in the manifest. Default true. */
  readonly emotion?: boolean | undefined;
}

/** The name under which a universal build writes its files and manifest. */
export const universalName = 'universal';

interface Member {
  readonly domain: string;
  readonly subdomain: string;
  readonly base: string;
  readonly adapter: string;
  readonly scale: number;
  readonly route: ModelMapping['domains'][string]['subdomains'][string]['route'];
}

type RecipeNodes = RecipeInput['nodes'];
type RecipeEdges = RecipeInput['edges'];

/**
 * One domain: a parent per base that its subdomains were trained on. Throws `usage/invalid` for an unknown domain or
 * use case, and `recipe/invalid` when a merged parent is asked for whose subdomains have different bases.
 */
export function recipeForDomain(
  mapping: ModelMapping,
  name: string,
  options: DomainRecipeOptions = {},
): RecipeInput {
  const known = Object.keys(mapping.domains);
  const domain = Object.hasOwn(mapping.domains, name) ? mapping.domains[name] : undefined;
  if (domain === undefined) {
    throw new StudioError('usage/invalid', `There is no domain "${name}".`, {
      hint: suggestion(name, known),
      details: { known },
    });
  }
  const useCase = useCaseOf(mapping, options.useCase ?? domain.useCase ?? mapping.defaultUseCase);
  return recipeFor(mapping, name, membersOf(mapping, [name]), useCase, 'sum', false, options);
}

/**
 * All domains in one parent (one per base, where they were trained on several). A merged universal uses TIES at
 * density 0.5, which keeps the adapters' signs from cancelling out; errors as for `recipeForDomain`.
 */
export function recipeForUniversal(
  mapping: ModelMapping,
  options: UniversalRecipeOptions = {},
): RecipeInput {
  const useCase = useCaseOf(mapping, options.useCase ?? mapping.defaultUseCase);
  const members = membersOf(mapping, Object.keys(mapping.domains));
  if (members.length === 0) {
    throw new StudioError('recipe/invalid', 'The model mapping has no domains.', {
      hint: 'Add a domain with its subdomains to model_mapping.json.',
    });
  }
  return recipeFor(
    mapping,
    universalName,
    members,
    useCase,
    'ties',
    options.emotion ?? true,
    options,
  );
}

function useCaseOf(mapping: ModelMapping, name: string): UseCase {
  const useCase = Object.hasOwn(mapping.useCases, name) ? mapping.useCases[name] : undefined;
  if (useCase !== undefined) return useCase;
  throw new StudioError('usage/invalid', `There is no use case "${name}".`, {
    hint: suggestion(name, Object.keys(mapping.useCases)),
  });
}

function membersOf(mapping: ModelMapping, domains: readonly string[]): Member[] {
  return domains.flatMap((domain) =>
    Object.entries(mapping.domains[domain]?.subdomains ?? {}).map(([subdomain, entry]) => ({
      domain,
      subdomain,
      base: entry.base,
      adapter: entry.adapter,
      scale: entry.scale,
      route: entry.route,
    })),
  );
}

function recipeFor(
  mapping: ModelMapping,
  name: string,
  members: readonly Member[],
  useCase: UseCase,
  mergeMethod: 'sum' | 'ties',
  emotion: boolean,
  options: DomainRecipeOptions,
): RecipeInput {
  const form = options.form ?? 'bundled';
  const bases = [...new Set(members.map((member) => member.base))];
  if (form === 'merged' && bases.length > 1) throw differentBases(name, members);
  refuseForSeveral(bases, options);
  const nodes: RecipeNodes = [];
  const edges: RecipeEdges = [];
  for (const base of bases) {
    const own = members.filter((member) => member.base === base);
    addParent({
      mapping,
      name,
      base,
      own,
      bases,
      form,
      mergeMethod,
      useCase,
      options,
      nodes,
      edges,
    });
  }
  const folder = options.folder ?? '.';
  nodes.push({ id: 'family', kind: 'family', name, folder, emotion });
  const packages = nodes.filter((node) => node.kind === 'package');
  edges.push(...packages.map((node) => ({ from: node.id, to: 'family' })));
  return { version: recipeVersion, name, nodes, edges };
}

interface ParentRequest {
  readonly mapping: ModelMapping;
  readonly name: string;
  readonly base: string;
  readonly own: readonly Member[];
  readonly bases: readonly string[];
  readonly form: 'bundled' | 'merged';
  readonly mergeMethod: 'sum' | 'ties';
  readonly useCase: UseCase;
  readonly options: DomainRecipeOptions;
  readonly nodes: RecipeNodes;
  readonly edges: RecipeEdges;
}

/** base -> (merge ->) quantize -> package, with the adapters at the merge or at the package. */
function addParent(request: ParentRequest): void {
  const { mapping, name, base, own, form, options, nodes, edges } = request;
  const path = mapping.bases[base]?.path;
  invariant(path !== undefined, 'a parsed mapping names only bases that it has');
  // Ids carry the base's name only where there are several, so that the usual recipe reads plainly.
  const suffix = request.bases.length > 1 ? `-${base}` : '';
  const number = request.bases.indexOf(base) + 1;
  const ids = {
    base: fittingId(`base-${base}`, `base-${number}`),
    merge: fittingId(`merge${suffix}`, `merge-${number}`),
    quantize: fittingId(`quantize${suffix}`, `quantize-${number}`),
    package: fittingId(`package${suffix}`, `package-${number}`),
  };
  nodes.push({ id: ids.base, kind: 'base', path });
  const adapterIds = own.map((member, index) => {
    const id = fittingId(
      `adapter-${member.domain}-${member.subdomain}`,
      `adapter-${number}-${index + 1}`,
    );
    const { domain, subdomain, scale, route } = member;
    nodes.push({
      id,
      kind: 'adapter',
      path: member.adapter,
      domain,
      subdomain,
      scale,
      ...(route === undefined ? {} : { route }),
    });
    return id;
  });
  const merged = form === 'merged';
  if (merged) {
    const ties = request.mergeMethod === 'ties' && own.length > 1;
    nodes.push(
      ties
        ? { id: ids.merge, kind: 'merge', method: 'ties', density: 0.5 }
        : { id: ids.merge, kind: 'merge', method: 'sum' },
    );
    edges.push({ from: ids.base, to: ids.merge });
  }
  edges.push({ from: merged ? ids.merge : ids.base, to: ids.quantize });
  nodes.push({
    id: ids.quantize,
    kind: 'quantize',
    levels: [...(options.levels ?? [request.useCase.level])],
    ...(options.allowRequantize === true ? { allowRequantize: true } : {}),
  });
  if (options.imatrix !== undefined) {
    nodes.push({ id: 'imatrix', kind: 'imatrix', path: options.imatrix });
    edges.push({ from: 'imatrix', to: ids.quantize });
  }
  nodes.push({
    id: ids.package,
    kind: 'package',
    form,
    domain: name,
    contextWindow: options.contextWindow ?? request.useCase.contextWindow,
    folder: options.folder ?? '.',
    ...(options.fileName === undefined ? {} : { fileName: options.fileName }),
  });
  edges.push({ from: ids.quantize, to: ids.package });
  for (const id of adapterIds) edges.push({ from: id, to: merged ? ids.merge : ids.package });
}

/** Ids have at most 64 characters (identifierSchema); names of the mapping may fill that alone. */
function fittingId(wanted: string, short: string): string {
  return wanted.length <= 64 ? wanted : short;
}

function differentBases(name: string, members: readonly Member[]): StudioError {
  const byBase = groupByBase(members);
  const groups = [...byBase].map(
    ([base, group]) =>
      `${group.map((member) => `${member.domain}/${member.subdomain}`).join(', ')} on ${base}`,
  );
  return new StudioError(
    'recipe/invalid',
    `"${name}" cannot be one merged parent: its subdomains were trained on different bases (${groups.join('; ')}).`,
    {
      hint: 'Build it bundled, which makes one parent per base, or train those subdomains on one base.',
      details: {
        bases: Object.fromEntries(
          [...byBase].map(([base, group]) => [
            base,
            group.map((member) => `${member.domain}/${member.subdomain}`),
          ]),
        ),
      },
    },
  );
}

function groupByBase(members: readonly Member[]): Map<string, Member[]> {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const group = groups.get(member.base);
    if (group === undefined) groups.set(member.base, [member]);
    else group.push(member);
  }
  return groups;
}

function refuseForSeveral(
  bases: readonly string[],
  { fileName, imatrix }: DomainRecipeOptions,
): void {
  if (bases.length < 2) return;
  const option =
    fileName !== undefined
      ? 'an output file name'
      : imatrix !== undefined
        ? 'one imatrix'
        : undefined;
  if (option === undefined) return;
  throw new StudioError(
    'usage/invalid',
    `There are ${bases.length} parents (${bases.join(', ')}), so ${option} cannot serve all of them.`,
    {
      hint:
        fileName !== undefined
          ? 'Give an output folder instead.'
          : 'Save the recipe and wire one imatrix per base.',
    },
  );
}
