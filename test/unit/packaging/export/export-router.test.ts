import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { embeddedManifest } from '#src/packaging/embedded-manifest.ts';
import { exportRouter } from '#src/packaging/export/export-router.ts';

const places = { family: '/models/my family', adapters: '/models/my family/adapters' };

async function family(source: 'bundled' | 'merged'): Promise<RouterManifest> {
  const manifest = await embeddedManifest();
  const parents = manifest.parents.map((parent) => ({
    ...parent,
    adapters: parent.adapters.map((adapter) => ({ ...adapter, source })),
  }));
  const routes = manifest.routes.map(({ adapter, ...route }, index) => ({
    ...route,
    ...(source === 'merged' || adapter === undefined ? {} : { adapter }),
    ...(index === 0 ? { systemPrompt: 'Answer "briefly".\nAlways.', sampling: { temperature: 0.2, topK: 5 } } : {}),
  })); // prettier-ignore
  return { ...manifest, parents, routes };
}

/** The grammar of common/preset.cpp: sections, `ident = value`, comments from `;` or `#` on. */
function parseIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  sections.set('', section);
  for (const line of text.split('\n')) {
    const bare = line.replace(/[;#].*$/, '').trim();
    if (bare === '') continue;
    const name = /^\[([^\]]+)\]$/.exec(bare)?.[1];
    if (name !== undefined) {
      section = new Map();
      sections.set(name, section);
      continue;
    }
    const [, key, value] = /^([a-zA-Z_][a-zA-Z0-9_.-]*)\s*=\s*(.*)$/.exec(bare) ?? [];
    if (key === undefined || value === undefined) throw new Error(`no INI: ${line}`);
    section.set(key, value);
  }
  return sections;
}

describe('export', () => {
  it('gives llama-server a preset with a section per route and per parent', async () => {
    const exported = exportRouter(await family('bundled'), 'llama-server', places);
    const ini = parseIni(exported.files[0]?.text ?? '');
    expect(ini.get('')?.get('version')).toBe('1');
    const section = ini.get('healthcare/conditions');
    expect(section?.get('model')).toBe('/models/my family/seedling-4m-healthcare-Q8_0.gguf');
    expect(section?.get('lora')).toBe('/models/my family/adapters/seedling-4m-healthcare-conditions-F32-LoRA.gguf'); // prettier-ignore
    expect(section?.get('temp')).toBe('0.2');
    expect(section?.get('top-k')).toBe('5');
    expect(section?.get('ctx-size')).toBe('1024');
    expect(ini.get('seedling-4m-healthcare-Q8_0')?.get('load-on-startup')).toBe('true');
    expect(exported.adapters).toHaveLength(8);
    expect(exported.notices.join(' ')).toContain('system prompt');
  });

  it('refuses a path that an INI value cannot hold', async () => {
    const manifest = await family('bundled');
    const odd = { ...places, family: '/models/a;b' };
    expect(() => exportRouter(manifest, 'llama-server', odd)).toThrow(/cannot hold/);
  });

  it('gives llama-swap YAML whose commands keep paths in one piece', async () => {
    const exported = exportRouter(await family('bundled'), 'llama-swap', places);
    const config = parseYaml(exported.files[0]?.text ?? '') as {
      models: Record<string, { cmd: string; ttl: number }>;
      groups: Record<string, { swap: boolean; members: string[] }>;
      hooks: { on_startup: { preload: string[] } };
    };
    const model = config.models['healthcare/conditions'];
    expect(model?.cmd).toContain('--model "/models/my family/seedling-4m-healthcare-Q8_0.gguf"');
    expect(model?.cmd).toContain('--port ${PORT}');
    expect(model?.ttl).toBe(300);
    expect(config.groups['parent-1']?.members).toContain('healthcare/anatomy');
    expect(config.hooks.on_startup.preload).toEqual(['seedling-4m-healthcare-Q8_0']);
  });

  it('gives Ollama a Modelfile per route into merged parents', async () => {
    const exported = exportRouter(await family('merged'), 'ollama', places);
    expect(exported.files).toHaveLength(8);
    const [file] = exported.files;
    expect(file?.name).toBe('Modelfile.healthcare-conditions');
    // docs/modelfile.md: INSTRUCTION arguments; several lines between three quotation marks.
    const lines = (file?.text ?? '')
      .replace(/"""[^]*?"""/, '"x"')
      .trim()
      .split('\n');
    for (const line of lines)
      expect(line).toMatch(/^(#.*|FROM \S.*|PARAMETER [a-z_]+ \S+|SYSTEM .+)$/);
    expect(file?.text).toContain('FROM "/models/my family/seedling-4m-healthcare-Q8_0.gguf"');
    expect(file?.text).toContain('SYSTEM """Answer "briefly".\nAlways."""');
  });

  it('refuses Ollama a bundled family with the way to a merged one', async () => {
    const manifest = await family('bundled');
    expect(() => exportRouter(manifest, 'ollama', places)).toThrow(/Ollama loads no adapters/);
  });

  it("lays parents out as LM Studio's publisher, model and file", async () => {
    const exported = exportRouter(await family('merged'), 'lm-studio', places);
    expect(exported.copies[0]).toEqual({
      file: 'seedling-4m-healthcare-Q8_0.gguf',
      to: 'seedling/seedling-4m-healthcare-GGUF/seedling-4m-healthcare-Q8_0.gguf',
    });
  });
});
