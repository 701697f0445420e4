// The converted file of a Hugging Face folder for single predictions, which are asked one after another: it stays for a while
// instead of being made for each. Named after this process like every temporary model, so that `clean` removes what a killed
// one left.
import { rmSync } from 'node:fs';
import type { MeasuredModel } from './measured-model.ts';
import { referenceFile, type ReferenceFile } from './reference-file.ts';

/** Nobody looked at a prediction for this long: the disk is given back. */
const lifetime = 5 * 60_000;

interface Lasting {
  readonly sha256: string;
  readonly file: ReferenceFile;
  users: number;
  path: string | undefined;
  timer: NodeJS.Timeout | undefined;
}

let last: Lasting | undefined;
process.once('exit', () => {
  if (last?.path !== undefined) rmSync(last.path, { force: true });
});

/** Gives `work` the model as a GGUF: its own file, or the folder's conversion, the last one of which is kept. */
export async function withLastingReference<Result>(
  model: MeasuredModel,
  options: Parameters<typeof referenceFile>[1],
  work: (path: string) => Promise<Result>,
): Promise<Result> {
  if (!model.isFolder) return work(model.path);
  const own = await takeLasting(model, options);
  try {
    const path = await own.file.path();
    own.path = path;
    return await work(path);
  } finally {
    own.users--;
    if (own.path === undefined || own !== last) await removeLasting(own);
    else {
      own.timer = setTimeout(() => void removeLasting(own), lifetime);
      own.timer.unref();
    }
  }
}

async function takeLasting(
  model: MeasuredModel,
  options: Parameters<typeof referenceFile>[1],
): Promise<Lasting> {
  const { sha256 } = model.subject;
  if (last?.sha256 !== sha256) {
    const before = last;
    last = { sha256, file: referenceFile(model, options), users: 0, path: undefined, timer: undefined }; // prettier-ignore
    if (before !== undefined) await removeLasting(before);
  }
  last.users++;
  clearTimeout(last.timer);
  return last;
}

/** Does nothing while somebody uses it; who is last removes it. */
async function removeLasting(own: Lasting): Promise<void> {
  if (own.users > 0) return;
  clearTimeout(own.timer);
  if (last === own) last = undefined;
  await own.file.remove();
}
