// What the page may not do, tried in the real runtimes.
import { expect, test } from './support/studio-test.ts';

test('the page has no Node, no require, and no message channel of Electron', async ({
  studioWindow,
}) => {
  const reachable = await studioWindow.evaluate(() =>
    ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron'].filter(
      (name) => name in window,
    ),
  );
  expect(reachable).toEqual([]);
});

test('inline scripts, eval and other servers are blocked by the policy', async ({
  studio,
  studioWindow,
}) => {
  const outcome = await studioWindow.evaluate(async () => {
    const page = window as Window & { injected?: boolean };
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.head.append(script);
    const attempt = async (run: () => unknown) => {
      try {
        await run();
        return 'allowed';
      } catch {
        return 'blocked';
      }
    };
    const frame = document.createElement('iframe');
    frame.src = 'https://example.com/';
    const violated = new Promise<string>((resolve) =>
      document.addEventListener('securitypolicyviolation', (event) => {
        if (event.effectiveDirective === 'frame-src') resolve('blocked');
      }),
    );
    document.body.append(frame);
    return {
      inline: page.injected === true ? 'allowed' : 'blocked',
      remote: await attempt(() => fetch('https://example.com/')),
      otherPort: await attempt(() => fetch('http://127.0.0.1:9/')),
      frame: await violated,
    };
  });
  expect(outcome).toEqual({
    inline: 'blocked',
    remote: 'blocked',
    otherPort: 'blocked',
    frame: 'blocked',
  });
  // Playwright's own evaluation stands outside the policy; a handler that the page makes does not.
  await studioWindow.evaluate(() => {
    document.body.setAttribute('onclick', 'window.injected = true');
    document.body.click();
    document.body.removeAttribute('onclick');
  });
  expect(
    await studioWindow.evaluate(() => (window as Window & { injected?: boolean }).injected),
  ).toBeUndefined();
  const policies = studio.problems.filter((problem) => problem.includes('Content Security Policy'));
  expect(policies.length).toBeGreaterThanOrEqual(3);
});

test('the policy has no eval', async ({ studio }) => {
  const policy = await studio.page.evaluate(async () =>
    (await fetch(window.location.href)).headers.get('content-security-policy'),
  );
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('unsafe-eval');
});

test.describe('on the desktop', () => {
  test.skip(({ surface }) => surface !== 'electron', 'Electron only');

  test('the page cannot leave the studio', async ({ studioWindow }) => {
    const before = studioWindow.url();
    for (const address of ['https://example.com/', 'app://other/', 'file:///etc/passwd']) {
      await studioWindow.evaluate((target) => {
        window.location.href = target;
      }, address);
      await studioWindow.waitForTimeout(300);
      expect([address, studioWindow.url()]).toEqual([address, before]);
    }
    // Not a locator: Playwright waits for a navigation to end that was never begun.
    expect(await studioWindow.evaluate(() => document.body.innerText)).toContain('Library');
  });

  test('the page cannot open windows, and only known sites open in the browser', async ({
    studio,
    studioWindow,
  }) => {
    await studio.electron?.evaluate(({ shell }) => {
      const opened: string[] = [];
      (globalThis as { opened?: string[] }).opened = opened;
      shell.openExternal = (address: string) => {
        opened.push(address);
        return Promise.resolve();
      };
    });
    const results = await studioWindow.evaluate(() =>
      [
        'https://example.com/',
        'https://github.com.example.com/',
        'https://github.com@example.com/',
        'http://github.com/',
        'file:///etc/passwd',
        'app://studio/',
        'https://github.com/ggml-org/llama.cpp',
      ].map((address) => window.open(address) === null),
    );
    expect(results).toEqual(results.map(() => true));
    const state = await studio.electron?.evaluate(({ BrowserWindow }) => ({
      windows: BrowserWindow.getAllWindows().length,
      opened: (globalThis as { opened?: string[] }).opened,
    }));
    expect(state).toEqual({ windows: 1, opened: ['https://github.com/ggml-org/llama.cpp'] });
  });

  test('permissions are refused', async ({ studioWindow }) => {
    const states = await studioWindow.evaluate(async () => {
      const notification = await Notification.requestPermission();
      const media = await navigator.mediaDevices
        .getUserMedia({ audio: true })
        .then(() => 'granted')
        .catch(() => 'refused');
      const place = await new Promise((resolve) =>
        navigator.geolocation.getCurrentPosition(
          () => resolve('granted'),
          () => resolve('refused'),
        ),
      );
      return { notification, media, place };
    });
    expect(states).toEqual({ notification: 'denied', media: 'refused', place: 'refused' });
  });

  test('the window is sandboxed and isolated', async ({ studio }) => {
    const preferences = await studio.electron?.evaluate(({ webContents }) => {
      const [contents] = webContents.getAllWebContents();
      // Not in Electron's types, there in every version.
      return (
        contents as unknown as { getLastWebPreferences(): Record<string, unknown> }
      ).getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
  });

  test('a message from any other frame is not answered', async ({ studio }) => {
    const answers = await studio.electron?.evaluate(async ({ ipcMain }) => {
      const frames = [
        { url: 'https://example.com/', parent: null },
        { url: 'app://studio.example/', parent: null },
        { url: 'app://studio/', parent: {} },
        null,
      ];
      const closed: boolean[] = [];
      for (const senderFrame of frames) {
        let isClosed = false;
        const port = {
          close: () => (isClosed = true),
          on: () => undefined,
          start: () => undefined,
          postMessage: () => undefined,
        };
        ipcMain.emit('studio:connect', { senderFrame, ports: [port] });
        // An answered port would be served as soon as the studio is open, which it is.
        await new Promise((resolve) => setTimeout(resolve, 50));
        closed.push(isClosed);
      }
      return closed;
    });
    expect(answers).toEqual([true, true, true, true]);
  });

  test('app:// gives nothing outside the window’s files', async ({ studioWindow }) => {
    const statuses = await studioWindow.evaluate(async () => {
      const paths = [
        '/../main/main.cjs',
        '/%2e%2e/main/main.cjs',
        '/..%2fmain%2fmain.cjs',
        '/assets/..%5c..%5cmain/main.cjs',
        '/%2fetc%2fpasswd',
        '/main.cjs',
      ];
      return Promise.all(paths.map(async (path) => (await fetch(`app://studio${path}`)).status));
    });
    expect(statuses).toEqual(statuses.map(() => 404));
  });
});

test.describe('in the browser', () => {
  test.skip(({ surface }) => surface !== 'browser', 'the server’s own');

  test('a second browser without the cookie is refused and told what to do', async ({ studio }) => {
    const answer = await fetch(`${studio.address ?? ''}/`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('has not been let in');
  });

  test('the cookie is out of reach of scripts, and the token is gone from the address', async ({
    studioWindow,
  }) => {
    expect(await studioWindow.evaluate(() => document.cookie)).toBe('');
    expect(studioWindow.url()).not.toContain('token');
    const [cookie] = await studioWindow.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  });

  test('a page of another origin cannot open the WebSocket', async ({ studio, studioWindow }) => {
    // It has the cookies of the browser that was let in.
    const browser = studioWindow.context().browser();
    if (browser === null) throw new Error('The page has no browser.');
    const context = await browser.newContext({
      storageState: await studioWindow.context().storageState(),
    });
    const other = await context.newPage();
    await other.route('http://other.test/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>other</title>' }),
    );
    await other.goto('http://other.test/');
    const result = await other.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new WebSocket(`${address.replace('http', 'ws')}/studio`);
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        }),
      studio.address ?? '',
    );
    expect(result).toBe('refused');
    await context.close();
  });
});
