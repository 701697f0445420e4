// The map of a file: what lies where, damage in red, what is missing beyond the end. The wheel and the keys zoom, dragging
// moves, a click shows a part. Its table twin is parts-table.tsx.
import { Maximize, SkipBack, SkipForward, ZoomIn, ZoomOut } from 'lucide-react';
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
} from 'react';
import type { FileSegment } from '#src/contract/doctor/diagnosis.ts';
import type { Finding } from '#src/contract/doctor/finding.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { IconButton } from '#renderer/ui/button.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { segmentWords } from '../logic/doctor-words.ts';
import {
  extentOf,
  isDamaged,
  nextSegment,
  panView,
  segmentAt,
  viewOfRanges,
  viewWith,
  wholeView,
  zoomView,
  type MapView,
} from '../logic/map-view.ts';
import { segmentText } from '../logic/segment-text.ts';
import css from '../doctor.module.css';
import { byteOf, drawMap, mapPlaces } from './draw-map.ts';
import { useThemeColors } from './map-colors.ts';

export interface FileMapProps {
  readonly map: readonly FileSegment[];
  readonly fileBytes: number;
  readonly findings: readonly Finding[];
  readonly selected: number | undefined;
  readonly finding: string | undefined;
  /** Changes when the map has to show what is chosen. */
  readonly reveal: number;
  readonly onSelect: (index: number | undefined) => void;
  readonly onFinding: (id: string) => void;
}

