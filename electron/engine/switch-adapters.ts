// Adapters on a context that lives on. node-llama-cpp takes them only when a context is made; its inner `_setLoras`, which
// calls llama_set_adapters_lora, works at any time between two decodes: no weight is copied, the graph is reserved anew.
// This is the one file that reaches inside; it is pinned to the version whose inside it knows.
import { getModuleVersion, type LlamaContext } from 'node-llama-cpp';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ResolvedAdapter } from './resolve-adapters.ts';

const knownVersion = '3.22.1';

interface InnerContext {
  _setLoras(loras: readonly { filePath: string; scale: number }[]): Promise<void>;
}
interface InnerModel {
  _getOrLoadLora(filePath: string): Promise<unknown>;
}

let isChecked = false;

/**
 * Makes `context` compute with exactly `adapters` from its next decode on; none is the base alone. Not while it decodes.
 * What caches hold was computed with other adapters: that is the caller's to drop. Reads files that were not read before;
 * throws node-llama-cpp's error for an adapter of another base.
 */
export async function switchAdapters(
  context: LlamaContext,
  adapters: readonly ResolvedAdapter[],
): Promise<void> {
  await checkedVersion();
  const inner = context as unknown as InnerContext;
  if (typeof inner._setLoras !== 'function') throw unknownInside();
  await inner._setLoras(adapters.map(({ filePath, scale }) => ({ filePath, scale })));
}

/** Reads an adapter into the model's memory, so that its first switch reads nothing. */
export async function readAdapter(context: LlamaContext, filePath: string): Promise<void> {
  await checkedVersion();
  const inner = context.model as unknown as InnerModel;
  if (typeof inner._getOrLoadLora !== 'function') throw unknownInside();
  await inner._getOrLoadLora(filePath);
}

async function checkedVersion(): Promise<void> {
  if (isChecked) return;
  const version = await getModuleVersion();
  if (version !== knownVersion) throw unknownInside(version);
  isChecked = true;
}

function unknownInside(version?: string): StudioError {
  const found = version === undefined ? '' : ` ${version}`;
  return new StudioError(
    'internal',
    `Adapters cannot be switched with node-llama-cpp${found}: GGUF Studio knows the inside of ${knownVersion}.`,
    { hint: 'Run npm ci in the folder of GGUF Studio.' },
  );
}
