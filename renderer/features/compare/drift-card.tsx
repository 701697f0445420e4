// Where in a text a file leaves the original: every token tinted by its KLD; a token opens both predictions at its place.
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { DriftChunk, DriftToken, Position } from '#src/contract/quality/drift.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { useCompare } from './compare-store.ts';
import css from './compare.module.css';
import drift from './drift.module.css';
import { driftTint, longestPage, shareText, visibleToken } from './drift-text.ts';
import { kldText } from './figure-text.ts';

export function DriftCard({ run }: { run: Run }) {
  const marked = useCompare(({ subject }) => subject);
  const chosenText = useCompare(({ text }) => text);
  const pairs = run.measurements;
  const worst = useMemo(() => worstPair(run), [run]);
  const subject = pairs.some((each) => each.subject === marked) ? marked : worst?.subject;
  const texts = run.texts.filter(({ id }) =>
    pairs.some((each) => each.subject === subject && each.text === id),
  );
  const text = texts.some(({ id }) => id === chosenText) ? chosenText : texts[0]?.id;
  const [asked, setAsked] = useState<{ key: string; chunk: number } | undefined>();
  if (subject === undefined || text === undefined) return null;
  const measurement = pairs.find((each) => each.subject === subject && each.text === text);
  const kld = measurement?.chunks.kld ?? [];
  const key = `${run.id}\n${subject}\n${text}`;
  // Opened where the file drifts most.
  const chunk = asked?.key === key ? asked.chunk : indexOfMost(kld);
  const goTo = (next: number) => setAsked({ key, chunk: next });
  return (
    <section className={css.card} aria-label="Token drift">
      <header className={css.cardHead}>
        <h2>Token drift</h2>
        <Select
          label="File whose drift is shown"
          className={css.file}
          value={subject}
          options={run.subjects
            .filter(({ id }) => pairs.some((each) => each.subject === id))
            .map(({ id, label }) => ({ value: id, label }))}
          onChange={(next) => useCompare.setState({ subject: next })}
        />
        <Select
          label="Text whose drift is shown"
          className={css.text}
          value={text}
          options={texts.map(({ id, title }) => ({ value: id, label: title }))}
          onChange={(next) => useCompare.setState({ text: next })}
        />
        <div className={css.choices}>
          <IconButton label="Chunk before" disabled={chunk === 0} onClick={() => goTo(chunk - 1)}>
            <ChevronLeft aria-hidden="true" />
          </IconButton>
          <span className="num">
            chunk {chunk + 1} of {kld.length} · KLD {kldText(kld[chunk] ?? NaN)}
          </span>
          <IconButton
            label="Next chunk"
            disabled={chunk >= kld.length - 1}
            onClick={() => goTo(chunk + 1)}
          >
            <ChevronRight aria-hidden="true" />
          </IconButton>
        </div>
      </header>
      <Chunk key={`${key}\n${chunk}`} id={run.id} subject={subject} text={text} chunk={chunk} />
    </section>
  );
}

interface Place {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly chunk: number;
}

function Chunk({ id, subject, text, chunk }: Place) {
  const [read, setRead] = useState<DriftChunk | undefined>();
  const [problem, setProblem] = useState<unknown>();
  const [token, setToken] = useState<number | undefined>();
  const [page, setPage] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    studio()
      .call('readDrift', { id, subject, text, chunk }, { signal })
      .then(setRead, (error: unknown) => {
        if (!signal.aborted) setProblem(error);
      });
    return () => controller.abort();
  }, [id, subject, text, chunk]);
  // The first half is context: reading begins where scoring does, two lines before.
  useEffect(() => {
    const first = box.current?.querySelector<HTMLElement>('[role="button"]');
    if (box.current !== null && first) {
      box.current.scrollTop = first.offsetTop - box.current.offsetTop - 44;
    }
  }, [read, page]);
  if (problem !== undefined) return <ErrorNotice error={problem} />;
  if (read === undefined) return <p className={css.muted}>Reading the tokens…</p>;
  const pages = Math.ceil(read.tokens.length / longestPage);
  const first = page * longestPage;
  const onPage = read.tokens.slice(first, first + longestPage);
  const firstScored = first + onPage.findIndex(({ kld }) => kld !== undefined);
  const reachable = token !== undefined && onPage[token - first] ? token : firstScored;
  return (
    <div className={css.withSide}>
      <div>
        <div
          ref={box}
          className={drift.tokens}
          role="group"
          aria-label="Tokens of the chunk"
          onKeyDown={moveBetweenTokens}
        >
          {onPage.map((each, index) => (
            <Token
              key={first + index}
              token={each}
              chosen={token === first + index}
              reachable={first + index === reachable}
              onChoose={() => setToken(first + index)}
            />
          ))}
        </div>
        {pages > 1 && (
          <div className={drift.pages}>
            <Button disabled={page === 0} onClick={() => setPage(page - 1)}>
              Tokens before
            </Button>
            <span className="num">
              {first + 1} to {Math.min(read.tokens.length, first + longestPage)} of{' '}
              {read.tokens.length}
            </span>
            <Button disabled={page === pages - 1} onClick={() => setPage(page + 1)}>
              Next tokens
            </Button>
          </div>
        )}
        <p className={css.note}>
          The first half of a chunk is context and is not scored. Stronger is farther from the
          original; underlined tokens are those where another token would come first.
        </p>
      </div>
      {token === undefined ? (
        <p className={css.muted}>Choose a tinted token to see both predictions there.</p>
      ) : (
        <TokenDetails
          key={token}
          place={{ id, subject, text, chunk }}
          token={token}
          about={read.tokens[token]}
        />
      )}
    </div>
  );
}

