// `route`: what a router decides and why, what it is worth, its thresholds, and whether it still decides as it did.
import { appendFile, stat } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RoutingEvaluation, RoutingSet } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { embeddedRoutingSetPath, readRoutingText } from '#src/io/routing-files.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import { embeddedManifestPath } from '#src/packaging/embedded-manifest.ts';
import { refreshChecksums } from '#src/packaging/checksums.ts';
import { compareEvaluations } from '#src/routing/evaluation/compare-evaluations.ts';
import { evaluateRouter, type EvaluatedRouter } from '#src/routing/evaluation/evaluate-router.ts';
import { parseRoutingSet } from '#src/routing/evaluation/parse-routing-set.ts';
import { evaluationMarkdown } from '#src/routing/evaluation/render-markdown.ts';
import { splitExamples } from '#src/routing/evaluation/split-examples.ts';
import { applyRoutingSet, writeRoutingSet, writeThresholds } from '#src/routing/manifest/apply-routing-set.ts'; // prettier-ignore
import { parseManifestDocument } from '#src/routing/manifest/parse-manifest.ts';
import { withClassifier } from '#src/routing/manifest/with-classifier.ts';
import { createRouter, type Router, type Turn } from '#src/routing/router.ts';
import { trainThresholds } from '#src/routing/thresholds/train-thresholds.ts';
import { parseTrace, replayTrace, traceLine } from '#src/routing/trace/replay-trace.ts';
import { readFamily, type ReadFamily } from '#src/serving/read-family.ts';
import { routeDescriptor } from '#src/stages/route/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { exportRoute } from './route-export.ts';
import { defineCommand, type CommandContext, type CommandOutcome } from '../command.ts';
import { embedderOf } from '../embed-texts.ts';
import { nearestName } from '../nearest-name.ts';
import { printable } from '../printable.ts';
import { renderComparison, renderDecision, renderEvaluation, renderReplay, renderThresholds } from '../render-route.ts'; // prettier-ignore
import { usageError } from '../usage-error.ts';

type Options = OptionValues<typeof routeDescriptor.options>;

const actions = ['test', 'eval', 'train', 'replay', 'export'];

export const routeCommand = defineCommand(
  routeDescriptor,
  async ({ options, positionals: [action = '', argument] }, context): Promise<CommandOutcome> => {
    switch (action) {
      case 'test':
        return testRoute(needed(argument, 'test "TEXT"'), options, context);
      case 'replay':
        return replay(needed(argument, 'replay TRACE'), options, context);
      case 'eval':
      case 'train':
        if (argument !== undefined) {
          throw usageError(
            `"${argument}" is one argument too many for route ${action}.`,
            `Name the manifest with --manifest: gguf-studio route ${action} --manifest ${argument}.`,
          );
        }
        return action === 'eval' ? evaluate(options, context) : train(options, context);
      case 'export': {
        const { path: manifest } = await readManifest(options.manifest, options);
        const { format, output, overwrite = false } = options;
        return exportRoute({ manifest, format, output, overwrite }, context);
      }
      default: {
        const nearest = nearestName(action, actions);
        throw usageError(
          `route cannot "${action}".`,
          nearest === undefined
            ? `It knows: ${actions.join(', ')}. To test a text, write: gguf-studio route test "TEXT".`
            : `Did you mean ${nearest}?`,
        );
      }
    }
  },
);

function needed(argument: string | undefined, form: string): string {
  if (argument !== undefined && argument.trim() !== '') return argument;
  throw usageError('route is told too little.', `Write: gguf-studio route ${form}.`);
}

async function testRoute(
  text: string,
  options: Options,
  context: CommandContext,
): Promise<CommandOutcome> {
  const family = await readManifest(options.manifest, options);
  const turns = turnsOf(options.after, family.manifest);
  const router = await openRouter(family, options, context);
  const decision = await router.decide(text, { turns, signal: context.signal });
  if (options.trace !== undefined) await addToTrace(options.trace, text, turns, decision);
  const { route, scores, why } = decision;
  return {
    result: { manifest: family.manifest.name, ...decision },
    document: { route, scores, why },
    text: renderDecision(decision, family.manifest.name, context.style),
  };
}

function turnsOf(routes: readonly string[], manifest: RouterManifest): Turn[] {
  return routes.map((route) => {
    if (route === 'none') return { text: '', route: null };
    const ids = manifest.routes.map(({ id }) => id);
    if (ids.includes(route)) return { text: '', route };
    const nearest = nearestName(route, ids);
    throw usageError(
      `--after got "${route}", which is no route of ${manifest.name}.`,
      nearest === undefined
        ? `Routes: ${ids.slice(0, 20).join(', ')}.`
        : `Did you mean ${nearest}?`,
    );
  });
}

async function addToTrace(
  path: string,
  text: string,
  turns: readonly Turn[],
  decision: Decision,
): Promise<void> {
  const line = traceLine({ time: new Date().toISOString(), text, turns: [...turns], decision });
  await appendFile(path, line, { mode: 0o600 }).catch((error: unknown) => {
    throw toIoError(error, path);
  });
}

async function evaluate(options: Options, context: CommandContext): Promise<CommandOutcome> {
  const { family, set } = await readMeasured(options, context);
  const embed = embedderOf(family, options.embedding, context);
  const measured = await evaluateRouter(family.manifest, set, embed, context.signal);
  tellLeftOut(measured, context);
  const { evaluation } = measured;
  if (options.markdown !== undefined) {
    await writeFileAtomically(options.markdown, evaluationMarkdown(evaluation));
  }
  const text = renderEvaluation(evaluation, family.manifest.name, context.style);
  if (options.compare === undefined) return { result: evaluation, text };
  const other = await evaluateOther(options.compare, set, options, context);
  const comparison = compareEvaluations(evaluation, other.evaluation);
  return {
    result: { ...evaluation, other: other.evaluation, comparison },
    text: `${text}\n${renderEvaluation(other.evaluation, other.name, context.style)}\n${renderComparison(comparison, family.manifest.name, other.name)}`,
  };
}

