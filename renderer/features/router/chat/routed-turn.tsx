// One turn through the router: prompt, path with emotion, answer; why on request, and the way to overrule it.
import { useState } from 'react';
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { pathOf } from '../logic/decision-words.ts';
import type { RoutedTurn } from '../logic/chat-turns.ts';
import { routeNames } from '../logic/route-names.ts';
import { overrule } from '../state/router-chat.ts';
import { keepAsExample } from '../state/router-edits.ts';
import { Reasons, Scores } from '../proof/why-section.tsx';
import css from './chat.module.css';

export function RoutedTurnView({ turn, manifest }: { turn: RoutedTurn; manifest: RouterManifest }) {
  const [why, setWhy] = useState(false);
  const { decision } = turn;
  const names = routeNames(manifest.routes.map(({ id }) => id));
  const taken = turn.overruled ?? decision?.route ?? null;
  const isExample =
    taken !== null &&
    manifest.routes.some(({ id, examples }) => id === taken && examples.includes(turn.prompt));
  return (
    <article className={css.turn} aria-label={turn.prompt.slice(0, 80)}>
      <p className={css.question}>{turn.prompt}</p>
      {decision !== undefined && (
        <PathLine decision={decision} turn={turn} manifest={manifest} names={names} />
      )}
      {turn.text !== '' ? (
        <p className={css.answer}>{turn.text}</p>
      ) : (
        turn.state === 'answering' && (
          <p className={css.waiting} role="status">
            {decision === undefined ? 'Deciding…' : 'Loading what is needed…'}
          </p>
        )
      )}
      {turn.state === 'done' && turn.text === '' && (
        <p className={css.waiting}>The model ended its answer without a word.</p>
      )}
      {turn.state === 'stopped' && <Chip>stopped</Chip>}
      {turn.state === 'failed' && <ErrorNotice error={turn.error} />}
      {why && decision !== undefined && (
        <div className={css.why}>
          <Scores decision={turn.first ?? decision} ids={manifest.routes.map(({ id }) => id)} />
          <Reasons decision={turn.first ?? decision} />
        </div>
      )}
      {decision !== undefined && (
        <div className={css.actions}>
          <Button variant="quiet" aria-expanded={why} onClick={() => setWhy(!why)}>
            {why ? 'Hide why' : 'Why'}
          </Button>
          <Menu
            trigger={<Button variant="quiet">Send another way…</Button>}
            items={[
              { group: 'Answer again by' },
              ...manifest.routes.map(({ id }) => ({
                label: names.get(id) ?? id,
                description: id,
                disabled: id === taken,
                onSelect: () => overrule(turn.id, id),
              })),
            ]}
          />
          {taken !== null &&
            (isExample ? (
              <span className={css.done}>an example of {names.get(taken) ?? taken}</span>
            ) : (
              <Button variant="quiet" onClick={() => keepAsExample(turn.prompt, taken)}>
                Make it an example of {names.get(taken) ?? taken}
              </Button>
            ))}
          {turn.answer !== undefined && turn.answer.tokensPerSecond !== null && (
            <span className={`num ${css.speed ?? ''}`}>
              {Math.round(turn.answer.tokensPerSecond)} tok/s
            </span>
          )}
        </div>
      )}
    </article>
  );
}

function PathLine({
  decision,
  turn,
  manifest,
  names,
}: {
  decision: Decision;
  turn: RoutedTurn;
  manifest: RouterManifest;
  names: ReadonlyMap<string, string>;
}) {
  const path = pathOf(decision, manifest, names);
  const { emotion } = decision;
  const first = turn.first === undefined ? undefined : pathOf(turn.first, manifest, names).route;
  return (
    <p className={css.path} data-path="">
      <span>{path.route} →</span>
      <strong>{path.parent}</strong>
      {path.level !== undefined && <LevelTag level={path.level} />}
      {path.adapter !== undefined && (
        <span>
          + <strong>{path.adapter}</strong>
        </span>
      )}
      {decision.by === 'sticky' && (
        <Chip title="The conversation stays with its route.">stays</Chip>
      )}
      {turn.overruled !== undefined && (
        <Chip tone="accent" title={first === undefined ? undefined : `The router said: ${first}`}>
          overruled{first === undefined ? '' : `, was ${first}`}
        </Chip>
      )}
      {emotion !== undefined && (
        <Chip title={emotionTitle(emotion)}>
          {emotion.label}
          {emotion.changed !== undefined && ' · tone changed'}
        </Chip>
      )}
    </p>
  );
}

function emotionTitle({ source, words, changed }: NonNullable<Decision['emotion']>): string {
  const seen = words.length === 0 ? source : `${source}: ${words.join(', ')}`;
  if (changed === undefined) return `Emotion, from ${seen}. Nothing was changed by it.`;
  const sampling = Object.entries(changed.sampling ?? {}).map(
    ([name, value]) => `${name} ${value}`,
  );
  const changes = [
    ...(changed.systemPrompt === undefined ? [] : [`system prompt: ${changed.systemPrompt}`]),
    ...sampling,
  ];
  return `Emotion, from ${seen}. Changed: ${changes.join('; ')}.`;
}
