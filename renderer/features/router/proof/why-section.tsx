// Why the tested prompt goes where it goes: scores of the best routes, the nearest examples, the words that decided.
import { useState } from 'react';
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { Button } from '#renderer/ui/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { rankedScores, whyLines } from '../logic/decision-words.ts';
import { routeNames } from '../logic/route-names.ts';
import { useRouter } from '../state/router-store.ts';
import css from './proof.module.css';

const shownScores = 4;

export function WhySection({ manifest }: { manifest: RouterManifest }) {
  const decision = useRouter(({ test }) => test.decision);
  const error = useRouter(({ test }) => test.error);
  return (
    <section className={css.section} aria-labelledby="router-why">
      <h2 className="label" id="router-why">
        Why this route
      </h2>
      {error !== undefined ? (
        <ErrorNotice error={error} />
      ) : decision === undefined ? (
        <p className={css.text}>
          Type a prompt in the line above: its path lights up, and the examples and words that
          decided are listed here.
        </p>
      ) : (
        <Why decision={decision} manifest={manifest} />
      )}
    </section>
  );
}

function Why({ decision, manifest }: { decision: Decision; manifest: RouterManifest }) {
  return (
    <>
      <Scores decision={decision} ids={manifest.routes.map(({ id }) => id)} />
      <Reasons decision={decision} />
    </>
  );
}

export function Scores({ decision, ids }: { decision: Decision; ids: readonly string[] }) {
  const [all, setAll] = useState(false);
  const names = routeNames(ids);
  const ranked = rankedScores(decision);
  const shown = all ? ranked : ranked.slice(0, shownScores);
  return (
    <>
      <ul className={css.scores} aria-label="Scores">
        {shown.map(({ route, score }) => {
          const taken = route === decision.route;
          const threshold = taken || decision.route === null ? decision.threshold : undefined;
          return (
            <li key={route} data-taken={taken || undefined}>
              <span className={css.scoreName} title={route}>
                {names.get(route) ?? route}
              </span>
              <span className={css.scoreBar}>
                <b style={{ width: `${Math.min(1, Math.max(0, score)) * 100}%` }} />
                {threshold !== undefined && (
                  <i style={{ left: `${Math.min(1, threshold) * 100}%` }} title="Threshold" />
                )}
              </span>
              <span className="num">{score.toFixed(2)}</span>
            </li>
          );
        })}
      </ul>
      {ranked.length > shownScores && (
        <Button variant="quiet" className={css.more} onClick={() => setAll(!all)}>
          {all ? 'Show the best ones' : `Show all ${ranked.length} routes`}
        </Button>
      )}
    </>
  );
}

/** `nearest: "…", "…". Words: swollen, hurt.` and what else decided. */
export function Reasons({ decision }: { decision: Decision }) {
  const { examples, words, rules } = whyLines(decision);
  const { emotion, intents } = decision;
  return (
    <div className={css.reasons}>
      {(examples.length > 0 || words.length > 0) && (
        <p>
          {examples.length > 0 && (
            <>
              nearest:{' '}
              {examples
                .slice(0, 3)
                .map((text) => `“${text}”`)
                .join(', ')}
              .{' '}
            </>
          )}
          {words.length > 0 && <>Words: {words.slice(0, 8).join(', ')}.</>}
        </p>
      )}
      {rules.map((rule) => (
        <p key={rule}>{rule}</p>
      ))}
      {intents.length > 0 && <p>Also asks for: {intents.join(', ')}.</p>}
      {emotion !== undefined && (
        <p>
          Emotion: {emotion.label}
          {emotion.words.length > 0 && ` (${emotion.words.join(', ')})`}, from {emotion.source}
          {emotion.changed === undefined
            ? '; nothing is changed by it.'
            : `; it changes ${[
                ...(emotion.changed.systemPrompt === undefined ? [] : ['the system prompt']),
                ...Object.entries(emotion.changed.sampling ?? {}).map(
                  ([name, value]) => `${name} to ${value}`,
                ),
              ].join(', ')}.`}
        </p>
      )}
    </div>
  );
}
