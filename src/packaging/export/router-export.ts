// A family as the configuration of another server. Pure: texts, and what has to lie where for them; whoever calls it writes
// the files. Nothing of ours is lost silently: what the other server cannot do is said in a notice.
import type {
  ManifestParent,
  ManifestRoute,
  RouterManifest,
} from '#src/contract/routing/manifest.ts';
import { adapterFileName } from '../file-names.ts';

export const exportFormats = ['llama-server', 'llama-swap', 'ollama', 'lm-studio'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportPlaces {
  /** Absolute folder of the manifest. */
  readonly family: string;
  /** Absolute folder where unpacked adapters lie. */
  readonly adapters: string;
}

/** An adapter that has to be taken out of its parent first. */
export interface NeededAdapter {
  /** As the manifest names it. */
  readonly parentFile: string;
  /** `domain/name` in the bundle. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export interface RouterExport {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly adapters: readonly NeededAdapter[];
  /** Files of the family that belong beside the texts, by their name there. */
  readonly copies: readonly { readonly file: string; readonly to: string }[];
  readonly notices: readonly string[];
}

/** One name that a client may ask for. */
export interface ServedModel {
  readonly id: string;
  readonly parent: ManifestParent;
  readonly modelPath: string;
  readonly adapter?: { readonly path: string; readonly scale: number };
  readonly route?: ManifestRoute;
  readonly preload: boolean;
}

/** Every route, and every parent by itself; and the adapters that have to be files for that. */
export function servedModels(
  manifest: RouterManifest,
  places: ExportPlaces,
): { readonly models: readonly ServedModel[]; readonly adapters: readonly NeededAdapter[] } {
  const parents = new Map(manifest.parents.map((parent) => [parent.id, parent]));
  const adapters = new Map<string, NeededAdapter>();
  const preloaded = new Set(manifest.policy.preload);
  const routes = manifest.routes.flatMap((route): ServedModel[] => {
    const parent = parents.get(route.parent);
    if (parent === undefined) return [];
    const modelPath = joinPath(places.family, parent.file);
    const adapter = parent.adapters.find(({ id }) => id === route.adapter);
    const common = { id: route.id, parent, modelPath, route, preload: false };
    if (adapter === undefined || adapter.source === 'merged') return [common];
    const { scale } = adapter;
    if (adapter.source === 'file') {
      return [{ ...common, adapter: { path: joinPath(places.family, adapter.file ?? ''), scale } }];
    }
    const member = { domain: adapter.domain, name: adapter.subdomain };
    const path = joinPath(places.adapters, adapterFileName(parent.file, member, 'F32'));
    adapters.set(path, { parentFile: parent.file, name: `${member.domain}/${member.name}`, path });
    return [{ ...common, adapter: { path, scale } }];
  });
  const taken = new Set(routes.map(({ id }) => id));
  const plain = manifest.parents.flatMap((parent): ServedModel[] =>
    taken.has(parent.id)
      ? []
      : [
          {
            id: parent.id,
            parent,
            modelPath: joinPath(places.family, parent.file),
            preload: preloaded.has(parent.id),
          },
        ],
  );
  return { models: [...routes, ...plain], adapters: [...adapters.values()] };
}

/** llama.cpp's long flags, without dashes, for the sampling names of a manifest. */
const flags: Readonly<Record<string, string>> = {
  temperature: 'temp',
  topK: 'top-k',
  topP: 'top-p',
  minP: 'min-p',
  seed: 'seed',
  maxTokens: 'predict',
  repeatPenalty: 'repeat-penalty',
  repeatLastN: 'repeat-last-n',
  frequencyPenalty: 'frequency-penalty',
  presencePenalty: 'presence-penalty',
  xtcProbability: 'xtc-probability',
  xtcThreshold: 'xtc-threshold',
  dryMultiplier: 'dry-multiplier',
  dryBase: 'dry-base',
  dryAllowedLength: 'dry-allowed-length',
  dryPenaltyLastN: 'dry-penalty-last-n',
};

/** Flags and values of a model, in a fixed order. */
export function llamaFlags({ parent, modelPath, adapter, route }: ServedModel): [string, string][] {
  const sampling = Object.entries(route?.sampling ?? {}).flatMap(
    ([name, value]): [string, string][] =>
      Object.hasOwn(flags, name) ? [[flags[name] ?? '', String(value)]] : [],
  );
  return [
    ['model', modelPath],
    ...(adapter === undefined
      ? []
      : [
          adapter.scale === 1
            ? (['lora', listItem(adapter.path)] as [string, string])
            : (['lora-scaled', listItem(`${adapter.path}:${adapter.scale}`)] as [string, string]),
        ]),
    ...(parent.contextWindow === undefined
      ? []
      : [['ctx-size', String(parent.contextWindow)] as [string, string]]),
    ...sampling,
  ];
}

/** What every other server leaves out. */
export function commonNotices(manifest: RouterManifest, server: string): string[] {
  const prompts = manifest.routes.filter(({ systemPrompt }) => systemPrompt !== undefined);
  const tones = manifest.steps.length > 0 || manifest.routes.some((route) => route.tones !== undefined); // prettier-ignore
  return [
    `${server} does not route by content: clients name the model (${manifest.routes[0]?.id ?? manifest.parents[0]?.id ?? 'a parent'}). "auto" needs gguf-studio serve.`,
    ...(prompts.length === 0
      ? []
      : [`${server} sets no system prompt: clients send those of ${prompts.map(({ id }) => id).join(', ')} themselves.`]), // prettier-ignore
    ...(tones ? [`The emotion step and tones stay behind: ${server} has nothing like them.`] : []),
  ];
}

/** `/` on every system: the texts are read by programs that take it everywhere. */
export function joinPath(folder: string, file: string): string {
  return `${folder.replaceAll('\\', '/').replace(/\/$/, '')}/${file.replaceAll('\\', '/')}`;
}

/** An item of a comma-separated list as llama.cpp reads it (parse_csv_row, common/arg.cpp): quoted where it must be. */
function listItem(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