/** The second manifest of a comparison, with a classifier of its own. */
async function evaluateOther(
  place: string,
  set: RoutingSet,
  options: Options,
  context: CommandContext,
): Promise<{ evaluation: RoutingEvaluation; name: string }> {
  const family = await readManifest(place, {});
  const embed = embedderOf(family, options.embedding, context);
  const measured = await evaluateRouter(family.manifest, set, embed, context.signal);
  tellLeftOut(measured, context);
  return { evaluation: measured.evaluation, name: relative(context.resolvePath('.'), family.path) };
}

/** What is measured: with a set, the manifest as it is; without one, the part of its examples that is trained on. */
async function readMeasured(
  options: Options,
  context: CommandContext,
): Promise<{ family: ReadFamily; set: RoutingSet }> {
  const family = await readManifest(options.manifest, options);
  const setPath =
    options.set ?? (options.manifest === undefined ? embeddedRoutingSetPath() : undefined);
  if (setPath !== undefined) return { family, set: await readSet(setPath) };
  const { manifest, set } = splitExamples(family.manifest);
  context.show({
    event: 'notice',
    level: 'info',
    message:
      "No routing set was given: every fifth of the manifest's own examples is asked, and not trained on.",
  });
  return { family: { ...family, manifest }, set };
}

function tellLeftOut({ leftOut, unknownRoutes }: EvaluatedRouter, context: CommandContext): void {
  if (leftOut.length > 0) {
    context.show({
      event: 'notice',
      level: 'warning',
      message: `${leftOut.length} test prompts share four words in a row with an example and were left out, the first: "${printable(leftOut[0]?.test ?? '')}".`,
    });
  }
  if (unknownRoutes.length > 0) {
    context.show({
      event: 'notice',
      level: 'warning',
      message: `The manifest has no route ${unknownRoutes.map(printable).join(', ')}: their prompts were not asked.`,
    });
  }
}

async function train(options: Options, context: CommandContext): Promise<CommandOutcome> {
  if (options.manifest === undefined && options.output === undefined) {
    throw usageError(
      'route train needs a manifest.',
      'Name one with --manifest, or write a trained copy of the embedded one with --output FILE.',
    );
  }
  const family = await readManifest(options.manifest, options);
  const target = options.output ?? family.path;
  await refuseExisting(target, options);
  const set = options.set === undefined ? undefined : await readSet(options.set);
  const manifest = set === undefined ? family.manifest : applyRoutingSet(family.manifest, set);
  const embed = embedderOf(family, options.embedding, context);
  const thresholds = await trainThresholds(manifest, calibrationOf(set), embed);
  const document = parseManifestDocument(await readRoutingText(family.path), family.path);
  const text =
    set === undefined
      ? writeThresholds(document, thresholds)
      : writeRoutingSet(document, set, thresholds);
  await writeFileAtomically(target, text);
  // Of a package; a broken SHA256SUMS is for `verify` to tell.
  await refreshChecksums(dirname(target), [basename(target)]).catch(() => undefined);
  const before = new Map(family.manifest.routes.map(({ id, threshold }) => [id, threshold]));
  const rows = [...thresholds].map(([route, threshold]) => ({
    route,
    before: before.get(route) ?? null,
    threshold,
  }));
  return {
    result: { path: target, thresholds: rows },
    text: renderThresholds(rows, target),
  };
}

function calibrationOf(set: RoutingSet | undefined): Parameters<typeof trainThresholds>[1] {
  if (set === undefined) return undefined;
  return {
    routes: Object.fromEntries(
      Object.entries(set.routes).map(([id, { calibration }]) => [id, calibration ?? []]),
    ),
    offTopic: set.offTopic.calibration ?? [],
  };
}

async function refuseExisting(target: string, options: Options): Promise<void> {
  if (options.output === undefined || options.overwrite === true) return;
  const exists = await stat(target).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new StudioError('output/exists', `${target} exists.`, {
    hint: 'Choose another name, or replace it with --overwrite.',
  });
}

async function replay(
  path: string,
  options: Options,
  context: CommandContext,
): Promise<CommandOutcome> {
  const place = context.resolvePath(path);
  const entries = parseTrace(await readRoutingText(place), path);
  const family = await readManifest(options.manifest, options);
  const router = await openRouter(family, options, context);
  const replayed = await replayTrace(router, entries, context.signal);
  const { changed, decisions } = replayed;
  return {
    result: replayed,
    text: renderReplay(replayed),
    ...(changed.length === 0
      ? {}
      : {
          failure: new StudioError(
            'routing/changed',
            `${changed.length} of ${decisions} decisions go elsewhere now.`,
            { hint: 'Look at the list; route test TEXT says why.' },
          ),
        }),
  };
}

async function openRouter(
  family: ReadFamily,
  options: Options,
  context: CommandContext,
): Promise<Router> {
  return createRouter(family.manifest, embedderOf(family, options.embedding, context));
}

/** A manifest, its classifier replaced where the command line says so. */
async function readManifest(
  place: string | undefined,
  { classifier }: Partial<Pick<Options, 'classifier'>>,
): Promise<ReadFamily> {
  const family = await readFamily(place ?? embeddedManifestPath());
  return classifier === undefined
    ? family
    : { ...family, manifest: withClassifier(family.manifest, classifier) };
}

async function readSet(path: string): Promise<RoutingSet> {
  return parseRoutingSet(await readRoutingText(path), path);
}
