// Builds the errors of the PyTorch reader: refused for what a checkpoint must not contain, invalid for damage.
import { StudioError } from '#src/errors/studio-error.ts';

/** What the pickle asks for is outside the closed list; nothing of it was executed. */
export function refusedPickle(
  label: string,
  problem: string,
  details: Record<string, unknown> = {},
): StudioError {
  return new StudioError('pickle/refused', `${label}: ${problem}.`, {
    hint: 'Nothing in it was executed. Use the safetensors version of the model, or save it again from a trusted machine as safetensors.',
    details,
  });
}

export function invalidPickle(
  label: string,
  problem: string,
  details: Record<string, unknown> = {},
): StudioError {
  return new StudioError('pickle/invalid', `${label}: ${problem}.`, {
    hint: 'The file is damaged or is not a PyTorch checkpoint: fetch it again.',
    details,
  });
}
