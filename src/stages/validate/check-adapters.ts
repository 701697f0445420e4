// The adapters inside a bundle: each is attached once, must leave the logits finite and must change them.
import type { StageRun } from '#src/contract/stage-events.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import { greedyToken, promptTokens, type Question } from './check-generation.ts';
import { failed, passed, type Finding } from './check-result.ts';
import type { LoadedModel } from './validation-ports.ts';

/** `extract` gives the path of a member's file. The model has no adapter attached afterwards. */
export async function* checkAdapters(
  model: LoadedModel,
  members: readonly PlacedMember[],
  question: Question,
  extract: (member: PlacedMember) => Promise<string>,
  signal: AbortSignal,
): StageRun<Finding> {
  const tokens = promptTokens(model, question);
  const logitsWith = async (adapter?: { path: string; scale: number }) => {
    model.attach(adapter);
    model.clear();
    await model.decode(tokens);
    return model.lastLogits();
  };
  const base = await logitsWith();
  const changes: { name: string; largestChange: number }[] = [];
  try {
    for (const [index, member] of members.entries()) {
      signal.throwIfAborted();
      const path = await extract(member);
      const logits = await logitsWith({ path, scale: member.scale });
      if (!greedyToken(logits).finite) {
        return failed(`With the adapter "${member.name}" the logits hold NaN or infinity.`, {
          adapter: member.name,
        });
      }
      const largestChange = largestDifference(base, logits);
      if (largestChange === 0) {
        return failed(`The adapter "${member.name}" changes nothing.`, { adapter: member.name });
      }
      changes.push({ name: member.name, largestChange });
      yield { event: 'progress', done: index + 1, total: members.length, unit: 'steps' };
    }
  } finally {
    model.attach(undefined);
  }
  const who =
    members.length === 1
      ? 'The adapter attaches and changes'
      : `All ${members.length} adapters attach and change`;
  return passed(`${who} the answers.`, { adapters: changes });
}

function largestDifference(left: Float32Array, right: Float32Array): number {
  let largest = 0;
  for (let index = 0; index < left.length; index++) {
    largest = Math.max(largest, Math.abs((left[index] ?? 0) - (right[index] ?? 0)));
  }
  return largest;
}
