// What the Doctor screen shows: the file that is checked, what was found so far, what is chosen on its map, and its repair.
// It outlives the screen, so that a check goes on while another screen is looked at.
import { create } from 'zustand';
import type { JobSight } from '#src/jobs/job-progress.ts';
import type { Behaviour, CheckState, Diagnosis } from '#src/contract/doctor/diagnosis.ts';
import type { Finding } from '#src/contract/doctor/finding.ts';
import type { RepairPlan, RepairReport } from '#src/contract/doctor/repair.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import type { ChosenSteps } from '../logic/plan-choice.ts';

/** `header` reads no weights, `static` runs no model. */
export type CheckDepth = 'full' | 'static' | 'header';

export interface CheckRun {
  readonly file: FileReference;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  readonly checks: readonly CheckState[];
  readonly findings: readonly Finding[];
  /** Phase, progress and time left while it runs. */
  readonly sight: JobSight | undefined;
  readonly error?: unknown;
  /** The header alone, read first: the map is there while the rest is checked. */
  readonly preview?: Diagnosis;
  readonly diagnosis?: Diagnosis;
  readonly behaviour?: Behaviour;
}

export interface PlanState {
  readonly state: 'running' | 'done' | 'failed';
  readonly sight: JobSight | undefined;
  readonly plan?: RepairPlan;
  readonly chosen: ChosenSteps;
  /** Step whose changes are shown. */
  readonly shown: string | undefined;
  readonly error?: unknown;
}

export interface RepairState {
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
  readonly sight: JobSight | undefined;
  readonly report?: RepairReport;
  readonly output?: FileReference;
  readonly error?: unknown;
}

export type DoctorPanel = 'findings' | 'parts' | 'answers' | 'repair' | 'report';

export interface DoctorStore {
  readonly view: 'file' | 'folder' | 'clean';
  readonly subject: FileReference | undefined;
  readonly depth: CheckDepth;
  readonly source: FileReference | undefined;
  readonly sibling: FileReference | undefined;
  /** More folders where a repair looks for sources, adapters and parts. */
  readonly folders: readonly FileReference[];
  readonly run: CheckRun | undefined;
  readonly panel: DoctorPanel;
  /** Id of the finding, and index of the map's segment, that are shown. */
  readonly finding: string | undefined;
  readonly segment: number | undefined;
  /** Raised to make the map show what is chosen, even when it is chosen again. */
  readonly reveal: number;
  readonly plan: PlanState | undefined;
  readonly repair: RepairState | undefined;
}

const nothing = {
  run: undefined,
  panel: 'findings',
  finding: undefined,
  segment: undefined,
  plan: undefined,
  repair: undefined,
} as const;

export const useDoctor = create<DoctorStore>(() => ({
  view: 'file',
  subject: undefined,
  depth: 'full',
  source: undefined,
  sibling: undefined,
  folders: [],
  reveal: 0,
  ...nothing,
}));

/** Puts a file on the table; what it is compared with stays when it is the same file. */
export function setSubject(subject: FileReference | undefined): void {
  useDoctor.setState((store) => ({
    ...nothing,
    view: 'file',
    subject,
    ...(subject?.id === store.subject?.id
      ? {}
      : { source: undefined, sibling: undefined, folders: [] }),
  }));
}

/** What a repair needs to be planned again for: another comparison, another check. */
export function forgetPlan(): void {
  useDoctor.setState({ plan: undefined, repair: undefined });
}

/** Shows a finding in the list and on the map. */
export function showFinding(id: string | undefined): void {
  useDoctor.setState(({ reveal, run }) => {
    const finding = run?.findings.find((each) => each.id === id);
    const map = run?.diagnosis?.map ?? [];
    const [first] = finding?.ranges ?? [];
    const segment =
      finding === undefined
        ? -1
        : map.findIndex(
            (each) =>
              each.damaged.some((range) => range.finding === id) ||
              (first !== undefined &&
                first.offset >= each.offset &&
                first.offset < each.offset + Math.max(1, each.size)) ||
              (each.name !== '' && finding.tensors[0] === each.name),
          );
    return {
      finding: id,
      segment: segment < 0 ? undefined : segment,
      reveal: reveal + 1,
    };
  });
}

/** Shows a segment on the map, and the first finding about it. */
export function showSegment(index: number | undefined, reveal = false): void {
  useDoctor.setState((store) => ({
    segment: index,
    reveal: reveal ? store.reveal + 1 : store.reveal,
  }));
}
