// The doctor's port to chat templates: rendered in a process of its own, because any of them may loop for ever.
import type { DoctorPorts } from '#src/doctor/findings.ts';
import { renderInProcess } from '../library/render-in-process.ts';

/** Ten renderings and the start of the process take about 200. */
const patience = 5_000;

export const examineTemplatesApart: DoctorPorts['examineTemplates'] = (task, signal) =>
  renderInProcess(task, { milliseconds: patience, signal });
