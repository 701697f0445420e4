// Words, embedding and both side by side: the figures of each on the same prompts, and the choice between them.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { milliseconds } from '../logic/decision-words.ts';
import { kindLabels } from '../logic/kind-labels.ts';
import { useRouter, type MeasuredWay } from '../state/router-store.ts';
import { allWays, chooseWay, measureWays, stopWays } from '../state/router-ways.ts';
import css from './proof.module.css';

export function WaysSection({ manifest }: { manifest: RouterManifest }) {
  const ways = useRouter((store) => store.ways);
  const isStale =
    ways !== undefined &&
    ways.of !== manifest &&
    JSON.stringify(trainedOn(ways.of)) !== JSON.stringify(trainedOn(manifest));
  return (
    <section
      className={css.section}
      aria-labelledby="router-ways"
      data-stale={isStale || undefined}
    >
      <h2 className={`label ${css.heading ?? ''}`} id="router-ways">
        <span>Ways to decide</span>
        {isStale && <span className={css.working}>before your edits</span>}
      </h2>
      {ways === undefined ? (
        <p className={css.text}>
          Words need no model; an embedding reads meaning, and loads one. Compare trains each on the
          same examples and measures it on the same prompts.
        </p>
      ) : (
        <table className={css.ways} aria-label="Ways to decide">
          <thead>
            <tr>
              <td />
              <th scope="col">accuracy</th>
              <th scope="col" title="Off-topic prompts that no route took">
                abstained
              </th>
              <th scope="col">p95</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {allWays.map((kind) => {
              const way = ways.measured.find((one) => one.kind === kind);
              return (
                <tr key={kind}>
                  <th scope="row">{kindLabels[kind]}</th>
                  {way === undefined ? (
                    <td colSpan={4} className={css.waiting}>
                      {ways.running === kind ? 'training and measuring…' : ''}
                    </td>
                  ) : (
                    <Figures way={way} current={manifest.classifier.kind === kind} />
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <p className={css.text}>
        The embedding: {embeddingName(manifest.classifier, manifest.parents)}.{' '}
        <Button
          variant="quiet"
          onClick={() => useRouter.setState({ selection: undefined, tab: 'edit' })}
        >
          Choose another
        </Button>
      </p>
      {ways !== undefined && (
        <p className={css.text}>
          Choosing a way by these figures selects on the test prompts: the chosen one’s figures are
          then a little too good, and only prompts that nobody chose by can tell how much.
        </p>
      )}
      {ways?.error !== undefined && <ErrorNotice error={ways.error} />}
      <div className={css.training}>
        {ways?.running === undefined ? (
          <Button onClick={() => void measureWays()}>
            {ways === undefined ? 'Compare words, embedding and both' : 'Compare again'}
          </Button>
        ) : (
          <Button onClick={stopWays}>Stop comparing</Button>
        )}
      </div>
    </section>
  );
}

function Figures({ way, current }: { way: MeasuredWay; current: boolean }) {
  const { accuracy, offTopicAbstained, latency } = way.result;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const interval = ({ low, high }: { low: number; high: number }) =>
    `95 % interval: ${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)} %`;
  return (
    <>
      <td className="num" title={interval(accuracy)}>
        {percent(accuracy.value)}
      </td>
      <td className="num" title={interval(offTopicAbstained)}>
        {percent(offTopicAbstained.value)}
      </td>
      <td className="num">{milliseconds(latency.p95)}</td>
      <td>
        {current ? (
          <Chip tone="accent">in use</Chip>
        ) : (
          <Button
            variant="quiet"
            aria-label={`Decide by ${kindLabels[way.kind].toLowerCase()}`}
            onClick={() => chooseWay(way)}
          >
            Use
          </Button>
        )}
      </td>
    </>
  );
}

/** What training depends on beside the kind of classifier. */
function trainedOn({ routes, fallback, classifier, parents }: RouterManifest): unknown {
  return [
    embeddingName(classifier, parents),
    fallback.examples,
    routes.map(({ id, examples, keywords }) => [id, examples, keywords]),
  ];
}

/** What the embedding is; without one in the manifest, what comparing takes. */
function embeddingName(
  classifier: RouterManifest['classifier'],
  parents: RouterManifest['parents'],
): string {
  if (classifier.kind !== 'lexical' && classifier.file !== undefined) return classifier.file;
  const parent = classifier.kind === 'lexical' ? undefined : classifier.parent;
  return `the hidden states of ${parent ?? parents[0]?.id ?? 'the first parent'}`;
}
