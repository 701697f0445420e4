// Entry of a row worker thread (built to dist/factory/row-worker.js): takes tasks, runs them one after another, replies,
// and ends when it is asked to.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#src/errors/assert.ts';
import { toWireError } from '#src/errors/studio-error.ts';
import { openRowLibrary } from '../ffi/open-llama-library.ts';
import { RowEncoder } from './row-encoder.ts';
import type { RowReply, RowRequest, RowTask, RowWorkerData } from './row-task.ts';
import { runRowTask } from './run-row-task.ts';

invariant(parentPort !== null, 'row-worker runs as a worker thread');
const port = parentPort;
const { location } = workerData as RowWorkerData;
const encoder = new RowEncoder(openRowLibrary(location));

port.on('message', (request: RowRequest) => {
  if (request === 'end') port.close();
  else port.postMessage(reply(request));
});

function reply(task: RowTask): RowReply {
  const { id } = task;
  try {
    const failure = runRowTask(encoder, task);
    return failure === undefined ? { id, outcome: 'done' } : { id, outcome: 'not-finite', failure };
  } catch (error) {
    return { id, outcome: 'error', error: toWireError(error) };
  }
}