/** Left and right go from token to token. */
function moveBetweenTokens(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const tokens = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="button"]')];
  tokens[tokens.findIndex((each) => each === document.activeElement) + step]?.focus();
}

interface TokenProps {
  token: DriftToken;
  chosen: boolean;
  /** The one of all tokens that the Tab key reaches; arrows go on from there. */
  reachable: boolean;
  onChoose: () => void;
}

function Token({ token, chosen, reachable, onChoose }: TokenProps) {
  const { kld, sameTop } = token;
  if (kld === undefined) return <span className={drift.context}>{visibleToken(token.text)}</span>;
  const strength = driftTint(kld);
  return (
    <span
      role="button"
      tabIndex={reachable ? 0 : -1}
      className={drift.token}
      data-other={sameTop === false}
      aria-pressed={chosen}
      aria-label={`${visibleToken(token.text).trim()}, KLD ${kldText(kld)}`}
      title={`KLD ${kldText(kld)}${sameTop === false ? ', another token first' : ''}`}
      style={{ '--strength': `${Math.round(strength * 60)}%` } as Record<string, string>}
      onClick={onChoose}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onChoose();
      }}
    >
      {visibleToken(token.text)}
    </span>
  );
}

interface TokenDetailsProps {
  place: Place;
  token: number;
  about: DriftToken | undefined;
}

function TokenDetails({ place, token, about }: TokenDetailsProps) {
  const [position, setPosition] = useState<Position | undefined>();
  const [problem, setProblem] = useState<unknown>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    studio()
      .call('readPosition', { ...place, token }, { signal })
      .then(setPosition, (error: unknown) => {
        if (!signal.aborted) setProblem(error);
      });
    return () => controller.abort();
  }, [place.id, place.subject, place.text, place.chunk, token]);
  const most = Math.max(0.01, ...(position?.tokens ?? []).flatMap(({ pBase, p }) => [pBase, p]));
  return (
    <section className={css.side} aria-label="Predictions at the token">
      <h3>
        Predictions for “{visibleToken(about?.text ?? '')}”
        {about?.kld !== undefined && <span className="num">KLD {kldText(about.kld)}</span>}
      </h3>
      {problem !== undefined && <ErrorNotice error={problem} />}
      {position === undefined && problem === undefined && (
        <p className={css.muted}>Both models predict this token again…</p>
      )}
      {position !== undefined && (
        <table className={drift.predictions}>
          <thead>
            <tr>
              <th scope="col">Token</th>
              <th scope="col">Original</th>
              <th scope="col">This file</th>
            </tr>
          </thead>
          <tbody>
            {position.tokens.map(({ id, text, pBase, p }) => (
              <tr key={id} data-actual={id === position.actual.id}>
                <th
                  scope="row"
                  title={id === position.actual.id ? 'follows in the text' : undefined}
                >
                  {visibleToken(text)}
                  {id === position.actual.id && (
                    <span className="visually-hidden"> (in the text)</span>
                  )}
                </th>
                <Share value={pBase} most={most} />
                <Share value={p} most={most} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Share({ value, most }: { value: number; most: number }) {
  return (
    <td className="num">
      <i aria-hidden="true" style={{ width: `${(value / most) * 100}%` }} />
      {shareText(value)}
    </td>
  );
}

/** Where something can be seen: the measurement with the highest KLD. */
function worstPair({ measurements }: Run): { subject: string; text: string } | undefined {
  const [first, ...others] = measurements;
  return others.reduce(
    (worst, each) =>
      worst !== undefined && each.kld.mean.value > worst.kld.mean.value ? each : worst,
    first,
  );
}

function indexOfMost(values: readonly number[]): number {
  return Math.max(0, values.indexOf(Math.max(...values)));
}
