// Ollama Modelfiles, one per route into a merged parent. Ollama loads one GGUF and no adapter beside it, so that bundled
// parents cannot be exported: they would answer as their plain base.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { safeName } from '../file-names.ts';
import {
  servedModels,
  type ExportPlaces,
  type RouterExport,
  type ServedModel,
} from './router-export.ts';

/** Names of Ollama's PARAMETER for the sampling of a manifest; others have none. */
const parameters: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  topK: 'top_k',
  topP: 'top_p',
  minP: 'min_p',
  seed: 'seed',
  maxTokens: 'num_predict',
  repeatPenalty: 'repeat_penalty',
  repeatLastN: 'repeat_last_n',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
};

/** Throws `export/unsupported` when every parent is bundled, or a text cannot be held. */
export function exportOllama(manifest: RouterManifest, places: ExportPlaces): RouterExport {
  const { models } = servedModels(manifest, places);
  const isBundled = ({ parent }: ServedModel) => parent.adapters.some(({ source }) => source !== 'merged'); // prettier-ignore
  const merged = models.filter((model) => !isBundled(model) && isNamed(model, models));
  const left = models.filter((model) => isBundled(model) && model.route !== undefined);
  if (merged.length === 0) {
    throw new StudioError(
      'export/unsupported',
      `Ollama loads no adapters, and every parent of "${manifest.name}" carries its own: ${left.map(({ id }) => id).join(', ')}.`,
      {
        hint: 'Build the family merged (gguf-studio build domain NAME --merged, or a package step of the form "merged") and export that.',
      },
    );
  }
  const names = new Set<string>();
  const files = merged.map((model) => {
    let name = `Modelfile.${safeName(model.id)}`;
    while (names.has(name)) name += '-2';
    names.add(name);
    return { name, text: modelfile(model) };
  });
  const notices = [
    ...merged.map(({ id }) => `ollama create ${safeName(id).toLowerCase()} -f Modelfile.${safeName(id)}`), // prettier-ignore
    ...(left.length === 0
      ? []
      : [`Left out, because their parents are bundled and Ollama loads no adapters: ${left.map(({ id }) => id).join(', ')}.`]), // prettier-ignore
    'Ollama does not route by content: clients name the model.',
  ];
  return { files, adapters: [], copies: [], notices };
}

/** A parent that routes go to is exported by them; one without any by itself. */
function isNamed(model: ServedModel, models: readonly ServedModel[]): boolean {
  return model.route !== undefined || !models.some(({ route, parent }) => route !== undefined && parent.id === model.parent.id); // prettier-ignore
}

function modelfile({ id, modelPath, parent, route }: ServedModel): string {
  const sampling = Object.entries(route?.sampling ?? {}).flatMap(([name, value]) =>
    Object.hasOwn(parameters, name) ? [`PARAMETER ${parameters[name] ?? ''} ${value}`] : [],
  );
  const prompt = route?.systemPrompt;
  return `${[
    `# ${id.replace(/[\r\n]+/g, ' ')}, written by GGUF Studio`,
    `FROM ${quotedPath(modelPath)}`,
    ...(parent.contextWindow === undefined ? [] : [`PARAMETER num_ctx ${parent.contextWindow}`]),
    ...sampling,
    ...(prompt === undefined ? [] : [`SYSTEM ${quoted(prompt, id)}`]),
  ].join('\n')}\n`;
}

function quotedPath(path: string): string {
  if (/["\r\n]/.test(path)) {
    throw new StudioError('export/unsupported', `A Modelfile cannot hold the path ${path}.`, {
      hint: 'Move the family to a folder without quotation marks in its path.',
    });
  }
  return /\s/.test(path) ? `"${path}"` : path;
}

/** Three quotation marks end a text, and nothing escapes them. */
function quoted(text: string, id: string): string {
  if (text.includes('"""') || text.endsWith('"')) {
    throw new StudioError('export/unsupported', `The system prompt of ${id} holds """ or ends in a quotation mark, which a Modelfile cannot.`, { hint: 'Word it differently.' }); // prettier-ignore
  }
  return `"""${text}"""`;
}
