// `repair`: the plan first, then a yes, then the repaired files and what to trust.
import { isHealthy } from '#src/jobs/repair/repair-and-probe.ts';
import { refuseTakenOutput } from '#src/jobs/repair/repair-output.ts';
import type { RepairPlan, RepairReport } from '#src/contract/doctor/repair.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { repairDescriptor } from '#src/stages/repair/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { readPrompts } from '../read-prompts.ts';
import { recordRepair } from '../record-command.ts';
import { renderRepairPlan, renderRepairReport } from '../render-repair.ts';
import { usageError } from '../usage-error.ts';

type Options = OptionValues<typeof repairDescriptor.options>;

/** What became of one file. */
interface Outcome {
  readonly path: string;
  readonly plan?: RepairPlan;
  readonly report?: RepairReport;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

export const repairCommand = defineCommand(
  repairDescriptor,
  async ({ options, positionals }, context) => {
    checkOptions(options, positionals);
    const prompts = options.prompts === undefined ? undefined : await readPrompts(options.prompts);
    const outcomes: Outcome[] = [];
    const failures: StudioError[] = [];
    for (const positional of positionals) {
      const path = context.resolvePath(positional);
      try {
        const outcome = await repairOne(path, options, prompts, context);
        outcomes.push(outcome);
        const left = leftOf(outcome, options['dry-run'] === true);
        if (left !== undefined) failures.push(left);
      } catch (error) {
        if (!(error instanceof StudioError) || !isOfFile(error)) throw error;
        // One file that cannot be repaired does not keep the others from it.
        if (positionals.length === 1) throw error;
        const { code, message, hint } = error;
        outcomes.push({ path, error: { code, message, ...(hint === undefined ? {} : { hint }) } });
        context.print(`${message}\n`);
        failures.push(error);
      }
    }
    const worst = failures.find(({ kind }) => kind !== 'check') ?? failures[0];
    return {
      result: { files: outcomes },
      text: '',
      ...(worst === undefined ? {} : { failure: worst }),
    };
  },
); // prettier-ignore

/** What says nothing of the other files. */
function isOfFile({ kind, code }: StudioError): boolean {
  return kind === 'input' || kind === 'check' || code === 'io/failed';
}

async function repairOne(
  path: string,
  options: Options,
  prompts: readonly string[] | undefined,
  context: CommandContext,
): Promise<Outcome> {
  const { source, sibling, output, threads } = options;
  const folders = options['look-in'];
  const params = {
    path,
    ...(source === undefined ? {} : { source }),
    ...(sibling === undefined ? {} : { sibling }),
    ...(folders.length === 0 ? {} : { folders: [...folders] }),
  };
  if (output !== undefined) await refuseTakenOutput(output, path);
  const planned = await context.factory('planRepair', params);
  const plan = output === undefined ? planned : { ...planned, output };
  const steps = chosenSteps(plan, options);
  context.print(renderRepairPlan(plan, steps, context.style));
  if (plan.steps.length === 0 || options['dry-run'] === true) return { path, plan };
  if (options.yes !== true && !(await isMeant(plan, steps, context))) return { path, plan };
  const { bytes, modified } = plan;
  const report = await recordRepair(context, {
    ...params,
    bytes,
    modified,
    steps,
    ...(output === undefined ? {} : { output }),
    ...(threads === undefined ? {} : { threads }),
    behaviour: options.behaviour,
    ...(prompts === undefined ? {} : { prompts: [...prompts] }),
  });
  context.print(renderRepairReport(report, context.style));
  return { path, plan, report };
}

/** Those that the plan chose and the options change. Throws `usage/invalid` for an id that is not there. */
function chosenSteps({ steps }: RepairPlan, options: Options): string[] {
  const { step: only, without } = options;
  for (const id of [...only, ...without]) {
    if (steps.some((step) => step.id === id)) continue;
    throw usageError(
      `The plan has no step "${id}".`,
      steps.length === 0 ? 'It has none at all.' : `It has: ${steps.map((step) => step.id).slice(0, 20).join(', ')}.`,
    );
  }
  return steps
    .filter(({ id, chosen, trust, impossible }) => {
      if (impossible !== undefined || without.includes(id)) return false;
      if (trust === 'lost' && options['allow-loss'] === true) return true;
      return only.length === 0 ? chosen : only.includes(id);
    })
    .map(({ id }) => id);
} // prettier-ignore

async function isMeant(
  plan: RepairPlan,
  steps: readonly string[],
  { ask }: CommandContext,
): Promise<boolean> {
  if (ask === undefined) {
    throw usageError('Nobody can be asked here.', 'Add --yes to repair, or --dry-run to see the plan only.'); // prettier-ignore
  }
  if (steps.length === 0) return true;
  return ask(`Write ${plan.output}?`);
}

/** The check that failed, where something is left; the exit code follows. */
function leftOf({ path, plan, report }: Outcome, isDryRun: boolean): StudioError | undefined {
  const left = (message: string) => new StudioError('repair/failed', message);
  if (report !== undefined) {
    return isHealthy(report) ? undefined : left(`${report.output} is not healthy: something is left.`); // prettier-ignore
  }
  const isHurt = plan?.diagnosis.findings.some(({ severity }) => severity !== 'info') ?? false;
  if (!isHurt) return undefined;
  return left(isDryRun ? `${path} is damaged; nothing was written.` : `${path} was not repaired.`);
}

function checkOptions(options: Options, positionals: readonly string[]): void {
  if (options.output !== undefined && positionals.length > 1) {
    throw usageError('--output names one file, but several are repaired.', 'Repair them one by one, or leave --output out.'); // prettier-ignore
  }
  if (options.yes === true && options['dry-run'] === true) {
    throw usageError('--yes and --dry-run contradict each other.', 'Give one of them.');
  }
}
