// Saves what a chart shows: its numbers as CSV, its drawing as SVG or PNG. The drawing's colours come from the theme's tokens,
// which mean nothing outside the window: every used style is written into the copy as it looks now.
import { saveFile } from '#renderer/stores/save-file.ts';
import { notify } from '#renderer/ui/notify.ts';
import { toCsv, type TableData } from './table-data.ts';

const copiedStyles = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'stroke-linejoin',
  'paint-order',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'font-feature-settings',
  'text-anchor',
  'dominant-baseline',
] as const;

/** The drawing as a file of its own, on the colour of the surface that it stands on. */
export function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll<SVGElement>('*')];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>('*')];
  originals.forEach((original, index) => {
    const target = copies[index];
    if (target === undefined) return;
    const style = getComputedStyle(original);
    const kept = copiedStyles
      .map((name) => `${name}:${style.getPropertyValue(name)}`)
      .filter((rule) => !rule.endsWith(':'));
    target.setAttribute('style', kept.join(';'));
    for (const { name } of [...target.attributes]) {
      if (/^(?:class|tabindex|role|aria-.*|data-.*)$/.test(name)) target.removeAttribute(name);
    }
  });
  for (const hidden of copy.querySelectorAll('[visibility="hidden"]')) hidden.remove();
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const background = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  const surface = getComputedStyle(document.documentElement).getPropertyValue('--surface').trim();
  background.setAttribute('width', '100%');
  background.setAttribute('height', '100%');
  background.setAttribute('fill', surface);
  copy.prepend(background);
  return new XMLSerializer().serializeToString(copy);
}

/** Draws the SVG at twice its size. */
async function pngOf(svg: SVGSVGElement): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(svg))}`;
  await image.decode();
  const { width, height } = svg.viewBox.baseVal;
  const canvas = document.createElement('canvas');
  canvas.width = width * 2;
  canvas.height = height * 2;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The picture could not be drawn.'));
      else resolve(blob);
    }, 'image/png');
  });
}

export async function exportCsv(name: string, table: TableData): Promise<void> {
  await saveText(`${fileName(name)}.csv`, toCsv(table), 'text/csv');
}

export async function exportSvg(name: string, svg: SVGSVGElement): Promise<void> {
  await saveText(`${fileName(name)}.svg`, svgText(svg), 'image/svg+xml');
}

export async function exportPng(name: string, svg: SVGSVGElement): Promise<void> {
  try {
    await save(`${fileName(name)}.png`, await pngOf(svg));
  } catch (error) {
    notify.error(error);
  }
}

/** Where the user chooses on the desktop; a browser downloads. */
export async function saveText(suggestedName: string, text: string, type: string): Promise<void> {
  try {
    await save(suggestedName, text, type);
  } catch (error) {
    notify.error(error);
  }
}

async function save(name: string, content: string | Blob, type?: string): Promise<void> {
  const saved = await saveFile(name, content, type);
  if (saved !== undefined) notify.success(`Saved ${saved.path}`);
}

/** A name that every system takes. */
export function fileName(title: string): string {
  const plain = title.replace(/[^A-Za-z0-9._+-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  return plain === '' ? 'chart' : plain.slice(0, 100);
}
