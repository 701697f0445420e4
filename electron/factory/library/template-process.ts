// A process that renders one chat template, over a sample or over given conversations, or examines some, and ends. A template may loop for ever or fill the memory, and V8 ends the whole
// process where the memory ends, also that of a worker thread: here only this one is lost.
import { examineTemplates, type ExaminationTask } from '#src/doctor/template/examine-template.ts';
import {
  renderConversations,
  type ConversationsTask,
} from '#src/stages/library/render-conversations.ts';
import { renderTemplate, type TemplateTask } from '#src/stages/library/render-template.ts';

process.once('message', (task) => {
  const given = task as TemplateTask | ConversationsTask | ExaminationTask;
  const result =
    'examined' in given
      ? examineTemplates(given)
      : 'conversations' in given
        ? renderConversations(given)
        : renderTemplate(given);
  process.send?.(result, undefined, {}, () => process.exit(0));
});
process.once('disconnect', () => process.exit(1));
