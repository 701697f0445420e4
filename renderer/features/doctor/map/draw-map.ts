// Draws the map of a file on a canvas: thousands of tensors are one pass over those in sight, and what is narrower than a
// pixel is drawn once per pixel. Damage is never narrower than it can be seen.
import type { FileSegment } from '#src/contract/doctor/diagnosis.ts';
import { segmentWords } from '../logic/doctor-words.ts';
import { mapTicks, segmentsIn, tickText, type MapView } from '../logic/map-view.ts';
import { tintOf, type ColorOf } from './map-colors.ts';

/** Places of the strips from the top of the canvas, in pixels. */
export const mapPlaces = {
  overview: { top: 0, height: 12 },
  /** Marks above the strip that point at damage. */
  marks: { top: 20, height: 8 },
  strip: { top: 30, height: 60 },
  axis: { top: 92, height: 20 },
  height: 114,
} as const;

/** Damage is at least as wide, in pixels. */
const leastDamage = 3;

export interface MapDrawing {
  readonly map: readonly FileSegment[];
  readonly fileBytes: number;
  readonly extent: number;
  readonly view: MapView;
  readonly width: number;
  readonly selected: number | undefined;
  readonly hovered: number | undefined;
  /** Finding whose ranges stand out; all of them without one. */
  readonly finding: string | undefined;
  /** Whether a finding is an error; a warning is drawn in its own colour. */
  readonly isError: (finding: string) => boolean;
}

export function drawMap(
  context: CanvasRenderingContext2D,
  drawing: MapDrawing,
  color: ColorOf,
): void {
  const { width, view, extent } = drawing;
  context.clearRect(0, 0, width, mapPlaces.height);
  const whole = { start: 0, end: extent };
  drawStrip(context, drawing, whole, mapPlaces.overview, color, false);
  drawWindow(context, drawing, color);
  drawStrip(context, drawing, view, mapPlaces.strip, color, true);
  drawAxis(context, drawing, color);
  drawEnd(context, drawing, color);
  drawSelected(context, drawing, color);
}

/** Pixel of a byte. */
export function pixelOf(byte: number, view: MapView, width: number): number {
  return ((byte - view.start) / (view.end - view.start)) * width;
}

export function byteOf(pixel: number, view: MapView, width: number): number {
  return view.start + (pixel / Math.max(1, width)) * (view.end - view.start);
}

interface Place {
  readonly top: number;
  readonly height: number;
}

function drawStrip(
  context: CanvasRenderingContext2D,
  drawing: MapDrawing,
  view: MapView,
  { top, height }: Place,
  color: ColorOf,
  detailed: boolean,
): void {
  const { map, width } = drawing;
  context.fillStyle = color('--bg');
  context.fillRect(0, top, width, height);
  const touched = segmentsIn(map, view);
  if (touched === undefined) return;
  let column = -1;
  for (let index = touched.first; index <= touched.last; index++) {
    const segment = map[index];
    if (segment === undefined || segment.size === 0) continue;
    const left = Math.max(0, pixelOf(segment.offset, view, width));
    const right = Math.min(width, pixelOf(segment.offset + segment.size, view, width));
    const { token, alpha } = tintOf(segment);
    if (right - left < 1) {
      // One of many in this pixel stands for them.
      const pixel = Math.floor(left);
      if (pixel === column) continue;
      column = pixel;
      fill(context, color(token), alpha, pixel, top, 1, height);
      continue;
    }
    const gap = right - left > 3 ? 1 : 0;
    fill(context, color(token), alpha, left, top, right - left - gap, height);
    if (segment.kind === 'unknown' || segment.kind === 'missing' || segment.kind === 'tail') {
      hatch(context, color(token), left, top, right - left - gap, height);
    }
    if (!detailed) continue;
    if (segment.kind === 'missing')
      outline(context, color('--bad'), left, top, right - left, height, true); // prettier-ignore
    else fill(context, color(token), 0.9, left, top, right - left - gap, 2);
  }
  drawDamage(context, drawing, view, { top, height }, color, detailed, touched);
  if (detailed) drawNames(context, drawing, { top, height }, color, touched);
}

