// `doctor`: every file is diagnosed, and the worst finding decides the exit code.
import { stat } from 'node:fs/promises';
import { StudioError } from '#src/errors/studio-error.ts';
import { walkModels } from '#src/io/walk-models.ts';
import type { DiagnosedOne } from '#src/jobs/diagnose-files.ts';
import { doctorDescriptor } from '#src/stages/doctor/descriptor.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { readPrompts } from '../read-prompts.ts';
import { recordDiagnosis } from '../record-command.ts';
import { renderDiagnosis } from '../render-diagnosis.ts';

/** Folders below a given folder; a Hugging Face cache keeps its models four levels down. */
const levels = 6;

export const doctorCommand = defineCommand(
  doctorDescriptor,
  async ({ options, positionals }, context) => {
    const { source, sibling, header, load, prompts, threads } = options;
    const paths = await filesOf(positionals.map((each) => context.resolvePath(each)), context); // prettier-ignore
    const { files, failure } = await recordDiagnosis(
      context,
      {
        paths,
        depth: header === true ? 'header' : 'full',
        behaviour: load && header !== true,
        ...(source === undefined ? {} : { source }),
        ...(sibling === undefined ? {} : { sibling }),
        ...(prompts === undefined ? {} : { prompts: await readPrompts(prompts) }),
        ...(threads === undefined ? {} : { threads }),
      },
      (file) => context.print(renderDiagnosis(file, context.style)),
    );
    return {
      result: { files: files.map(resultOf) },
      text: '',
      ...(failure === undefined ? {} : { failure }),
    };
  },
);

/** Files as they are named; a folder stands for what lies below it. A missing one is diagnosed as missing. */
async function filesOf(paths: readonly string[], context: CommandContext): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory() !== true) {
      files.push(path);
      continue;
    }
    const before = files.length;
    const onNotRead = (message: string) => context.show({ event: 'notice', level: 'warning', message });
    for await (const { kind, path: found } of walkModels([path], { depth: levels, signal: context.signal, onNotRead })) {
      if (kind === 'gguf' || kind === 'matrix') files.push(found);
    }
    if (files.length === before) {
      throw new StudioError('io/not-found', `There is no GGUF file below ${path}.`, {
        hint: 'Give a file, or a folder with GGUF files.',
      });
    }
  }
  return [...new Set(files)];
} // prettier-ignore

function resultOf({ path, diagnosis, behaviour, error }: DiagnosedOne): unknown {
  if (error !== undefined) {
    const { code, message, hint } = error;
    return { path, error: { code, message, ...(hint === undefined ? {} : { hint }) } };
  }
  return { ...diagnosis, ...(behaviour === undefined ? {} : { behaviour }) };
}
