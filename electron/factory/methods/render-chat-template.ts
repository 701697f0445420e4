// `renderChatTemplate`: a model's template over a sample conversation.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { openFolder } from '#src/io/folder.ts';
import { isFolder, openGgufFile } from '#src/jobs/open-sources.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { templateLimit, type TemplateTask } from '#src/stages/library/render-template.ts';
import { templateOfFolder, templateOfGguf } from '#src/stages/library/template-of.ts';
import { renderInProcess } from '../library/render-in-process.ts';

const patience = 3_000;

/** Throws what reading the model throws; what is wrong with the template is its `problem`. */
export const renderChatTemplate: Handlers<FactoryContract>['renderChatTemplate'] = async (
  { path },
  { signal },
) => {
  const task = await templateAt(path);
  if (task === undefined) {
    return {
      template: '',
      problem: 'The model has no chat template: prompts are given as they are.',
    };
  }
  const result = await renderInProcess(task, { milliseconds: patience, signal });
  return { template: task.template.slice(0, templateLimit), ...result };
};

async function templateAt(path: string): Promise<TemplateTask | undefined> {
  if (await isFolder(path)) return templateOfFolder(await openFolder(path));
  const model = await openGgufFile(path);
  await model.close();
  return templateOfGguf(model.metadata);
}
