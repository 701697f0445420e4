// Keeps a plan (sizes, states, reasons) beside every open recipe: asked for a moment after the last edit, the one before
// cancelled, the old figures kept until the new ones are there.
import { isAbort } from '#src/errors/studio-error.ts';
import type { BuildPlan, PlannedOutput } from '#src/contract/build-plan.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { documentForm } from './built-form.ts';
import { activeOf, documentOf, emptyPlan, setPlan, useCanvas } from './canvas-store.ts';

const quiet = 350;
let timer: ReturnType<typeof setTimeout> | undefined;
let running: AbortController | undefined;

/** Watches the recipe in front. Returns how to stop. */
export function startPlanning(): () => void {
  const look = () => {
    const document = activeOf(useCanvas.getState());
    if (document?.content.state !== 'recipe') return;
    const known = useCanvas.getState().plans[document.key];
    const form = documentForm(document);
    if (known?.form === form) {
      // Nodes were only moved: what was planned, or is being planned, holds for this text too.
      if (known.text !== document.text) setPlan(document.key, { ...known, text: document.text });
      return;
    }
    if (known !== undefined && !known.stale) setPlan(document.key, { ...known, stale: true });
    clearTimeout(timer);
    timer = setTimeout(() => void planNow(document.key), known === undefined ? 0 : quiet);
  };
  look();
  let seen = activeOf(useCanvas.getState());
  const stopCanvas = useCanvas.subscribe((store) => {
    const document = activeOf(store);
    if (document === seen) return;
    const same =
      document?.key === seen?.key &&
      document?.text === seen?.text &&
      document?.file?.path === seen?.file?.path;
    seen = document;
    if (!same) look();
  });
  // Sources or outputs may have come or gone.
  let version = useStudio.getState().libraryVersion;
  const stopStudio = useStudio.subscribe((store) => {
    if (store.libraryVersion === version) return;
    version = store.libraryVersion;
    replan();
  });
  return () => {
    stopCanvas();
    stopStudio();
    clearTimeout(timer);
    running?.abort();
  };
}

/** Asks anew although the text is the same: a job has ended, files have changed. */
export function replan(): void {
  const { active } = useCanvas.getState();
  if (active === undefined) return;
  clearTimeout(timer);
  timer = setTimeout(() => void planNow(active), quiet);
}

/** Plans now; resolves when the figures are there (or the reason why not). */
export async function planNow(key: string): Promise<BuildPlan | undefined> {
  const document = documentOf(key);
  if (document?.content.state !== 'recipe') return undefined;
  clearTimeout(timer);
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const { text, file } = document;
  const form = documentForm(document);
  const before = useCanvas.getState().plans[key] ?? emptyPlan;
  setPlan(key, { ...before, text, form, stale: true, error: undefined });
  /** The text may have become another one of the same form meanwhile. */
  const plannedText = () => {
    const known = useCanvas.getState().plans[key];
    return known?.form === form ? known.text : text;
  };
  try {
    const plan = await studio().call(
      'planBuild',
      { text, ...(file === undefined ? {} : { file: file.id }) },
      { signal: controller.signal },
    );
    setPlan(key, {
      plan,
      text: plannedText(),
      form,
      nodes: reused(new Map(plan.nodes.map((node) => [node.node, node])), before.nodes),
      outputs: reused(byQuantize(plan.outputs), before.outputs),
      stale: false,
      error: undefined,
    });
    return plan;
  } catch (error) {
    if (isAbort(error)) return undefined;
    setPlan(key, {
      ...before,
      text: plannedText(),
      form,
      stale: before.plan !== undefined,
      error,
    });
    return undefined;
  }
}

/** Entries that say the same as before are the same objects, so that only views with news are drawn. */
function reused<V>(fresh: ReadonlyMap<string, V>, before: ReadonlyMap<string, V>): Map<string, V> {
  return new Map(
    [...fresh].map(([key, value]) => {
      const known = before.get(key);
      const same = known !== undefined && JSON.stringify(known) === JSON.stringify(value);
      return [key, same ? known : value];
    }),
  );
}

function byQuantize(
  outputs: readonly PlannedOutput[],
): ReadonlyMap<string, readonly PlannedOutput[]> {
  const result = new Map<string, PlannedOutput[]>();
  for (const output of outputs) {
    const known = result.get(output.quantizeNode);
    if (known === undefined) result.set(output.quantizeNode, [output]);
    else known.push(output);
  }
  return result;
}
