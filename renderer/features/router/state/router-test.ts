// The test line: decides what is typed by the manifest as it is edited. One question at a time; only the newest answer counts.
import { studio } from '#renderer/stores/studio-store.ts';
import { nothingTested, useRouter } from './router-store.ts';

/** Typing rests this many milliseconds before it is decided. */
const rest = 90;

let timer: ReturnType<typeof setTimeout> | undefined;
let running: AbortController | undefined;

export function setTestText(text: string): void {
  useRouter.setState(({ test, tab }) => ({
    test: text.trim() === '' ? { ...nothingTested, text } : { ...test, text },
    // What is tested is explained in the proof; who chats or looks at the server stays there.
    ...(tab === 'edit' ? { tab: 'proof' as const } : {}),
  }));
  testAgain();
}

/** Decides what is typed once more: the text or the manifest has changed. */
export function testAgain(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void decide(), rest);
}

async function decide(): Promise<void> {
  const { document, test } = useRouter.getState();
  running?.abort();
  if (document === undefined || test.text.trim() === '') {
    if (test.decision !== undefined) {
      useRouter.setState({ test: { ...nothingTested, text: test.text } });
    }
    return;
  }
  const asked = new AbortController();
  running = asked;
  const { text } = test;
  try {
    const decision = await studio().call(
      'testRoute',
      { file: document.file.id, manifest: document.manifest, text },
      { signal: asked.signal },
    );
    if (running !== asked) return;
    useRouter.setState((store) => ({
      test: { ...store.test, decision, decided: text, error: undefined },
    }));
  } catch (error) {
    if (running !== asked || asked.signal.aborted) return;
    useRouter.setState((store) => ({
      test: { ...store.test, decision: undefined, decided: text, error },
    }));
  }
}
