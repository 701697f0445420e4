import { describe, expect, it } from 'vitest';
import { mayOpenOutside } from '#electron/main/outside-links.ts';
import { isStudioFrame } from '#electron/main/sender-guard.ts';

describe('the sender guard', () => {
  it('takes messages of the main frame of the studio’s page', () => {
    expect(isStudioFrame({ url: 'app://studio/', parent: null })).toBe(true);
    expect(isStudioFrame({ url: 'app://studio/index.html?x#y', parent: null })).toBe(true);
  });

  it('takes none of any other page, of a frame in a page, or of a frame that is gone', () => {
    const refused = [
      'app://studio.example/',
      'app://studio@example/',
      'app://user@studio/',
      'app://example/studio',
      'https://studio/',
      'file:///app://studio/',
      'data:text/html,app://studio/',
      'about:blank',
      '',
    ];
    for (const url of refused) {
      expect([url, isStudioFrame({ url, parent: null })]).toEqual([url, false]);
    }
    expect(isStudioFrame({ url: 'app://studio/', parent: {} })).toBe(false);
    // Electron gives null for a frame that navigated away or was destroyed.
    expect(isStudioFrame(null)).toBe(false);
    expect(isStudioFrame(undefined)).toBe(false);
  });
});

describe('links to the outside', () => {
  it('open for the sites that the studio links to, over https only', () => {
    expect(mayOpenOutside('https://github.com/ggml-org/llama.cpp')).toBe(true);
    expect(mayOpenOutside('https://huggingface.co/models')).toBe(true);
    const refused = [
      'http://github.com/',
      'https://github.com.example.com/',
      'https://github.com@example.com/',
      'https://user@github.com/',
      'https://github.com:8443/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'not an address',
    ];
    for (const address of refused) {
      expect([address, mayOpenOutside(address)]).toEqual([address, false]);
    }
  });
});
