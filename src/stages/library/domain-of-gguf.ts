// The domain that a GGUF was built for, as the file itself says: the list of a bundle, or the recipe that a build left.
import { entryString } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import {
  isJsonObject,
  jsonField,
  stringField,
  type JsonObject,
} from '#src/formats/huggingface/json.ts';
import { provenanceKeys } from '../package/provenance.ts';

export interface DomainNames {
  readonly domain?: string | undefined;
  readonly subdomain?: string | undefined;
}

/** Recipes of real builds have a few kilobytes. */
const maximumRecipe = 1 << 20;

/** `members`: what the file bundles. Several domains in one file (a universal parent) are no domain. */
export function domainOfGguf(
  metadata: readonly GgufEntry[],
  members: readonly { readonly name: string; readonly domain: string }[],
): DomainNames {
  const own = entryString(metadata, 'studio.domain');
  if (own !== undefined)
    return { domain: own, subdomain: entryString(metadata, 'studio.subdomain') };
  if (members.length > 0) {
    const domain = only(members.map((member) => member.domain));
    return { domain, subdomain: only(members.map(({ name }) => name)) };
  }
  return domainOfRecipe(entryString(metadata, provenanceKeys.recipe));
}

/** From the recipe of the output: the package's domain, and the adapters that were merged. */
function domainOfRecipe(text: string | undefined): DomainNames {
  if (text === undefined || text.length > maximumRecipe) return {};
  const nodes = recipeNodes(text);
  const adapters = nodes.filter((node) => stringField(node, 'kind') === 'adapter');
  const packages = nodes.filter((node) => stringField(node, 'kind') === 'package');
  const named = [...packages, ...adapters].flatMap((node) => stringField(node, 'domain') ?? []);
  const subdomains = adapters.map(
    (node) =>
      stringField(node, 'subdomain') ?? stringField(node, 'path')?.split(/[/\\]/).at(-1) ?? '',
  );
  return { domain: only(named), subdomain: only(subdomains) };
}

function recipeNodes(text: string): readonly JsonObject[] {
  try {
    const nodes = jsonField(JSON.parse(text) as JsonObject, 'nodes');
    return Array.isArray(nodes) ? nodes.filter(isJsonObject).slice(0, 2_000) : [];
  } catch {
    return [];
  }
}

/** The one value that all share; undefined for none, several or an empty one. */
function only(values: readonly string[]): string | undefined {
  const distinct = new Set(values);
  const [value] = distinct;
  return distinct.size === 1 && value !== '' ? value : undefined;
}