export function FileMap({
  map,
  fileBytes,
  findings,
  selected,
  finding,
  reveal,
  onSelect,
  onFinding,
}: FileMapProps) {
  const extent = extentOf(map, fileBytes);
  const [view, setView] = useState<MapView>(() => wholeView(extent));
  const [hovered, setHovered] = useState<number | undefined>();
  const [width, setWidth] = useState(800);
  const canvas = useRef<HTMLCanvasElement>(null);
  const color = useThemeColors();
  const severities = useMemo(
    () => new Map(findings.map(({ id, severity }) => [id, severity])),
    [findings],
  );

  useEffect(() => setView(wholeView(extent)), [extent]);
  useEffect(() => {
    const element = canvas.current?.parentElement;
    if (element === null || element === undefined) return;
    const observer = new ResizeObserver(([box]) =>
      setWidth(Math.max(200, Math.floor(box?.contentRect.width ?? 800))),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const chosen = findings.find(({ id }) => id === finding);
    const segment = selected === undefined ? undefined : map[selected];
    if (chosen !== undefined && chosen.ranges.length > 0) {
      setView((before) => viewOfRanges(chosen.ranges, extent, before, segment));
    } else if (segment !== undefined) {
      setView((before) => viewOfRanges([segment], extent, before));
    }
    // Only when it is asked for: choosing with the pointer must not move what is pointed at.
  }, [reveal]);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d') ?? null;
    if (element === null || context === null) return;
    const ratio = window.devicePixelRatio;
    element.width = Math.round(width * ratio);
    element.height = Math.round(mapPlaces.height * ratio);
    context.scale(ratio, ratio);
    const isError = (id: string) => severities.get(id) !== 'warning';
    const drawing = { map, fileBytes, extent, view, width, selected, hovered, finding, isError };
    const frame = requestAnimationFrame(() => drawMap(context, drawing, color));
    return () => cancelAnimationFrame(frame);
  }, [map, fileBytes, extent, view, width, selected, hovered, finding, severities, color]);

  const zoom = useCallback(
    (factor: number, around?: number) =>
      setView((before) =>
        zoomView(before, extent, factor, around ?? (before.start + before.end) / 2),
      ),
    [extent],
  );
  useWheel(canvas, (event, at) => {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (sideways) {
      const by = event.deltaX === 0 ? event.deltaY : event.deltaX;
      setView((before) => panView(before, extent, by / width));
    } else {
      setView((before) =>
        zoomView(before, extent, Math.exp(-event.deltaY / 300), byteOf(at, before, width)),
      );
    }
  });

  const go = (index: number) => {
    const segment = map[index];
    if (segment === undefined) return;
    onSelect(index);
    setView((before) => viewWith(before, extent, segment));
  };
  const goToDamage = (step: 1 | -1) => {
    const from = selected ?? (step === 1 ? -1 : map.length);
    const next = nextSegment(map, from, step, isDamaged);
    if (next !== from) go(next);
  };
  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const segment = selected === undefined ? undefined : map[selected];
    const around = segment === undefined ? undefined : segment.offset + segment.size / 2;
    const isPart = ({ kind }: FileSegment) => kind !== 'padding';
    const from = selected ?? -1;
    if (event.shiftKey && event.key === 'ArrowRight') setView(panView(view, extent, 0.25));
    else if (event.shiftKey && event.key === 'ArrowLeft') setView(panView(view, extent, -0.25));
    else if (event.key === 'ArrowRight' || event.key === 'ArrowDown')
      go(nextSegment(map, from, 1, isPart));
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowUp')
      go(from < 0 ? map.length - 1 : nextSegment(map, from, -1, isPart));
    else if (event.key === 'PageDown') goToDamage(1);
    else if (event.key === 'PageUp') goToDamage(-1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(map.length - 1);
    else if (event.key === '+' || event.key === '=') zoom(2, around);
    else if (event.key === '-') zoom(0.5, around);
    else if (event.key === '0') setView(wholeView(extent));
    else if (event.key === 'Enter' && segment !== undefined)
      setView(viewOfRanges([segment], extent, view));
    else if (event.key === 'Escape') onSelect(undefined);
    else return;
    // What the keys went to is told, wherever the pointer rests.
    setHovered(undefined);
    event.preventDefault();
  }

  const pointer = usePointer({ map, extent, view, width, setView, setHovered, onSelect });
  const shown = hovered ?? selected;
  const segment = shown === undefined ? undefined : map[shown];
  const types = useMemo(() => typesIn(map), [map]);
  const damagedParts = useMemo(() => map.filter(isDamaged).length, [map]);
  const isWhole = view.start <= 0 && view.end >= extent;
  return (
    <section className={css.card} aria-label="Map of the file">
      <header className={css.cardHead}>
        <h2>Map</h2>
        <span className={css.legend} aria-hidden="true">
          {types.map((type) => (
            <LevelTag key={type} level={type} />
          ))}
          {damagedParts > 0 && <span className={css.damagedKey}>damaged</span>}
          {map.some(({ kind }) => kind === 'missing') && (
            <span className={css.missingKey}>missing</span>
          )}
        </span>
        <span className={css.tools}>
          {damagedParts > 0 && (
            <>
              <IconButton label="Damage before" shortcut="PageUp" onClick={() => goToDamage(-1)}>
                <SkipBack aria-hidden="true" />
              </IconButton>
              <IconButton label="Next damage" shortcut="PageDown" onClick={() => goToDamage(1)}>
                <SkipForward aria-hidden="true" />
              </IconButton>
            </>
          )}
          <IconButton label="Zoom out" shortcut="-" disabled={isWhole} onClick={() => zoom(0.5)}>
            <ZoomOut aria-hidden="true" />
          </IconButton>
          <IconButton label="Zoom in" shortcut="+" onClick={() => zoom(2)}>
            <ZoomIn aria-hidden="true" />
          </IconButton>
          <IconButton
            label="Whole file"
            shortcut="0"
            disabled={isWhole}
            onClick={() => setView(wholeView(extent))}
          >
            <Maximize aria-hidden="true" />
          </IconButton>
        </span>
      </header>
      <div
        className={css.map}
        role="slider"
        aria-label="Parts of the file"
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, map.length - 1)}
        aria-valuenow={selected ?? 0}
        aria-valuetext={
          selected === undefined || map[selected] === undefined
            ? `${map.length} parts, ${damagedParts} damaged`
            : segmentText(map[selected])
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <canvas
          ref={canvas}
          style={{ height: mapPlaces.height }}
          aria-hidden="true"
          data-view={`${Math.round(view.start)}-${Math.round(view.end)}`}
          {...pointer}
        />
      </div>
      <PartLine segment={segment} findings={findings} fileBytes={fileBytes} onFinding={onFinding} />
    </section>
  );
}

/** What is pointed at, else what is chosen. */
function PartLine({
  segment,
  findings,
  fileBytes,
  onFinding,
}: {
  segment: FileSegment | undefined;
  findings: readonly Finding[];
  fileBytes: number;
  onFinding: (id: string) => void;
}) {
  if (segment === undefined) {
    return (
      <p className={css.partLine}>
        {formatBytes(fileBytes)}. Point at a part, or use the arrow keys; the wheel, + and − zoom.
      </p>
    );
  }
  const { name, kind, type, damaged } = segment;
  const ids = [...new Set(damaged.map(({ finding }) => finding))];
  const about = ids
    .map((id) => findings.find((each) => each.id === id))
    .filter((each) => each !== undefined);
  return (
    <p className={css.partLine}>
      <b>{name === '' ? segmentWords[kind] : name}</b>
      {type === undefined ? (
        name !== '' && <span>{segmentWords[kind]}</span>
      ) : (
        <LevelTag level={type} />
      )}
      <span className="num">{segmentText(segment, true)}</span>
      {about.slice(0, 2).map(({ id, message, severity }) => (
        <button key={id} type="button" data-severity={severity} onClick={() => onFinding(id)}>
          {message}
        </button>
      ))}
      {about.length > 2 && <span>and {about.length - 2} more findings</span>}
    </p>
  );
}

