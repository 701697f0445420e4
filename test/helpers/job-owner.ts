// A process of its own that runs a job until it is cancelled or killed, for tests of the job store across processes.
// Bundled by startJobOwner (start-job-owner.ts); prints the job's id.
import { openJobStore } from '#src/io/job-store.ts';
import { recordJob } from '#src/jobs/record-job.ts';

const home = process.argv[2] ?? '';
const job = await recordJob(
  openJobStore(home),
  { kind: 'build', title: 'other process', origin: 'command line', folder: home },
  (emit, signal) =>
    new Promise<never>((_, reject) => {
      emit({ event: 'phase', phase: 'write' });
      emit({ event: 'step', node: 'quantize', level: 'Q8_0', state: 'running', done: 1, total: 4 });
      const timer = setInterval(() => undefined, 1000);
      signal.addEventListener('abort', () => {
        clearInterval(timer);
        reject(signal.reason as Error);
      });
    }),
);
process.stdout.write(`${job.id}\n`);
await job.finished.catch(() => undefined);
