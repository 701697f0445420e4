// The doctor's port to chat templates: rendered in a process of its own, because any of them may loop for ever. What it tells
// follows from the task alone, so the files of one model, and one file before and after its repair, need one process between them.
import type { DoctorPorts } from '#src/doctor/findings.ts';
import type { ExaminedTemplates } from '#src/doctor/template/examine-template.ts';
import { renderInProcess } from '../library/render-in-process.ts';

/** Ten renderings and the start of the process take about 200. */
const patience = 5_000;
/** The last few tasks, as JSON, with what was told of them. Long ones are not kept. */
const told = new Map<string, ExaminedTemplates>();
const mostTold = 8;
const longestTask = 1 << 18;

export const examineTemplatesApart: DoctorPorts['examineTemplates'] = async (task, signal) => {
  const key = JSON.stringify(task);
  const known = told.get(key);
  if (known !== undefined) return known;
  const examined = await renderInProcess(task, { milliseconds: patience, signal });
  // A process that was ended may have been short of time or memory; that says nothing for ever.
  if (examined.examinations === undefined || key.length > longestTask) return examined;
  told.set(key, examined);
  const [oldest] = told.keys();
  if (told.size > mostTold && oldest !== undefined) told.delete(oldest);
  return examined;
};
