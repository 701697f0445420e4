// Checks a file: one at a time, its checklist and findings filled in as they come. Cancelling keeps what was found.
import { describeError } from '#renderer/ui/describe-error.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import type { StudioResult } from '#renderer/studio-client.ts';
import { sortFindings } from '../logic/doctor-words.ts';
import { inOrder, stoppedChecks, waitingChecks } from '../logic/checklist.ts';
import { setSubject, useDoctor, type CheckDepth, type CheckRun } from './doctor-store.ts';
import { followSight } from './follow-sight.ts';

let running: AbortController | undefined;

/** Checks `file`, or again what is on the table. Resolves when it has ended, however. */
export async function checkFile(
  file: FileReference | undefined = useDoctor.getState().subject,
): Promise<void> {
  if (file === undefined) return;
  running?.abort();
  const controller = new AbortController();
  running = controller;
  setSubject(file);
  const { depth, source, sibling } = useDoctor.getState();
  const begun: CheckRun = {
    file,
    state: 'running',
    checks: waitingChecks(),
    findings: [],
    sight: undefined,
  };
  useDoctor.setState({ run: begun });
  const change = (changes: Partial<CheckRun>) => {
    if (running !== controller) return;
    useDoctor.setState(({ run }) => ({ run: { ...(run ?? begun), ...changes } }));
  };
  const follower = followSight(begun.checks, change);
  const { signal } = controller;
  try {
    // The header takes a moment: with it the map stands before the weights are read. What is wrong with it, the check tells.
    if (depth !== 'header') {
      await studio()
        .call('diagnose', { file: file.id, depth: 'header', behaviour: false }, { signal })
        .then(
          ({ diagnosis }) => change({ preview: diagnosis }),
          () => undefined,
        );
      signal.throwIfAborted();
    }
    const result = await studio().call(
      'diagnose',
      {
        file: file.id,
        ...depthParams(depth),
        ...(source === undefined ? {} : { source: source.id }),
        ...(sibling === undefined ? {} : { sibling: sibling.id }),
      },
      { signal, onEvent: follower.take },
    );
    follower.stop();
    change({ state: 'done', sight: undefined, ...resultOf(result) });
    // The worst finding is told at once; the map stays whole until somebody goes to a place on it.
    const { run, finding } = useDoctor.getState();
    const [worst] = sortFindings(run?.findings ?? []);
    if (running === controller && finding === undefined && worst !== undefined)
      useDoctor.setState({ finding: worst.id });
  } catch (error) {
    follower.stop();
    const isStopped = describeError(error) === undefined;
    const { run } = useDoctor.getState();
    const summary = isStopped ? 'Stopped before it ran.' : 'Did not run.';
    change({
      state: isStopped ? 'stopped' : 'failed',
      sight: undefined,
      checks: stoppedChecks(run?.checks ?? begun.checks, summary),
      ...(isStopped ? {} : { error }),
    });
  } finally {
    if (running === controller) running = undefined;
  }
}

export function cancelCheck(): void {
  running?.abort();
}

export function depthParams(depth: CheckDepth): {
  depth: 'header' | 'full';
  behaviour: boolean;
} {
  return { depth: depth === 'header' ? 'header' : 'full', behaviour: depth === 'full' };
}

/** Static checks and behaviour as one: behaviour's check takes its line, its findings follow the others. */
export function resultOf({
  diagnosis,
  behaviour,
}: StudioResult<'diagnose'>): Pick<CheckRun, 'diagnosis' | 'behaviour' | 'checks' | 'findings'> {
  const checks =
    behaviour === undefined
      ? diagnosis.checks
      : [...diagnosis.checks.filter(({ area }) => area !== 'behaviour'), behaviour.check];
  const known = new Set(diagnosis.findings.map(({ id }) => id));
  const more = (behaviour?.findings ?? []).filter(({ id }) => !known.has(id));
  return {
    diagnosis,
    ...(behaviour === undefined ? {} : { behaviour }),
    checks: inOrder(checks),
    findings: [...diagnosis.findings, ...more],
  };
}
