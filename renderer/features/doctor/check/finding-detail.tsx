// One finding in full. Every tensor and range of it leads to its place on the map.
import { MapPin, Wrench } from 'lucide-react';
import type { FileRange, Finding } from '#src/contract/doctor/finding.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { areaWords, severityWords } from '../logic/doctor-words.ts';
import { evidenceRows } from '../logic/evidence-rows.ts';
import { segmentOfRange } from '../logic/map-view.ts';
import { rangeText } from '../logic/segment-text.ts';
import css from '../doctor.module.css';
import { showSegment, useDoctor } from '../state/doctor-store.ts';

/** More of a kind than anyone reads; the rest is counted. */
const listed = 24;

export function FindingDetail({ finding }: { finding: Finding }) {
  const { severity, area, code, message, cause, remedy, fix, tensors, keys, ranges } = finding;
  const evidence = evidenceRows(finding.evidence);
  return (
    <article className={css.detail} aria-label="The chosen finding">
      <header>
        <Chip tone={severityWords[severity].tone}>{severityWords[severity].word}</Chip>
        <span className={css.muted}>{areaWords[area].name}</span>
        <code>{code}</code>
        <CopyButton label="Copy the finding" text={() => JSON.stringify(finding, undefined, 2)} />
      </header>
      <h3>{message}</h3>
      <p className={css.muted}>{cause}</p>
      <p className={css.remedy} data-fix={fix !== undefined}>
        {fix === undefined ? null : <Wrench aria-hidden="true" />}
        <span>{remedy}</span>
      </p>
      {evidence.length > 0 && (
        <section>
          <h4 className="label">Evidence</h4>
          <dl className={css.facts}>
            {evidence.map(({ name, value }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {keys.length > 0 && (
        <section>
          <h4 className="label">Keys</h4>
          <ul className={css.names}>
            {keys.slice(0, listed).map((key) => (
              <li key={key}>
                <code>{key}</code>
              </li>
            ))}
            <More count={keys.length} />
          </ul>
        </section>
      )}
      {tensors.length > 0 && (
        <section>
          <h4 className="label">Tensors</h4>
          <ul className={css.names}>
            {tensors.slice(0, listed).map((name) => (
              <li key={name}>
                <TensorLink name={name} />
              </li>
            ))}
            <More count={tensors.length} />
          </ul>
        </section>
      )}
      {ranges.length > 0 && (
        <section>
          <h4 className="label">Where</h4>
          <ul className={css.names}>
            {ranges.slice(0, listed).map((range) => (
              <li key={`${range.offset}-${range.size}`}>
                <RangeLink range={range} />
              </li>
            ))}
            <More count={ranges.length} />
          </ul>
        </section>
      )}
    </article>
  );
}

function More({ count }: { count: number }) {
  return count > listed ? (
    <li className={css.muted}>and {formatCount(count - listed)} more</li>
  ) : null;
}

function TensorLink({ name }: { name: string }) {
  const map = useDoctor((store) => store.run?.diagnosis?.map);
  const index = map?.findIndex((segment) => segment.kind === 'tensor' && segment.name === name);
  if (index === undefined || index < 0) return <code>{name}</code>;
  return (
    <button type="button" className={css.place} onClick={() => showSegment(index, true)}>
      <MapPin aria-hidden="true" />
      <code>{name}</code>
    </button>
  );
}

function RangeLink({ range }: { range: FileRange }) {
  const map = useDoctor((store) => store.run?.diagnosis?.map);
  const text = `${rangeText(range)} (${formatBytes(range.size)})`;
  if (map === undefined || map.length === 0) return <span className="num">{text}</span>;
  return (
    <button
      type="button"
      className={css.place}
      onClick={() => showSegment(segmentOfRange(map, range), true)}
    >
      <MapPin aria-hidden="true" />
      <span className="num">{text}</span>
    </button>
  );
}