/** Types of the tensors, the ones with most bytes first; as many as a legend can hold. */
function typesIn(map: readonly FileSegment[]): readonly string[] {
  const bytes = new Map<string, number>();
  for (const { kind, type, size } of map) {
    if (kind === 'tensor' && type !== undefined) bytes.set(type, (bytes.get(type) ?? 0) + size);
  }
  return [...bytes]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 5)
    .map(([type]) => type);
}

interface PointerOptions {
  readonly map: readonly FileSegment[];
  readonly extent: number;
  readonly view: MapView;
  readonly width: number;
  readonly setView: (view: MapView) => void;
  readonly setHovered: (index: number | undefined) => void;
  readonly onSelect: (index: number | undefined) => void;
}

/** Pixels that a press moves before it is a drag. */
const dragPixels = 4;

function usePointer(options: PointerOptions) {
  const press = useRef<{ x: number; view: MapView; dragged: boolean; onOverview: boolean } | null>(
    null,
  );
  const placeOf = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const isOverview = (y: number) => y < mapPlaces.overview.top + mapPlaces.overview.height + 4;
  const centreOn = (x: number) => {
    const { view, extent, width, setView } = options;
    const middle = byteOf(x, { start: 0, end: extent }, width);
    const half = (view.end - view.start) / 2;
    setView(panView({ start: middle - half, end: middle + half }, extent, 0));
  };
  const partAt = (x: number, y: number) => {
    const { map, view, extent, width } = options;
    const shown = isOverview(y) ? { start: 0, end: extent } : view;
    const index = segmentAt(map, byteOf(x, shown, width));
    return index < 0 ? undefined : (nearestDamage(map, shown, width, x) ?? index);
  };
  return {
    onPointerDown(event: PointerEvent<HTMLCanvasElement>) {
      if (event.button !== 0) return;
      const { x, y } = placeOf(event);
      event.currentTarget.setPointerCapture(event.pointerId);
      press.current = { x, view: options.view, dragged: false, onOverview: isOverview(y) };
    },
    onPointerMove(event: PointerEvent<HTMLCanvasElement>) {
      const { x, y } = placeOf(event);
      const pressed = press.current;
      if (pressed === null) {
        options.setHovered(partAt(x, y));
        return;
      }
      if (Math.abs(x - pressed.x) >= dragPixels) pressed.dragged = true;
      if (!pressed.dragged) return;
      if (pressed.onOverview) centreOn(x);
      else
        options.setView(
          panView(pressed.view, options.extent, (pressed.x - x) / Math.max(1, options.width)),
        );
    },
    onPointerUp(event: PointerEvent<HTMLCanvasElement>) {
      const pressed = press.current;
      press.current = null;
      if (pressed === null || pressed.dragged) return;
      const { x, y } = placeOf(event);
      const isZoomed = options.view.end - options.view.start < options.extent;
      if (pressed.onOverview && isZoomed) centreOn(x);
      options.onSelect(partAt(x, y));
    },
    onPointerLeave() {
      if (press.current === null) options.setHovered(undefined);
    },
    onPointerCancel() {
      press.current = null;
    },
  };
}

/** A damaged part within reach of the pointer: damage can be much narrower than a finger or a mouse. */
function nearestDamage(
  map: readonly FileSegment[],
  view: MapView,
  width: number,
  x: number,
): number | undefined {
  const reach = 3;
  const first = segmentAt(map, Math.max(0, byteOf(x - reach, view, width)));
  const last = segmentAt(map, byteOf(x + reach, view, width));
  for (let index = Math.max(0, first); index <= (last < 0 ? map.length - 1 : last); index++) {
    const segment = map[index];
    if (segment === undefined || segment.offset > byteOf(x + reach, view, width)) break;
    if (
      segment.damaged.some((range) => {
        const from = byteOf(x - reach, view, width);
        const to = byteOf(x + reach, view, width);
        return range.offset <= to && range.offset + range.size >= from;
      })
    )
      return index;
  }
  return undefined;
}

/** The wheel must not scroll the screen; React's own handler could not prevent that. */
function useWheel(
  element: React.RefObject<HTMLCanvasElement | null>,
  onWheel: (event: WheelEvent, x: number) => void,
): void {
  const handler = useRef(onWheel);
  handler.current = onWheel;
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const listen = (event: WheelEvent) => {
      event.preventDefault();
      handler.current(event, event.clientX - target.getBoundingClientRect().left);
    };
    target.addEventListener('wheel', listen, { passive: false });
    return () => target.removeEventListener('wheel', listen);
  }, [element]);
}
