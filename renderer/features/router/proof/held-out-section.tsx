// The proof: prompts that were never trained on, as a confusion matrix with the prompts of a cell, and the figures.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import { formatCount } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { milliseconds } from '../logic/decision-words.ts';
import { promptCounts } from '../logic/matrix-data.ts';
import { changedRoutes, differenceText } from '../logic/served-difference.ts';
import { measureNow, train } from '../state/router-measure.ts';
import { useRouter } from '../state/router-store.ts';
import { CellPrompts } from './cell-prompts.tsx';
import { ConfusionMatrix } from './confusion-matrix.tsx';
import { ManyRoutes } from './many-routes.tsx';
import css from './proof.module.css';

export function HeldOutSection({ manifest }: { manifest: RouterManifest }) {
  const measured = useRouter((store) => store.measured);
  const { result, state, error } = measured;
  const stale = result !== undefined && measured.manifest !== manifest;
  const counts = result === undefined ? undefined : promptCounts(result);
  return (
    <section
      className={css.section}
      aria-labelledby="router-held-out"
      data-stale={stale || undefined}
    >
      <h2 className={`label ${css.heading ?? ''}`} id="router-held-out">
        <span>
          Held-out
          {counts !== undefined &&
            ` · ${formatCount(counts.routed)} + ${formatCount(counts.none)} prompts`}
        </span>
        {state === 'running' ? (
          <span className={css.working} role="status">
            measuring
          </span>
        ) : (
          stale && <span className={css.working}>before your edits</span>
        )}
      </h2>
      {state === 'failed' && (
        <ErrorNotice
          error={error}
          action={<Button onClick={() => void measureNow()}>Measure again</Button>}
        />
      )}
      {result === undefined ? (
        state !== 'failed' && (
          <p className={css.text}>
            {manifest.routes.length === 0
              ? 'There are no routes to measure yet.'
              : 'Evaluate sends prompts that were never trained on through the router, and shows which route takes which.'}
          </p>
        )
      ) : (
        <>
          <ConfusionMatrix evaluation={result} />
          <ManyRoutes evaluation={result} />
          <CellPrompts evaluation={result} />
          <Figures evaluation={result} manifest={manifest} />
          <Training manifest={manifest} />
        </>
      )}
    </section>
  );
}

/** What makes the figures better without writing anything by hand. */
function Training({ manifest }: { manifest: RouterManifest }) {
  const busy = useRouter((store) => store.busy);
  const few = manifest.routes.some(({ examples }) => examples.length < 12);
  return (
    <div className={css.training}>
      <Button
        busy={busy === 'training'}
        title="Finds each route’s threshold on held-out examples"
        onClick={() => void train(false)}
      >
        Train thresholds
      </Button>
      {few && (
        <Button
          disabled={busy === 'training'}
          title="Replaces the examples of known routes by the training prompts of the routing set, and trains"
          onClick={() => void train(true)}
        >
          Take the set’s examples
        </Button>
      )}
    </div>
  );
}

function Figures({
  evaluation,
  manifest,
}: {
  evaluation: RoutingEvaluation;
  manifest: RouterManifest;
}) {
  const served = useRouter((store) => store.served);
  const moved = useRouter(({ document }) => document?.moved.length ?? 0);
  const { accuracy, accuracyWhenRouted, macroF1, offTopicAbstained, latency } = evaluation;
  return (
    <dl className={css.figures}>
      <Interval label="accuracy" {...accuracy} />
      <Interval label="accuracy when routed" {...accuracyWhenRouted} />
      <dt>macro F1</dt>
      <dd className="num">{macroF1.toFixed(3)}</dd>
      <Interval label="off-topic abstained" {...offTopicAbstained} />
      <dt>p95</dt>
      <dd className="num">{milliseconds(latency.p95)}</dd>
      {moved > 0 && (
        <>
          <dt>moved by you</dt>
          <dd className="num">
            {formatCount(moved)} {moved === 1 ? 'prompt' : 'prompts'}
          </dd>
        </>
      )}
      {served !== undefined && (
        <>
          <dt>against what is served</dt>
          <dd className="num">
            {differenceText(
              changedRoutes(served.manifest, manifest).length,
              served.evaluation,
              evaluation,
            )}
          </dd>
        </>
      )}
    </dl>
  );
}

interface IntervalProps {
  label: string;
  value: number;
  low: number;
  high: number;
}

function Interval({ label, value, low, high }: IntervalProps) {
  const percent = (share: number) => (share * 100).toFixed(1);
  return (
    <>
      <dt>{label}</dt>
      <dd className="num" title={`95 % interval: ${percent(low)} to ${percent(high)} %`}>
        <span className={css.interval}>
          {Math.round(low * 100)}–{Math.round(high * 100)}
        </span>
        {percent(value)} %
      </dd>
    </>
  );
}