/** Over the damage, so that a damaged part has its name too. */
function drawNames(
  context: CanvasRenderingContext2D,
  { map, view, width, finding: chosen }: MapDrawing,
  { top, height }: Place,
  color: ColorOf,
  touched: { first: number; last: number },
): void {
  for (let index = touched.first; index <= touched.last; index++) {
    const segment = map[index];
    if (segment === undefined) continue;
    const left = Math.max(0, pixelOf(segment.offset, view, width));
    const right = Math.min(width, pixelOf(segment.offset + segment.size, view, width)) - 1;
    const middle = byteOf(left + 40, view, width);
    const under = segment.damaged.filter(
      ({ offset, size }) => offset <= middle && middle < offset + size,
    );
    const ground =
      under.length === 0
        ? 'part'
        : under.some(({ finding }) => chosen === undefined || chosen === finding)
          ? 'damage'
          : 'other damage';
    drawName(context, segment, left, right, top, height, ground, color);
  }
}

function drawName(
  context: CanvasRenderingContext2D,
  { name, type, kind, size }: FileSegment,
  left: number,
  right: number,
  top: number,
  height: number,
  ground: 'part' | 'damage' | 'other damage',
  color: ColorOf,
): void {
  const room = right - left - 12;
  if (room < 44 || kind === 'padding') return;
  context.save();
  context.beginPath();
  context.rect(left + 4, top, right - left - 8, height);
  context.clip();
  context.font = '11.5px "JetBrains Mono Variable", monospace';
  context.textBaseline = 'middle';
  context.fillStyle = color(ground === 'damage' ? '--on-accent' : '--text');
  const title = name === '' ? segmentWords[kind] : name;
  context.fillText(fit(context, title, room), left + 6, top + height / 2 - (type === undefined ? 0 : 8)); // prettier-ignore
  if (type !== undefined && size > 0) {
    if (ground === 'part') context.fillStyle = color('--muted');
    context.fillText(fit(context, type, room), left + 6, top + height / 2 + 9);
  }
  context.restore();
}

/** The end of a name tells more than its beginning, but for `.weight`, which nearly all have: `…attn_q`. */
function fit(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  const short = text.replace(/\.weight$/, '');
  if (context.measureText(short).width <= room) return short;
  const letter = context.measureText('m').width;
  const letters = Math.max(1, Math.floor(room / letter) - 1);
  return `…${short.slice(-letters)}`;
}

function drawDamage(
  context: CanvasRenderingContext2D,
  drawing: MapDrawing,
  view: MapView,
  place: Place,
  color: ColorOf,
  detailed: boolean,
  touched: { first: number; last: number },
): void {
  const { finding } = drawing;
  const draw = (isWanted: (id: string) => boolean, strength: number) =>
    drawRanges(context, drawing, view, place, color, detailed, touched, isWanted, strength);
  // The chosen finding's rows may lie in a tensor that another finding names as a whole: they stand on top of it.
  draw((id) => id !== finding, finding === undefined ? strong : 0.5);
  if (finding !== undefined) draw((id) => id === finding, strong);
}

/** Strength of damage that is meant. */
const strong = 0.92;

function drawRanges(
  context: CanvasRenderingContext2D,
  { map, width, isError }: MapDrawing,
  view: MapView,
  { top, height }: Place,
  color: ColorOf,
  detailed: boolean,
  touched: { first: number; last: number },
  isWanted: (finding: string) => boolean,
  strength: number,
): void {
  let lastEnd = -1;
  let lastMark = -Infinity;
  for (let index = touched.first; index <= touched.last; index++) {
    const ranges = (map[index]?.damaged ?? []).filter(
      ({ finding, offset, size }) =>
        isWanted(finding) && offset < view.end && offset + size > view.start,
    );
    ranges.sort((a, b) => a.offset - b.offset || b.size - a.size);
    for (const range of ranges) {
      const left = Math.max(0, pixelOf(range.offset, view, width));
      const right = Math.min(width, pixelOf(range.offset + range.size, view, width));
      const start = Math.min(left, width - leastDamage);
      const end = Math.max(right, start + leastDamage);
      const tone = color(isError(range.finding) ? '--bad' : '--warn');
      // Damage upon damage in the same pixels is drawn once.
      const from = Math.max(start, lastEnd);
      if (end > from + 0.5) {
        fill(context, tone, strength, from, top, end - from, height);
        lastEnd = end;
      }
      const middle = (start + end) / 2;
      if (detailed && middle - lastMark >= 9) {
        mark(context, tone, middle, mapPlaces.marks.top, mapPlaces.marks.height);
        lastMark = middle;
      }
    }
  }
}

