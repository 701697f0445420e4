// A process that renders one chat template and ends. A template may loop for ever or fill the memory, and V8 ends the whole
// process where the memory ends, also that of a worker thread: here only this one is lost.
import { renderTemplate, type TemplateTask } from '#src/stages/library/render-template.ts';

process.once('message', (task) => {
  const result = renderTemplate(task as TemplateTask);
  process.send?.(result, undefined, {}, () => process.exit(0));
});
process.once('disconnect', () => process.exit(1));
