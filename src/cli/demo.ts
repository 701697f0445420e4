// `npm run demo`: the whole factory on the embedded Seedling models. Builds two domains bundled and merged at four levels,
// validates every file, prints what each size is, and asks each adapter one question. Nothing in it is prepared.
import { basename, join } from 'node:path';
import { createDomainSpecificModel, type BuildResult } from '#src/api.ts';
import { engineContract } from '#src/contract/engine.contract.ts';
import { fromWireError, isAbort, StudioError, toWireError } from '#src/errors/studio-error.ts';
import { openHost } from '#src/io/open-host.ts';
import { ensureSeedlingWorkspace } from '#src/io/seedling-workspace.ts';
import { cancelOnSignals } from './cancel.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { renderTable } from './render-table.ts';
import { renderError } from './show-error.ts';
import { createProgressDisplay } from './show-progress.ts';
import { processTerminal } from './terminal.ts';

const levels = ['Q4_K_M', 'Q5_K_M', 'Q2_K', 'Q8_0'] as const;
const forms = ['bundled', 'merged'] as const;
const questions = {
  healthcare: { conditions: 'What is eczema?', anatomy: 'What is a femur?' },
  business: { finance: 'What is a bond?', organizations: 'What is a committee?' },
} as const;
type Domain = keyof typeof questions;
const domains = Object.keys(questions) as Domain[];
/** The level that answers the questions: the factory's default. */
const chatLevel = 'Q4_K_M';
const answerTokens = 40;

interface DemoBuild {
  readonly domain: Domain;
  readonly form: (typeof forms)[number];
  readonly result: BuildResult;
}

const terminal = processTerminal();
const progress = createProgressDisplay(terminal, { quiet: false, verbose: false });
const cancel = cancelOnSignals();
const style = terminal.outStyle;

async function buildAll(workspace: string): Promise<DemoBuild[]> {
  const builds: DemoBuild[] = [];
  for (const domain of domains) {
    for (const form of forms) {
      const result = await createDomainSpecificModel(domain, {
        level: levels,
        form,
        workspace,
        outputPath: join(workspace, 'outputs', 'demo', domain, form),
        onEvent: (event) => progress.show(event),
        signal: cancel.signal,
      });
      progress.clear();
      builds.push({ domain, form, result });
    }
  }
  return builds;
}

/** One line per file; times are of a whole pass, which writes its four levels together. */
function renderBuilds(builds: readonly DemoBuild[]): string {
  const rows = builds.flatMap(({ domain, form, result }) =>
    result.files.map((file, index) => [
      index === 0 ? domain : '',
      index === 0 ? form : '',
      file.level,
      formatCount(file.bytes),
      file.bitsPerWeight.toFixed(2),
      file.contextWindow === undefined ? '' : formatCount(file.contextWindow),
      file.reused ? 'unchanged' : 'passed',
      index === 0 ? formatDuration(result.seconds) : '',
      basename(file.path),
    ]),
  );
  return renderTable(
    [
      { title: 'domain' },
      { title: 'form' },
      { title: 'level' },
      { title: 'bytes', align: 'right' },
      { title: 'bpw', align: 'right' },
      { title: 'window', align: 'right' },
      { title: 'validation' },
      { title: 'pass', align: 'right' },
      { title: 'file' },
    ],
    rows,
  );
}

/** One answer per adapter, from the bundled parents: the base stays loaded, only adapters change. */
async function askAdapters(builds: readonly DemoBuild[]): Promise<void> {
  const engine = openHost(engineContract, { name: 'engine' });
  try {
    for (const { domain, form, result } of builds) {
      const file = result.files.find(({ level }) => level === chatLevel);
      if (form !== 'bundled' || file === undefined) continue;
      for (const [adapter, question] of Object.entries(questions[domain])) {
        const { chat } = await engine.call(
          'openChat',
          { path: file.path, adapters: [{ bundled: adapter, scale: 1 }], gpuLayers: 0 },
          { signal: cancel.signal },
        );
        const sampling = { temperature: 0, maxTokens: answerTokens };
        const answer = await engine.call(
          'say',
          { chat, text: question, sampling },
          { signal: cancel.signal },
        );
        await engine.call('closeChat', { chat });
        const speed = `${(answer.tokens / answer.seconds).toFixed(0)} tokens/s`;
        terminal.out(`${style.bold(`${domain}/${adapter}`)} ${style.dim(speed)}\n`);
        terminal.out(`  ${question}\n  ${style.dim('>')} ${answer.text.trim()}\n`);
      }
    }
  } finally {
    await engine.dispose();
  }
}

async function runDemo(): Promise<void> {
  const started = performance.now();
  const workspace = (await ensureSeedlingWorkspace()).folder;
  terminal.out(
    `${style.bold('GGUF Studio demo')}: ${domains.join(' and ')}, from safetensors and LoRA adapters to GGUF\n`,
  );
  terminal.out(`Workspace ${workspace}\n\n`);
  const builds = await buildAll(workspace);
  terminal.out(`${renderBuilds(builds)}\n`);
  terminal.out('Seedling models are made to prove the factory: their sentences are no truths.\n\n');
  await askAdapters(builds);
  const files = builds.flatMap(({ result }) => result.files);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const seconds = (performance.now() - started) / 1000;
  terminal.out(`\n${files.length} files, ${formatBytes(total)}, in ${formatDuration(seconds)}.\n`);
  terminal.out('Run it again: nothing is rebuilt. Talk to one:\n');
  terminal.out(`  npx gguf-studio chat ${files[0]?.path ?? ''} --adapter conditions\n`);
}

try {
  await runDemo();
} catch (error) {
  progress.clear();
  const known = error instanceof StudioError ? error : fromWireError(toWireError(error));
  terminal.error(renderError(known, terminal.errorStyle, false));
  process.exitCode = isAbort(error) ? 130 : known.exitCode;
}
cancel.dispose();
