// `report`: a measured run as a document.
import { mkdir, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { rankRun } from '#src/evaluation/ranking/rank-run.ts';
import { makeReport, type ReportFormat } from '#src/evaluation/report/make-report.ts';
import { toIoError } from '#src/io/io-error.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import { reportDescriptor } from '#src/stages/report/descriptor.ts';
import { defineCommand } from '../command.ts';
import { openRun } from '../open-run.ts';
import { usageError } from '../usage-error.ts';

const formats: Readonly<Record<string, ReportFormat>> = {
  '.html': 'html',
  '.htm': 'html',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.json': 'json',
};

export const reportCommand = defineCommand(
  reportDescriptor,
  async ({ options, positionals: [asked = ''] }, context) => {
    const { output } = options;
    const format = options.format ?? formatOf(output);
    const run = await openRun(asked, context);
    const report = makeReport(run, rankRun(run), format);
    if (output === undefined) {
      return { result: { run: run.id, format, text: report.text }, text: report.text };
    }
    const exists = await stat(output).then(
      () => true,
      () => false,
    );
    if (exists && options.overwrite !== true) {
      throw new StudioError('output/exists', `${output} exists already.`, {
        hint: 'Give another name, or --overwrite.',
      });
    }
    try {
      await mkdir(dirname(output), { recursive: true });
      await writeFileAtomically(output, report.text);
    } catch (error) {
      throw toIoError(error, output);
    }
    const bytes = Buffer.byteLength(report.text);
    return { result: { run: run.id, format, path: output, bytes }, text: `${output}\n` };
  },
);

function formatOf(output: string | undefined): ReportFormat {
  if (output === undefined) return 'markdown';
  const format = formats[extname(output).toLowerCase()];
  if (format !== undefined) return format;
  throw usageError(
    `The ending of ${output} tells no format.`,
    'Name it .html, .md or .json, or give --format.',
  );
}
