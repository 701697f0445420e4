// What an evaluate step found: on the node the one figure that decides, in the inspector all of them and the way to the run.
import type { MeasuredFigure, MeasuredNode } from '#src/contract/measured-node.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { handOver } from '#renderer/stores/navigation-store.ts';
import css from './inspector.module.css';
import { figureText, verdictOf } from './measured-text.ts';
import nodeCss from './node-view.module.css';

/** The largest mean KLD, which the gate looks at, and whether it passes. */
export function MeasuredRows({ measured }: { measured: MeasuredNode | undefined }) {
  const [worst] = measured?.figures ?? [];
  if (measured === undefined || worst === undefined) return null;
  const verdict = verdictOf(measured);
  return (
    <>
      <div className={nodeCss.row}>
        <span>KLD</span>
        <span className="num" title={`${worst.subject} on ${worst.text}, the largest mean KLD`}>
          {figureText(worst.kld)}
        </span>
      </div>
      <div className={nodeCss.row}>
        <span>{worst.subject}</span>
        {verdict !== undefined && (
          <Chip tone={verdict === 'passed' ? 'ok' : 'bad'}>{`gate ${verdict}`}</Chip>
        )}
      </div>
    </>
  );
}

/** All figures of a step, and its run. */
export function MeasuredFigures({ measured }: { measured: MeasuredNode }) {
  return (
    <section className={css.group} aria-label="Measured">
      <div className={css.headRow}>
        <h3 className="label">Measured</h3>
        <span className={css.text}>{measured.reused ? 'before' : 'by the last run'}</span>
      </div>
      {measured.figures.map((figure) => (
        <FigureRow key={`${figure.subject} ${figure.text}`} figure={figure} />
      ))}
      <Button className={css.more} onClick={() => handOver({ to: 'compare', run: measured.run })}>
        Show in Compare
      </Button>
    </section>
  );
}

function FigureRow({ figure }: { figure: MeasuredFigure }) {
  const { subject, text, kld, sameTop, passed } = figure;
  return (
    <div className={css.output}>
      <div className={css.outputHead}>
        <span>
          {subject} <span className={css.text}>on {text}</span>
        </span>
        {passed !== undefined && (
          <Chip tone={passed ? 'ok' : 'bad'}>{passed ? 'passed' : 'failed'}</Chip>
        )}
      </div>
      <dl className={css.facts}>
        <dt>KLD</dt>
        <dd className="num">{figureText(kld)}</dd>
        <dt>same top</dt>
        <dd className="num">{(sameTop.value * 100).toFixed(2)} %</dd>
      </dl>
    </div>
  );
}