/** What part of the whole the strip below shows. */
function drawWindow(
  context: CanvasRenderingContext2D,
  { view, extent, width }: MapDrawing,
  color: ColorOf,
): void {
  if (view.start <= 0 && view.end >= extent) return;
  const { top, height } = mapPlaces.overview;
  const whole = { start: 0, end: extent };
  const left = pixelOf(view.start, whole, width);
  const right = Math.max(left + 4, pixelOf(view.end, whole, width));
  fill(context, color('--bg'), 0.4, 0, top, left, height);
  fill(context, color('--bg'), 0.4, right, top, width - right, height);
  outline(context, color('--accent'), left, top, right - left, height, false);
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { view, width }: MapDrawing,
  color: ColorOf,
): void {
  const { top } = mapPlaces.axis;
  const ticks = mapTicks(view, Math.max(2, Math.floor(width / 120)));
  const step = (ticks[1] ?? view.end) - (ticks[0] ?? view.start);
  context.font = '11px "JetBrains Mono Variable", monospace';
  context.textBaseline = 'top';
  for (const tick of ticks) {
    const x = pixelOf(tick, view, width);
    fill(context, color('--line-strong'), 1, Math.min(width - 1, Math.floor(x)), top, 1, 4);
    context.fillStyle = color('--muted');
    const text = tickText(tick, step);
    const textWidth = context.measureText(text).width;
    context.fillText(text, Math.min(width - textWidth, Math.max(0, x - textWidth / 2)), top + 7);
  }
}

/** Where the file ends, when what should be in it goes on. */
function drawEnd(
  context: CanvasRenderingContext2D,
  { view, width, fileBytes, extent }: MapDrawing,
  color: ColorOf,
): void {
  if (fileBytes >= extent || fileBytes < view.start || fileBytes > view.end) return;
  const x = Math.min(width - 2, Math.round(pixelOf(fileBytes, view, width)));
  const { top, height } = mapPlaces.strip;
  fill(context, color('--bad'), 1, x - 1, top - 8, 2, height + 12);
}

function drawSelected(
  context: CanvasRenderingContext2D,
  { map, view, width, selected, hovered }: MapDrawing,
  color: ColorOf,
): void {
  const { top, height } = mapPlaces.strip;
  for (const [index, tone] of [
    [hovered, '--muted'],
    [selected, '--accent'],
  ] as const) {
    const segment = index === undefined ? undefined : map[index];
    if (segment === undefined) continue;
    const left = pixelOf(segment.offset, view, width);
    const right = pixelOf(segment.offset + segment.size, view, width);
    if (right < 0 || left > width) continue;
    const start = Math.max(0, Math.min(left, width - 3));
    const end = Math.min(width, Math.max(right, start + 3));
    context.lineWidth = 2;
    outline(context, color(tone), start, top - 2, end - start, height + 4, false);
    context.lineWidth = 1;
  }
}

function fill(
  context: CanvasRenderingContext2D,
  style: string,
  alpha: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  if (width <= 0) return;
  context.globalAlpha = alpha;
  context.fillStyle = style;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
}

function outline(
  context: CanvasRenderingContext2D,
  style: string,
  x: number,
  y: number,
  width: number,
  height: number,
  dashed: boolean,
): void {
  const inset = context.lineWidth / 2;
  context.strokeStyle = style;
  context.setLineDash(dashed ? [4, 3] : []);
  context.strokeRect(x + inset, y + inset, Math.max(1, width - 2 * inset), height - 2 * inset);
  context.setLineDash([]);
}

function hatch(
  context: CanvasRenderingContext2D,
  style: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  if (width < 3) return;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.globalAlpha = 0.5;
  context.strokeStyle = style;
  context.beginPath();
  // In step with the whole strip, so that neighbours do not jump.
  for (let at = Math.floor((x - height) / 7) * 7; at < x + width; at += 7) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

function mark(
  context: CanvasRenderingContext2D,
  style: string,
  x: number,
  y: number,
  height: number,
): void {
  context.fillStyle = style;
  context.beginPath();
  context.moveTo(x - height * 0.6, y);
  context.lineTo(x + height * 0.6, y);
  context.lineTo(x, y + height);
  context.closePath();
  context.fill();
}
