// What the emotion lexicon is worth, asked of the studio once a window.
import { studio } from '#renderer/stores/studio-store.ts';
import { useRouter } from './router-store.ts';

let asked = false;

export async function loadLexiconFigures(): Promise<void> {
  if (asked) return;
  asked = true;
  try {
    useRouter.setState({ lexicon: await studio().call('measureLexicon', {}) });
  } catch {
    // The sentence stands without figures; the next look asks again.
    asked = false;
  }
}
