// The line at the top: what is typed is routed at once, its path is lit in the graph and said at the right.
import { useRef } from 'react';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { milliseconds, pathOf, pathSentence } from './logic/decision-words.ts';
import { routeNames } from './logic/route-names.ts';
import css from './router.module.css';
import { setTestText } from './state/router-test.ts';
import { useRouter } from './state/router-store.ts';

/** Id of the line, to focus it from elsewhere. */
export const testLineId = 'router-test';

export function TestLine({ sideWidth }: { sideWidth: number }) {
  const text = useRouter(({ test }) => test.text);
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className={css.test} role="search" aria-label="Test a prompt">
      <label className="label" htmlFor={testLineId}>
        Test
      </label>
      <input
        ref={input}
        id={testLineId}
        className={css.testInput}
        type="text"
        value={text}
        maxLength={20_000}
        spellCheck={false}
        autoComplete="off"
        placeholder="Type what somebody could ask, and see which route takes it"
        onChange={(event) => setTestText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && text !== '') setTestText('');
        }}
      />
      <div className={css.path} style={{ minWidth: sideWidth - 24 }}>
        <TestedPath />
      </div>
    </div>
  );
}

function TestedPath() {
  const { decision, error, text, decided } = useRouter(({ test }) => test);
  const manifest = useRouter(({ document }) => document?.manifest);
  if (decision === undefined || manifest === undefined) {
    return (
      <span className={css.muted} role="status">
        {error !== undefined
          ? 'cannot be routed'
          : text.trim() === ''
            ? 'nothing tested yet'
            : 'deciding…'}
      </span>
    );
  }
  const names = routeNames(manifest.routes.map(({ id }) => id));
  const path = pathOf(decision, manifest, names);
  return (
    <>
      <span className={css.pathWords} data-stale={decided !== text || undefined} aria-hidden="true">
        {path.route} → <strong>{path.parent}</strong>
        {path.level !== undefined && <LevelTag level={path.level} />}
        {path.adapter !== undefined && (
          <>
            {' '}
            + <strong>{path.adapter}</strong>
          </>
        )}
      </span>
      <span className="visually-hidden" role="status">
        {pathSentence(path)}
      </span>
      {decision.emotion !== undefined && decision.emotion.label !== 'neutral' && (
        <Chip
          title={`Emotion, from ${decision.emotion.source}: ${decision.emotion.words.join(', ')}`}
        >
          {decision.emotion.label}
        </Chip>
      )}
      <span className={`num ${css.time ?? ''}`}>{milliseconds(decision.milliseconds)}</span>
    </>
  );
}
