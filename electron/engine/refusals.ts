// node-llama-cpp throws plain errors: what it says of a model becomes ours, with llama.cpp's own reason from its log.
import { InsufficientMemoryError } from 'node-llama-cpp';
import { StudioError } from '#src/errors/studio-error.ts';
import { forgetProblems, loggedProblems } from './load-llama.ts';

/**
 * Runs `work` on the model at `path`. Throws `adapter/wrong-base`, `memory/short` or `native/failed`; cancelling and our
 * own errors stay as they are.
 */
export async function refusals<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  forgetProblems();
  try {
    return await work();
  } catch (error) {
    if (error instanceof StudioError) throw error;
    if (error instanceof Error && error.name === 'AbortError') throw error;
    const said = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown reason';
    if (error instanceof InsufficientMemoryError) {
      throw new StudioError('memory/short', `${path}: ${said}.`, {
        hint: 'Use a smaller level or a smaller context window, or close other programs.',
        cause: error,
      });
    }
    const logged = loggedProblems();
    const reason = logged === '' ? said : `${said} (${logged})`;
    if (/lora/i.test(said)) {
      throw new StudioError('adapter/wrong-base', `${path}: ${reason}.`, {
        hint: 'Give an adapter that was trained on this base.',
        cause: error,
      });
    }
    throw new StudioError('native/failed', `${path}: ${reason}.`, {
      hint: 'gguf-studio validate tells what is wrong with the file; --verbose shows the log of llama.cpp.',
      cause: error,
    });
  }
}
