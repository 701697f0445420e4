// Proves the import rules of configs/layers.json over every source file.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import layersFile from '../configs/layers.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));
const layers = layersFile.layers as Record<string, string[]>;

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.as.ts'))
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')));
}

/** The most specific row of layers.json that covers a path. */
function layerOf(path: string): string | undefined {
  return Object.keys(layers)
    .filter((layer) => path === layer || path.startsWith(`${layer}/`))
    .sort((left, right) => right.length - left.length)[0];
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  // Statements at the start of a line (not examples in comments) and dynamic imports.
  const statements = /^(?:import|export)\s[^;'`]*?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statements)]
    .filter(([statement]) => statement.startsWith('import') || / from '/.test(statement))
    .map((match) => match[1] ?? match[2] ?? '');
}

/** Repository path of an import, a package name, or 'node'. */
function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('node:')) return 'node';
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) {
    return relative(root, join(root, dirname(file), specifier)).replaceAll('\\', '/');
  }
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isAllowed(layer: string, target: string): boolean {
  const allowed = [layer, ...(layers[layer] ?? [])];
  return allowed.some((entry) => target === entry || target.startsWith(`${entry}/`));
}

const files = [...sourceFiles('src'), ...sourceFiles('electron'), ...sourceFiles('renderer')];

describe('import rules', () => {
  it('cover every source file', () => {
    expect(files.filter((file) => layerOf(file) === undefined)).toEqual([]);
  });

  it('hold in every source file', () => {
    const broken = files.flatMap((file) => {
      const layer = layerOf(file);
      if (layer === undefined) return [];
      return importsOf(file)
        .map((specifier) => targetOf(file, specifier))
        .filter((target) => !isAllowed(layer, target))
        .map(
          (target) =>
            `${file} imports ${target}; ${layer} may import ${(layers[layer] ?? []).join(', ') || 'nothing'}`,
        );
    });
    expect(broken).toEqual([]);
  });

  it('make no circle of files', () => {
    const edges = new Map(
      files.map((file) => [file, importsOf(file).map((name) => targetOf(file, name))]),
    );
    const finished = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      const start = path.indexOf(file);
      if (start >= 0) circles.push([...path.slice(start), file].join(' -> '));
      if (start >= 0 || finished.has(file)) return;
      for (const target of edges.get(file) ?? []) visit(target, [...path, file]);
      finished.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});
