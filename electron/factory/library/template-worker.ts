// A thread that renders one chat template and ends: a template may loop for ever or fill the memory, and then only the
// thread is lost. No native code runs here, so it may be terminated at any time.
import { parentPort, workerData } from 'node:worker_threads';
import { renderTemplate, type TemplateTask } from '#src/stages/library/render-template.ts';

parentPort?.postMessage(renderTemplate(workerData as TemplateTask));
