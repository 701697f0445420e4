// Entry of a score worker thread (built to dist/factory/score-worker.js): takes runs of rows, scores one after another,
// replies, and ends when it is asked to.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#src/errors/assert.ts';
import { toWireError } from '#src/errors/studio-error.ts';
import { openRowLibrary } from '../ffi/open-llama-library.ts';
import { createRowScorer } from './row-scorer.ts';
import type { ScoreReply, ScoreRequest, ScoreTask, ScoreWorkerData } from './score-task.ts';

invariant(parentPort !== null, 'score-worker runs as a worker thread');
const port = parentPort;
const { location, vocabularySize, seed } = workerData as ScoreWorkerData;
const library = openRowLibrary(location);
const score = createRowScorer(vocabularySize, seed, (address, target) =>
  library.read(address, target),
);

port.on('message', (request: ScoreRequest) => {
  if (request === 'end') port.close();
  else port.postMessage(answer(request));
});

function answer({ id, job }: ScoreTask): ScoreReply {
  try {
    return { id, outcome: score(job) };
  } catch (error) {
    return { id, error: toWireError(error) };
  }
}
